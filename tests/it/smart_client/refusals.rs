//! Why an authorization does not finish: each reason, and that no code is sent for it.

use actix_smart_auth::{
    SmartClient, StartOptions,
    error::{CallbackQueryError, FinishError, IntrospectError, RefreshError, RevokeError, StartError},
    sandbox::{AutomaticAnswer, Fault, FaultPoint, IssParameter, Times, When},
};

use super::sign_in;
use crate::support::App;

#[actix_web::test]
async fn a_callback_of_another_authorization_is_a_state_mismatch() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (first, of_first) = sign_in(&client, StartOptions::standalone()).await;
    let (second, of_second) = sign_in(&client, StartOptions::standalone()).await;
    let error = client.finish(first, &of_second).await.unwrap_err().error;
    assert!(matches!(error, FinishError::StateMismatch), "{error:?}");
    // An error is believed no sooner than a code.
    let error = client
        .finish(second, "state=guessed&error=access_denied")
        .await
        .unwrap_err()
        .error;
    assert!(matches!(error, FinishError::StateMismatch), "{error:?}");
    assert_eq!(app.exchanges(), 0);
    drop(of_first);
}

#[actix_web::test]
async fn a_callback_after_ten_minutes_is_expired() {
    for (seconds, expired) in [(599, false), (600, true)] {
        let app = App::builder()
            .sandbox(|sandbox| sandbox.code_lifetime(std::time::Duration::from_secs(10_000)))
            .start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        app.advance(seconds);
        let result = client.finish(pending, &query).await.map_err(FinishError::from);
        assert_eq!(matches!(result, Err(FinishError::Expired)), expired, "{result:?}");
        assert_eq!((result.is_ok(), app.exchanges()), (!expired, usize::from(!expired)));
    }
}

#[actix_web::test]
async fn a_callback_with_neither_code_nor_error_has_no_code() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    for rest in ["", "&code=", "&error="] {
        let (pending, _) = sign_in(&client, StartOptions::standalone()).await;
        let query = format!("state={}{rest}", pending.state().expose_secret());
        let error = client.finish(pending, &query).await.unwrap_err().error;
        assert!(matches!(error, FinishError::NoCode), "{error:?}");
    }
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_query_that_is_none_says_why() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let error = client
        .finish(pending, &format!("{query}&code=again"))
        .await
        .unwrap_err()
        .error;
    assert!(
        matches!(
            error,
            FinishError::Query(CallbackQueryError::Repeated { parameter: "code" })
        ),
        "{error:?}"
    );
    let (pending, _) = sign_in(&client, StartOptions::standalone()).await;
    let error = client.finish(pending, "code=x").await.unwrap_err().error;
    assert!(
        matches!(error, FinishError::Query(CallbackQueryError::StateMissing)),
        "{error:?}"
    );
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_person_who_says_no_is_a_refusal() {
    let app = App::start();
    app.sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let error = client.finish(pending, &query).await.unwrap_err().error;
    let FinishError::Refused(refusal) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(refusal.code, "access_denied");
    assert_eq!(
        refusal
            .description
            .as_ref()
            .map(actix_smart_auth::error::EhrText::as_str),
        Some("The user did not allow this.")
    );
    assert!(!error.to_string().contains("did not allow"), "data of the EHR: {error}");
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_callback_of_another_authorization_server_is_not_followed() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.iss_parameter(IssParameter::Sent))
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    assert!(query.contains("iss="), "{query}");
    client.finish(pending, &query).await.unwrap();
    assert_eq!(app.exchanges(), 1);

    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let (rest, _) = query.split_once("&iss=").unwrap();
    let query = format!("{rest}&iss=https://evil.example");
    let error = client.finish(pending, &query).await.unwrap_err().error;
    assert!(matches!(error, FinishError::WrongIssuer), "{error:?}");
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn an_ehr_that_refuses_the_code_or_does_not_answer_is_a_token_error() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, Fault::InvalidGrant, Times::Once);
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let error = client.finish(pending, &query).await.unwrap_err().error;
    assert!(
        matches!(&error, FinishError::Token(error) if error.is_invalid_grant()),
        "{error:?}"
    );
    app.sandbox
        .inject(FaultPoint::Exchange, When::After, Fault::Reset, Times::Once);
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let error = client.finish(pending, &query).await.unwrap_err().error;
    assert!(
        matches!(&error, FinishError::Token(error) if error.may_have_been_processed()),
        "{error:?}"
    );
    assert_eq!(app.exchanges(), 2, "codes are sent once");
}

#[actix_web::test]
async fn an_ehr_without_metadata_is_a_start_error() {
    let app = App::start();
    app.sandbox
        .inject(FaultPoint::Metadata, When::Before, Fault::Status(500), Times::Always);
    let error = SmartClient::new(&app.config)
        .unwrap()
        .start(StartOptions::standalone())
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::Discovery(_)), "{error:?}");
}

#[actix_web::test]
async fn a_launch_of_another_ehr_does_not_begin() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    for iss in ["https://other.example/fhir", "", "http://127.0.0.1:1/fhir"] {
        let error = client.start(StartOptions::from_ehr(iss, "launch-1")).await.unwrap_err();
        assert!(matches!(error, StartError::OtherEhr), "{iss}: {error:?}");
    }
    assert_eq!(app.sandbox.received_requests().len(), 0, "nothing is fetched");
    let own = format!("{}/", app.sandbox.fhir_base_url());
    client.start(StartOptions::from_ehr(own, "launch-1")).await.unwrap();
}

#[actix_web::test]
async fn an_empty_list_of_scopes_asks_for_nothing_and_does_not_begin() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    for scopes in ["", " "] {
        let error = client
            .start(StartOptions::standalone().scopes(scopes))
            .await
            .unwrap_err();
        assert!(matches!(error, StartError::NoScopes), "{error:?}");
    }
}

/// The same client id at two EHRs, as vendors give one for all hospitals.
#[actix_web::test]
async fn a_value_of_one_ehr_is_not_sent_by_the_client_of_another() {
    let other = App::start();
    let base = other.sandbox.fhir_base_url();
    let app = App::builder()
        .another_ehr({
            let base = base.clone();
            move |redirect_uri| {
                actix_smart_auth::Ehr::builder(base)
                    .client_id(crate::support::CLIENT_ID)
                    .redirect_uri(redirect_uri)
                    .scopes("launch/patient patient/*.rs")
            }
        })
        .start();
    let own = SmartClient::new(&app.config).unwrap();
    let others = SmartClient::for_ehr(&app.config, &base).await.unwrap();
    let (pending, query) = sign_in(&own, StartOptions::standalone()).await;
    let error = others.finish(pending, &query).await.unwrap_err().error;
    assert!(matches!(error, FinishError::OtherEhr), "{error:?}");
    assert_eq!(app.exchanges(), 0, "the code was not sent");

    let (pending, query) = sign_in(&own, StartOptions::standalone()).await;
    let authorized = own.finish(pending, &query).await.unwrap();
    let before = app.sandbox.received_requests().len();
    assert!(matches!(others.refresh(&authorized).await, Err(RefreshError::OtherEhr)));
    assert!(matches!(others.revoke(&authorized).await, Err(RevokeError::OtherEhr)));
    assert!(matches!(
        others.introspect(&authorized).await,
        Err(IntrospectError::OtherEhr)
    ));
    assert_eq!(app.sandbox.received_requests().len(), before, "nothing was sent");
    own.refresh(&authorized).await.unwrap();
}
