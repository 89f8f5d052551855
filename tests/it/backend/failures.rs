//! What the EHR refuses, and what does not work.

use std::time::Duration;

use actix_smart_auth::{
    PrivateKey, PrivateKeyJwt,
    backend::{BackendError, BackendFailure, TokenCheckError},
    error::{EhrLookupError, TokenError},
    sandbox::{Fault, FaultPoint, Jwks, SandboxClient, Times, When},
    time::Clock as _,
};
use serde_json::json;

use super::{CLIENT, Job, LIFE, registration, text};
use crate::support::{Op, RSA_KEY, Trouble};

fn oauth(error: &str) -> Fault {
    Fault::OAuthError {
        status: 400,
        error: error.to_owned(),
        description: None,
    }
}

async fn failure(job: &Job) -> (BackendFailure, u64) {
    match job.client().token().await.unwrap_err() {
        BackendError::NoToken { failure, retry_after } => (failure, retry_after.as_secs()),
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn each_refusal_has_a_name_and_is_kept_for_some_seconds() {
    let cases = [
        (Fault::InvalidClient, BackendFailure::ClientRefused, 10),
        (oauth("invalid_scope"), BackendFailure::ScopesRefused, 10),
        (oauth("unauthorized_client"), BackendFailure::NotAllowed, 10),
        (oauth("unsupported_grant_type"), BackendFailure::NotAllowed, 10),
        (oauth("invalid_request"), BackendFailure::Refused, 10),
        (Fault::Reset, BackendFailure::NoAnswer, 2),
        (Fault::Unavailable { retry_after: None }, BackendFailure::EhrTrouble, 2),
        (
            Fault::Unavailable {
                retry_after: Some("40".to_owned()),
            },
            BackendFailure::EhrTrouble,
            40,
        ),
        (Fault::HtmlBody { status: 200 }, BackendFailure::UnusableAnswer, 2),
        (
            Fault::OmitFields(vec!["access_token".to_owned()]),
            BackendFailure::UnusableAnswer,
            2,
        ),
    ];
    for (fault, expected, kept) in cases {
        let job = Job::start();
        job.inject(fault.clone(), Times::Once);
        assert_eq!(failure(&job).await, (expected, kept), "{fault:?}");
        // Who comes next is answered once it is saved.
        assert_eq!(failure(&job).await, (expected, kept), "{fault:?}");
        let sent = job.requests();
        job.clock.advance(Duration::from_millis(kept * 1_000 - 1));
        assert_eq!(failure(&job).await.0, expected, "{fault:?}");
        assert_eq!(job.requests(), sent, "{fault:?}: answered without asking");
        job.clock.advance(Duration::from_millis(1));
        job.token().await;
        assert_eq!(job.requests(), sent + 1, "{fault:?}");
    }
}

#[actix_web::test]
async fn trouble_that_goes_on_is_asked_about_less_and_less() {
    let job = Job::start();
    job.inject(Fault::Status(500), Times::Always);
    for expected in [2, 4, 8, 16, 30, 30] {
        for _ in 0..2 {
            // The second one is answered once the first is saved.
            assert_eq!(failure(&job).await, (BackendFailure::EhrTrouble, expected));
        }
        job.advance(expected);
    }
    job.sandbox.clear_faults();
    job.token().await;
    job.advance(LIFE);
    job.inject(Fault::Status(500), Times::Once);
    assert_eq!(failure(&job).await.1, 2, "a success begins anew");
}

#[actix_web::test]
async fn a_token_that_is_due_serves_on_while_there_is_no_other() {
    let job = Job::start();
    let first = job.token().await;
    job.inject(Fault::Status(500), Times::Always);
    job.advance(LIFE - 60);
    assert_eq!(text(&job.token().await), text(&first));
    crate::support::eventually("it was tried", || job.requests() == 2).await;
    job.advance(29);
    assert_eq!(text(&job.token().await), text(&first));
    job.advance(1);
    assert_eq!(failure(&job).await.0, BackendFailure::EhrTrouble);
}

#[actix_web::test]
async fn a_client_that_is_registered_for_launches_only_is_not_allowed() {
    let job = Job::start();
    let jwks = serde_json::from_str(&job.config.jwks().unwrap()).unwrap();
    let launches = SandboxClient::private_key_jwt(CLIENT, "http://127.0.0.1:1/callback", Jwks::Value(jwks));
    job.sandbox.register(launches);
    assert_eq!(failure(&job).await.0, BackendFailure::NotAllowed);
}

#[actix_web::test]
async fn without_metadata_the_endpoint_is_not_known() {
    let job = Job::start();
    job.sandbox
        .inject(FaultPoint::Metadata, When::Before, Fault::Status(404), Times::Always);
    assert_eq!(failure(&job).await, (BackendFailure::NoEndpoint, 2));
    assert_eq!(job.requests(), 0);
}

#[actix_web::test]
async fn endpoints_that_are_configured_by_hand_need_no_metadata() {
    let job = Job::start();
    job.sandbox
        .inject(FaultPoint::Metadata, When::Before, Fault::Status(404), Times::Always);
    let by_hand = registration(job.sandbox.fhir_base_url())
        .endpoints(job.sandbox.authorization_endpoint(), job.sandbox.token_endpoint());
    job.config.put_ehr(by_hand).unwrap();
    job.token().await;
}

#[actix_web::test]
async fn without_a_store_there_is_no_new_token_and_the_known_one_serves_on() {
    let job = Job::start();
    job.store.trouble(Op::LoadValue, Trouble::Fail);
    assert_eq!(job.client().token().await.unwrap_err(), BackendError::StoreUnavailable);
    assert_eq!(job.requests(), 0, "without the store another process may be asking");
    job.store.heal();
    let token = job.token().await;
    job.store.trouble(Op::LoadValue, Trouble::Fail);
    assert_eq!(text(&job.token().await), text(&token));
}

/// Not each EHR says `invalid_client` to a wrong key.
#[actix_web::test]
async fn whatever_an_ehr_says_to_one_key_it_says_to_no_other() {
    let oauth_error = |error: &str| Fault::OAuthError {
        status: 400,
        error: error.to_owned(),
        description: None,
    };
    let forbidden = Fault::Status(403);
    let unauthorized = oauth_error("unauthorized_client");
    let other_code = oauth_error("invalid_request");
    for (answer, expected) in [
        (forbidden, BackendFailure::UnusableAnswer),
        (unauthorized, BackendFailure::NotAllowed),
        (other_code, BackendFailure::Refused),
    ] {
        let job = Job::start();
        job.sandbox
            .inject(FaultPoint::Backend, When::Before, answer, Times::Once);
        let other_key = PrivateKeyJwt::new("key-2", PrivateKey::pem(RSA_KEY));
        let registered = registration(job.sandbox.fhir_base_url()).client_auth(other_key);
        let config = super::build(&job.clock, &job.store, registered);
        let other = config.backend(&job.sandbox.fhir_base_url());
        for attempt in ["asked", "kept"] {
            let error = other.token().await.unwrap_err();
            let failure = match &error {
                BackendError::NoToken { failure, .. } => Some(*failure),
                _ => None,
            };
            assert_eq!(failure, Some(expected), "{attempt}: {error}");
        }
        job.token().await;
        assert_eq!(job.requests(), 2);
    }
}

#[actix_web::test]
async fn a_process_with_a_wrong_key_takes_the_token_from_nobody_and_a_new_key_counts_at_once() {
    let job = Job::start();
    let wrong_key = PrivateKeyJwt::new("key-2", PrivateKey::pem(RSA_KEY));
    let registered = || registration(job.sandbox.fhir_base_url());
    let config = super::build(&job.clock, &job.store, registered().client_auth(wrong_key));
    let wrong = config.backend(&job.sandbox.fhir_base_url());
    let refused = |outcome| {
        matches!(
            outcome,
            Err(BackendError::NoToken {
                failure: BackendFailure::ClientRefused,
                ..
            })
        )
    };
    assert!(refused(wrong.token().await));
    assert!(refused(wrong.token().await));
    assert_eq!(job.requests(), 1, "its own answer is kept");
    config.put_ehr(registered()).unwrap();
    let token = wrong.token().await.unwrap();
    assert_eq!(text(&job.token().await), text(&token));
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn a_store_that_panics_is_no_shutdown() {
    let job = Job::start();
    job.store.trouble(Op::LoadValue, Trouble::Panic);
    assert_eq!(job.client().token().await.unwrap_err(), BackendError::Interrupted);
    job.store.heal();
    job.token().await;
    job.config.shutdown(Duration::from_secs(5)).await;
    job.advance(LIFE);
    assert_eq!(job.client().token().await.unwrap_err(), BackendError::ShuttingDown);
}

#[actix_web::test]
async fn a_token_response_at_hand_is_checked_for_what_a_job_asks_for() {
    let job = Job::start();
    let client = job.client();
    let complete = br#"{"access_token":"abc","token_type":"bearer","expires_in":300,"scope":"system/Observation.rs system/Patient.rs"}"#;
    assert!(
        client
            .check_token_response(complete)
            .await
            .unwrap()
            .findings()
            .next()
            .is_none()
    );
    let unusual = br#"{"access_token":"abc","token_type":"bearer","expires_in":300,"refresh_token":"r"}"#;
    let report = client.check_token_response(unusual).await.unwrap().to_string();
    assert!(
        report.contains("`scope`") && report.contains("`refresh_token`"),
        "{report}"
    );
    assert!(matches!(
        client.check_token_response(b"{}").await,
        Err(TokenCheckError::Response(TokenError::MissingAccessToken { .. }))
    ));
    let unknown = job.config.backend("https://other.example/fhir");
    assert_eq!(
        unknown.check_token_response(complete).await.unwrap_err(),
        TokenCheckError::Backend(BackendError::Ehr(EhrLookupError::NotRegistered))
    );
    assert_eq!(job.requests(), 0);
}

#[actix_web::test]
async fn a_store_that_takes_no_note_is_not_asked_without_end() {
    let job = Job::start();
    for trouble in [Trouble::Refuse, Trouble::Fail] {
        job.store.trouble(Op::SwapValue, trouble);
        let before = job.store.calls(Op::SwapValue);
        assert_eq!(job.client().token().await.unwrap_err(), BackendError::StoreUnavailable);
        let asked = job.store.calls(Op::SwapValue) - before;
        assert!((2..30).contains(&asked), "{asked}");
    }
    assert_eq!(job.requests(), 0);
    job.store.heal();
    let token = job.token().await;
    // It is there once somebody else has it.
    let second = job.other_process().backend(&job.sandbox.fhir_base_url());
    second.token().await.unwrap();
    // Another process finds it there when it is due, and cannot say that it renews it.
    job.advance(LIFE - 60);
    job.store.trouble(Op::SwapValue, Trouble::Refuse);
    let other = job.other_process().backend(&job.sandbox.fhir_base_url());
    assert_eq!(text(&other.token().await.unwrap()), text(&token));
}

#[actix_web::test]
async fn a_token_that_cannot_be_saved_is_handed_out_all_the_same() {
    let job = Job::start();
    job.inject(Fault::Delay(Duration::from_secs(1)), Times::Once);
    let client = job.client();
    let asking = actix_web::rt::spawn(async move { client.token().await });
    crate::support::eventually("the EHR is asked", || job.requests() == 1).await;
    job.store.trouble(Op::SwapValue, Trouble::Fail);
    // Who waits waits for the store as well: after it, others have the same token.
    crate::support::eventually("saving is tried", || job.store.calls(Op::SwapValue) >= 2).await;
    assert!(job.client().token().await.is_ok(), "this process has it");
    job.store.heal();
    asking.await.unwrap().unwrap();
    assert_eq!(job.requests(), 1);
}

#[actix_web::test]
async fn unknown_ehrs_launch_registrations_and_empty_lists_are_told_apart() {
    let job = Job::start();
    let unknown = job.config.backend("https://other.example/fhir").token().await;
    assert_eq!(unknown.unwrap_err(), BackendError::Ehr(EhrLookupError::NotRegistered));
    let empty = job.client().with_scopes(" ").token().await;
    assert_eq!(empty.unwrap_err(), BackendError::NoScopes);
    let for_launches = registration(job.sandbox.fhir_base_url())
        .backend_scopes("")
        .redirect_uri("http://127.0.0.1:1/auth/callback")
        .scopes("launch patient/*.rs");
    let launches = super::builder(&job.clock, &job.store)
        .ehr(for_launches)
        .build()
        .unwrap();
    let client = launches.backend(&job.sandbox.fhir_base_url());
    assert_eq!(client.token().await.unwrap_err(), BackendError::NotABackend);
    let named = client.with_scopes(super::SCOPES);
    assert!(named.token().await.is_ok(), "scopes that the call names are enough");
}

#[actix_web::test]
async fn after_the_shutdown_nothing_is_asked() {
    let job = Job::start();
    let client = job.client();
    job.config.shutdown(Duration::from_secs(1)).await;
    assert_eq!(client.token().await.unwrap_err(), BackendError::ShuttingDown);
    assert_eq!(job.requests(), 0);
}

#[actix_web::test]
async fn a_refresh_token_is_dropped_and_scopes_that_are_not_said_are_those_asked_for() {
    let job = Job::start();
    let fields = json!({"refresh_token": "nobody-needs-it", "scope": null});
    job.inject(Fault::SetFields(fields.as_object().unwrap().clone()), Times::Once);
    assert_eq!(job.token().await.granted_scopes().to_string(), super::SCOPES);
}

/// Who waits for the EHR has its answer when the EHR has given it, whatever becomes of the store.
#[actix_web::test]
async fn a_store_that_goes_away_while_the_ehr_is_asked_holds_nobody_up() {
    let job = Job::start();
    job.inject(Fault::Delay(Duration::from_secs(1)), Times::Once);
    let client = job.client();
    let asking = actix_web::rt::spawn(async move { client.token().await });
    crate::support::eventually("the EHR is asked", || job.requests() == 1).await;
    job.store.set_away(true);
    let waited = actix_web::rt::time::timeout(Duration::from_secs(5), asking).await;
    assert!(waited.unwrap().unwrap().is_ok());
    job.store.set_away(false);
    let other = job.other_process().backend(&job.sandbox.fhir_base_url());
    assert_eq!(text(&other.token().await.unwrap()), text(&job.token().await));
    assert_eq!(job.requests(), 1, "it was saved afterwards");
}

/// Its clock was set back by an hour, and what was asked for is asked for in the future.
#[actix_web::test]
async fn a_refused_token_is_replaced_also_where_the_store_was_set_back() {
    let job = Job::start();
    let first = job.token().await;
    let now = job.clock.now();
    job.clock.set(now.saturating_sub(Duration::from_secs(3_600)));
    let second = job.client().other_than(&first).await.unwrap();
    assert!(second.is_some_and(|second| text(&second) != text(&first)));
}
