//! Tokens that never came to a launch, or came too late.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    Launched, Refuse, SmartClient, StartOptions,
    error::{FinishError, RefreshError},
    sandbox::{Fault, FaultPoint, RefreshTokens, Times, When},
};

use super::{Tokens, answered, asked_for, both, client::sign_in, fhir_status, revocations, revoked_grants, settled};
use crate::support::{App, Browser, DUE, Op, Opened, Trouble, UNUSABLE, eventually};

#[actix_web::test]
async fn the_tokens_of_a_launch_that_the_application_refuses_are_revoked() {
    for panics in [false, true] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let app = App::builder()
            .config(move |config| {
                config.on_launch(move |launched: Launched| {
                    let sender = sender.clone();
                    async move {
                        let tokens = launched.tokens();
                        sender
                            .send(Tokens {
                                refresh: tokens.refresh_token().unwrap().expose_secret().to_owned(),
                                access: tokens.access_token().expose_secret().to_owned(),
                            })
                            .unwrap();
                        assert!(!panics, "the hook was told to panic");
                        Err(Refuse::new())
                    }
                })
            })
            .start();
        let page = Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!(page.status, if panics { 500 } else { 403 });
        let tokens = receiver.try_recv().unwrap();
        answered(&app, 2).await;
        assert_eq!(asked_for(&app), both(&tokens));
        assert_eq!(revoked_grants(&app), [true]);
        assert_eq!(fhir_status(&app, &tokens.access).await, 401);
    }
}

#[actix_web::test]
async fn the_tokens_of_a_launch_without_its_required_scopes_are_revoked() {
    let app = App::builder()
        .ehr(|ehr| ehr.required_scopes("patient/Patient.r"))
        .sandbox(|sandbox| sandbox.token_response_field("scope", "launch/patient"))
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 403, "{}", page.body);
    answered(&app, 2).await;
    assert_eq!(revoked_grants(&app), [true]);

    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let error = client.finish(pending, &query).await.unwrap_err().error;
    assert!(matches!(error, FinishError::ScopesNotGranted { .. }), "{error:?}");
    answered(&app, 4).await;
    assert_eq!(revoked_grants(&app), [true, true]);
}

/// One that is away, or refuses, is tried for minutes. Where that is of no use it is not.
#[actix_web::test]
async fn the_tokens_of_a_launch_that_cannot_be_stored_are_revoked() {
    let store = crate::support::FlakyStore::default();
    let kept = actix_smart_auth::store::TokenStore::new(store.clone());
    let app = App::builder().config(move |config| config.store(kept)).start();
    store.trouble(Op::Open, Trouble::Damage);
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 503, "{}", page.body);
    answered(&app, 2).await;
    assert_eq!(revoked_grants(&app), [true]);
    let grants: Vec<_> = asked_for(&app)
        .iter()
        .map(|(_, token)| app.sandbox.grant_of_token(token))
        .collect();
    assert_eq!(grants, [Some(0), Some(0)]);
}

/// A launch that has ended while the EHR was answering its refresh, and the tokens that it had.
async fn ended_during_a_refresh(app: crate::support::AppBuilder) -> (Opened, Tokens) {
    let app = app.config(|config| config.refresh_wait_due(Duration::ZERO));
    let opened = Opened::with(app).await;
    let old = super::tokens_of(&opened.browser, &opened.base).await;
    opened.app.advance(DUE);
    // Carried out at once, answered later.
    let fault = Fault::Delay(Duration::from_secs(3));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::After, fault, Times::Once);
    assert_eq!(opened.token().await.status, 200);
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    assert_eq!(opened.browser.post(&opened.url("/auth/logout")).await.status, 200);
    answered(&opened.app, 2).await;
    assert_eq!(asked_for(&opened.app), both(&old));
    (opened, old)
}

#[actix_web::test]
async fn new_tokens_that_come_after_the_launch_has_ended_are_revoked() {
    let (opened, old) = ended_during_a_refresh(App::builder()).await;
    answered(&opened.app, 4).await;
    let orphans = &asked_for(&opened.app)[2..];
    assert_eq!(
        (orphans[0].0.as_str(), orphans[1].0.as_str()),
        ("refresh_token", "access_token")
    );
    assert!(orphans[0].1 != old.refresh && orphans[1].1 != old.access);
    assert_eq!(opened.app.sandbox.grant_of_token(&orphans[0].1), Some(0));
    assert_eq!(fhir_status(&opened.app, &orphans[1].1).await, 401);
    settled(&opened.app).await;
    assert_eq!(revocations(&opened.app).len(), 4);
}

#[actix_web::test]
async fn a_new_access_token_beside_the_old_refresh_token_is_revoked_too() {
    let app = App::builder().sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable));
    let (opened, old) = ended_during_a_refresh(app).await;
    answered(&opened.app, 4).await;
    let orphans = &asked_for(&opened.app)[2..];
    assert_eq!(orphans[0].1, old.refresh);
    assert_ne!(orphans[1].1, old.access);
    assert_eq!(fhir_status(&opened.app, &orphans[1].1).await, 401);
}

#[actix_web::test]
async fn a_refresh_that_names_another_patient_has_the_new_and_the_old_tokens_revoked() {
    let opened = Opened::start().await;
    let old = super::tokens_of(&opened.browser, &opened.base).await;
    opened
        .app
        .sandbox
        .set_refresh_response_field("patient", "bruno-fixture");
    opened.app.advance(DUE);
    assert_eq!(opened.browser.get(&opened.url("/patient")).await.status, 401);
    answered(&opened.app, 4).await;
    let asked = asked_for(&opened.app);
    for token in both(&old) {
        assert!(asked.contains(&token));
    }
    let new: Vec<_> = asked.iter().filter(|it| !both(&old).contains(it)).collect();
    assert_eq!(new.len(), 2);
    for (kind, token) in new {
        assert_eq!(opened.app.sandbox.grant_of_token(token), Some(0), "{kind}");
        if kind == "access_token" {
            assert_eq!(fhir_status(&opened.app, token).await, 401);
        }
    }
    assert_eq!(revoked_grants(&opened.app), [true]);
}

#[actix_web::test]
async fn a_refresh_by_hand_that_names_another_patient_has_the_new_tokens_revoked() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable))
        .start();
    app.sandbox.set_refresh_response_field("patient", "bruno-fixture");
    app.sandbox
        .set_refresh_response_field("refresh_token", serde_json::Value::Null);
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let error = client.refresh(&authorized).await.unwrap_err();
    assert!(matches!(error, RefreshError::Mismatch(_)), "{error:?}");
    answered(&app, 1).await;
    let (kind, token) = asked_for(&app).remove(0);
    assert_eq!(kind, "access_token");
    assert_eq!(fhir_status(&app, &token).await, 401);
    // What the caller still has is its own.
    let old = authorized.tokens().access_token().expose_secret();
    assert_ne!(token, old);
    assert_eq!(fhir_status(&app, old).await, 200);
}

#[actix_web::test]
async fn nothing_is_revoked_while_a_launch_goes_on() {
    let opened = Rc::new(Opened::start().await);
    for _ in 0..3 {
        opened.app.advance(UNUSABLE);
        crate::support::all_are(&opened.flood(10).await, 200);
    }
    assert_eq!(opened.app.refreshes(), 3);
    settled(&opened.app).await;
    assert_eq!(asked_for(&opened.app), []);
}
