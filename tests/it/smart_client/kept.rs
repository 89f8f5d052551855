//! A sign-in of `SmartClient` that becomes a launch in the store.

use std::{future::Future as _, task::Poll, time::Duration};

use actix_smart_auth::{
    Authorized, EndReason, IdTokenPolicy, LaunchHandle, LaunchKind, LaunchUse, RefreshOptions, SmartClient,
    StartOptions,
    error::{LaunchError, OpenLaunchError},
    sandbox::{Endpoint, Fault, FaultPoint, ReceivedRequest, Times, When},
    secret::RefreshToken,
    store::SealingKeys,
};
use url::Url;

use super::sign_in;
use crate::support::{App, Browser, Logs, Op, Opened, Profile, Trouble, UNUSABLE, eventually};

async fn keep(opened: &Opened) -> LaunchHandle {
    let client = SmartClient::new(&opened.app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    client.open_launch(authorized.clone()).await.unwrap()
}

#[actix_web::test]
async fn it_is_resumed_by_its_handle_for_every_client_type() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        let text = serde_json::to_string(&client.open_launch(authorized.clone()).await.unwrap()).unwrap();
        let handle: LaunchHandle = serde_json::from_str(&text).unwrap();
        let session = app.config.resume(&handle).await.unwrap();
        assert_eq!(
            session.access_token().expose_secret(),
            authorized.tokens().access_token().expose_secret()
        );
        assert_eq!(session.patient(), Some("amber-testwood"), "{profile:?}");
        assert_eq!(session.id_token_claims(), authorized.id_token_claims());
        assert_eq!(
            (session.kind(), authorized.kind()),
            (LaunchKind::Standalone, LaunchKind::Standalone)
        );
        assert!(session.ehr().is_some());
    }
}

#[actix_web::test]
async fn forty_callers_in_two_processes_make_one_refresh() {
    let opened = Opened::start().await;
    let handle = keep(&opened).await;
    let own = SmartClient::new(&opened.app.config).unwrap();
    let other = opened.other_process(|config| config);
    let fault = Fault::Delay(Duration::from_millis(300));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
    opened.app.advance(UNUSABLE);
    let mut resumed = Vec::new();
    for number in 0..40 {
        let client = if number % 2 == 0 { &own } else { &other };
        let (client, handle) = (client.clone(), handle.clone());
        resumed.push(actix_web::rt::spawn(async move { client.resume(&handle).await }));
    }
    let mut tokens = Vec::new();
    for session in resumed {
        tokens.push(
            session
                .await
                .unwrap()
                .unwrap()
                .access_token()
                .expose_secret()
                .to_owned(),
        );
    }
    tokens.dedup();
    assert_eq!((tokens.len(), opened.app.refreshes()), (1, 1));
    assert_eq!(opened.app.sandbox.reuse_detections(), 0);
}

#[actix_web::test]
async fn a_refresh_that_names_another_patient_ends_it() {
    let opened = Opened::start().await;
    let handle = keep(&opened).await;
    opened
        .app
        .sandbox
        .set_refresh_response_field("patient", "bruno-fixture");
    opened.app.advance(UNUSABLE);
    let ended = LaunchError::Ended(EndReason::PatientChanged);
    assert_eq!(opened.app.config.resume(&handle).await.unwrap_err(), ended);
}

#[actix_web::test]
async fn it_ends_when_it_is_ended_and_when_nobody_uses_it() {
    let opened = Opened::start().await;
    let (ended, forgotten) = (keep(&opened).await, keep(&opened).await);
    let config = &opened.app.config;
    assert!(config.end_launch(&ended).await.unwrap() && !config.end_launch(&ended).await.unwrap());
    let error = config.resume(&ended).await.unwrap_err();
    assert_eq!(error, LaunchError::Ended(EndReason::LoggedOut));
    config.resume(&forgotten).await.unwrap();
    opened.app.advance(3600);
    let error = config.resume(&forgotten).await.unwrap_err();
    assert_eq!(error, LaunchError::Ended(EndReason::Idle));
}

/// Another launch of the same person in a browser is nobody's business here, and no browser gets in by its address.
#[actix_web::test]
async fn it_belongs_to_no_browser() {
    let opened = Opened::start().await;
    let handle = keep(&opened).await;
    let id = serde_json::to_value(&handle).unwrap();
    let page = opened.app.url(&format!("/~{}/token", id.as_str().unwrap()));
    for browser in [&Browser::new(), &*opened.browser] {
        assert_eq!(browser.api(&page).await.status, 401);
    }
    opened.browser.post(&opened.app.url("/auth/logout")).await;
    assert_eq!(opened.token().await.status, 401, "the browser's own has ended");
    opened.app.config.resume(&handle).await.unwrap();
}

#[actix_web::test]
async fn a_store_that_is_away_or_loses_its_answer_gets_it_once_it_is_back() {
    let opened = Opened::start().await;
    opened.store.trouble(Op::Open, Trouble::LoseAnswer);
    let handle = keep(&opened).await;
    opened.app.config.resume(&handle).await.unwrap();

    opened.store.trouble(Op::Open, Trouble::Fail);
    let (store, before) = (opened.store.clone(), opened.store.calls(Op::Open));
    actix_web::rt::spawn(async move {
        eventually("it is tried again", || store.calls(Op::Open) >= before + 2).await;
        store.heal();
    });
    let handle = keep(&opened).await;
    opened.app.config.resume(&handle).await.unwrap();
}

#[actix_web::test]
async fn a_store_that_can_never_take_it_is_an_error_and_the_tokens_stay_good() {
    let opened = Opened::start().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    opened.store.trouble(Op::Open, Trouble::Damage);
    let not_opened = client.open_launch(authorized).await.unwrap_err();
    assert!(matches!(not_opened.error, OpenLaunchError::Store(_)), "{not_opened:?}");
    assert_eq!(not_opened.to_string(), not_opened.error.to_string());
    opened.store.heal();
    let authorized = *not_opened.authorized;
    opened
        .app
        .config
        .resume(&client.open_launch(authorized.clone()).await.unwrap())
        .await
        .unwrap();
}

#[actix_web::test]
async fn the_log_says_that_it_opened_and_names_nobody() {
    let logs = Logs::collect();
    let opened = Opened::start().await;
    let base = opened.app.sandbox.fhir_base_url();
    let handle = keep(&opened).await;
    let text = logs.text();
    let lines = text
        .lines()
        .filter(|line| line.contains(&base) && line.contains("launch opened"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 2, "the browser's and this one: {lines:#?}");
    let id = serde_json::to_value(&handle).unwrap();
    for line in lines {
        assert!(
            !line.contains("amber-testwood") && !line.contains(id.as_str().unwrap()),
            "{line}"
        );
    }
}

#[actix_web::test]
async fn tokens_of_another_ehr_or_of_another_client_are_not_stored() {
    let other = App::start();
    let base = other.sandbox.fhir_base_url();
    let of_other = base.clone();
    let app = App::builder()
        .another_ehr(move |redirect_uri| {
            actix_smart_auth::Ehr::builder(of_other)
                .client_id(crate::support::CLIENT_ID)
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs")
        })
        .start();
    let own = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&own, StartOptions::standalone()).await;
    let authorized = own.finish(pending, &query).await.unwrap();
    let others = SmartClient::for_ehr(&app.config, &base).await.unwrap();
    let refused = others.open_launch(authorized.clone()).await.unwrap_err();
    assert_eq!(refused.error, OpenLaunchError::OtherEhr);

    let redirect_uri = app.config.ehrs()[0].redirect_uri().unwrap().to_owned();
    let changed = actix_smart_auth::Ehr::builder(app.sandbox.fhir_base_url())
        .client_id("another-client")
        .redirect_uri(redirect_uri)
        .scopes("launch/patient patient/*.rs");
    app.config.put_ehr(changed).unwrap();
    let own_base = app.sandbox.fhir_base_url();
    let after = SmartClient::for_ehr(&app.config, &own_base).await.unwrap();
    for client in [after, own] {
        let refused = client.open_launch(authorized.clone()).await.unwrap_err();
        assert_eq!(
            refused.error,
            OpenLaunchError::RegistrationChanged,
            "also for a client from before"
        );
    }
    app.config.remove_ehr(&own_base);
    let client = SmartClient::for_ehr(&app.config, &base).await.unwrap();
    let refused = client.open_launch(authorized).await.unwrap_err();
    assert_eq!(refused.error, OpenLaunchError::OtherEhr);
}

#[actix_web::test]
async fn after_a_shutdown_nothing_is_opened() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    app.config.shutdown(Duration::from_secs(5)).await;
    let refused = client.open_launch(authorized).await.unwrap_err();
    assert_eq!(refused.error, OpenLaunchError::Stopped);
}

/// Nobody needs a token to sign out.
#[actix_web::test]
async fn it_is_ended_while_its_ehr_is_away_and_its_token_is_dead() {
    let opened = Opened::start().await;
    let handle = keep(&opened).await;
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, Fault::Status(503), Times::Always);
    opened.app.advance(UNUSABLE);
    let config = &opened.app.config;
    let unavailable = config.resume(&handle).await.unwrap_err();
    assert!(
        matches!(unavailable, LaunchError::Unavailable { .. }),
        "{unavailable:?}"
    );
    assert!(config.end_launch(&handle).await.unwrap());
    let ended = LaunchError::Ended(EndReason::LoggedOut);
    assert_eq!(config.resume(&handle).await.unwrap_err(), ended);
    let none: LaunchHandle = serde_json::from_str("\"made up\"").unwrap();
    assert!(!config.end_launch(&none).await.unwrap());
}

#[actix_web::test]
async fn a_launch_that_nobody_waits_for_ends_and_its_tokens_are_revoked() {
    let opened = Opened::start().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    opened.store.trouble(Op::Open, Trouble::Hold);
    let opens = opened.store.calls(Op::Open);
    let opening = actix_web::rt::spawn(async move { client.open_launch(authorized).await });
    eventually("it is being opened", || opened.store.calls(Op::Open) > opens).await;
    opening.abort();
    assert!(opening.await.unwrap_err().is_cancelled());
    opened.store.let_go();
    let revoked = |request: &ReceivedRequest| request.endpoint == Endpoint::Revocation;
    eventually("both tokens are revoked", || {
        opened
            .app
            .sandbox
            .received_requests()
            .iter()
            .filter(|it| revoked(it))
            .count()
            == 2
    })
    .await;
}

#[actix_web::test]
async fn one_from_the_ehr_stays_one_also_when_it_was_sealed() {
    let app = App::start();
    let url = Url::parse(&app.ehr_launch_url("bruno-fixture", None)).unwrap();
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let client = SmartClient::new(&app.config).unwrap();
    let options = StartOptions::from_ehr(parameter("iss"), parameter("launch"));
    let (pending, query) = sign_in(&client, options).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let keys = SealingKeys::from_bytes([std::array::from_fn(|at| u8::try_from(at * 7).unwrap())]).unwrap();
    let authorized = Authorized::unseal(&keys, &authorized.seal(&keys).unwrap()).unwrap();
    assert_eq!(authorized.kind(), LaunchKind::Ehr);
    let handle = client.open_launch(authorized).await.unwrap();
    let session = app.config.resume(&handle).await.unwrap();
    assert_eq!(
        (session.kind(), session.patient()),
        (LaunchKind::Ehr, Some("bruno-fixture"))
    );
}

#[actix_web::test]
async fn what_is_demanded_of_every_launch_is_demanded_of_this_one() {
    let app = App::builder()
        .ehr(|ehr| {
            ehr.scopes("openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs offline_access")
                .required_scopes("patient/Observation.rs")
                .id_token(IdTokenPolicy::Required)
        })
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let first = client.finish(pending, &query).await.unwrap();
    let fewer = RefreshOptions::new().scopes("openid launch/patient patient/Patient.rs");
    let narrow = client.refresh_with(&first, fewer).await.unwrap();
    let refused = client.open_launch(narrow.clone()).await.unwrap_err();
    let OpenLaunchError::ScopesNotGranted { missing } = &refused.error else {
        panic!("{refused:?}");
    };
    assert_eq!(missing.to_string(), "patient/Observation.rs");
    let token = RefreshToken::new(narrow.tokens().refresh_token().unwrap().expose_secret());
    let nobody = client.refresh_token(token, RefreshOptions::new()).await.unwrap();
    let refused = client.open_launch(nobody.clone()).await.unwrap_err();
    assert_eq!(refused.error, OpenLaunchError::NoIdentity);
    let wide = client.refresh_with(&first, RefreshOptions::new()).await;
    assert!(wide.is_err(), "that refresh token was replaced");
}

/// The caller stops waiting at the very moment at which the answer is there.
#[actix_web::test]
async fn a_launch_that_has_opened_and_was_not_looked_at_ends_too() {
    let opened = Opened::start().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let (opens, ends) = (opened.store.calls(Op::Open), opened.store.calls(Op::End));
    opened.store.trouble(Op::Open, Trouble::Slow(Duration::from_millis(50)));
    let mut opening = Box::pin(client.open_launch(authorized));
    let polled = std::future::poll_fn(|context| Poll::Ready(opening.as_mut().poll(context).is_pending()));
    assert!(polled.await);
    eventually("it is being opened", || opened.store.calls(Op::Open) > opens).await;
    // Longer than the store takes, and nobody looks.
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(opening);
    eventually("it is ended", || opened.store.calls(Op::End) > ends).await;
    let revoked = |request: &&ReceivedRequest| request.endpoint == Endpoint::Revocation;
    eventually("both tokens are revoked", || {
        opened.app.sandbox.received_requests().iter().filter(revoked).count() == 2
    })
    .await;
}

#[actix_web::test]
async fn tokens_of_a_code_that_nobody_waits_for_are_revoked() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let slow = Fault::Delay(Duration::from_secs(3));
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, slow, Times::Once);
    let finishing = actix_web::rt::spawn(async move { client.finish(pending, &query).await });
    eventually("the exchange is under way", || app.exchanges() == 1).await;
    finishing.abort();
    assert!(finishing.await.unwrap_err().is_cancelled());
    let revoked = |request: &&ReceivedRequest| request.endpoint == Endpoint::Revocation;
    eventually("both tokens are revoked", || {
        app.sandbox.received_requests().iter().filter(revoked).count() == 2
    })
    .await;
}

#[actix_web::test]
async fn the_answer_to_a_refresh_that_nobody_takes_is_named_in_the_log() {
    let logs = Logs::collect();
    let app = App::start();
    let base = app.sandbox.fhir_base_url();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let slow = Fault::Delay(Duration::from_secs(3));
    app.sandbox.inject(FaultPoint::Refresh, When::Before, slow, Times::Once);
    let refreshing = actix_web::rt::spawn(async move { client.refresh(&authorized).await });
    eventually("the refresh is under way", || app.refreshes() == 1).await;
    refreshing.abort();
    assert!(refreshing.await.unwrap_err().is_cancelled());
    let said = |line: &str| line.contains(&base) && line.contains("nobody waits for the answer to a refresh any more");
    eventually("it is said", || logs.text().lines().any(said)).await;
}

#[actix_web::test]
async fn a_job_that_is_no_persons_work_does_not_keep_it_open() {
    let opened = Opened::start().await;
    let handle = keep(&opened).await;
    let config = &opened.app.config;
    for _ in 0..5 {
        opened.app.advance(600);
        let session = config.resume_as(&handle, LaunchUse::DoesNotCount).await.unwrap();
        assert_eq!(session.launch_use(), LaunchUse::DoesNotCount);
    }
    opened.app.advance(600);
    let error = config.resume_as(&handle, LaunchUse::DoesNotCount).await.unwrap_err();
    assert_eq!(error, LaunchError::Ended(EndReason::Idle));
}
