//! The demand without the middleware.

use std::time::Duration;

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, IdTokenPolicy, SmartClient, StartOptions,
    error::{FinishError, IdentityError, SignInNotFresh, SignInProblem, StartError},
    time::{Clock as _, Timestamp},
};
use url::Url;

use super::{asked, login, nothing, with_prompt};
use crate::support::{App, Browser};

async fn finish(app: &App, options: StartOptions) -> Result<Authorized, FinishError> {
    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = client.start(options).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}")
    };
    let callback = Browser::new()
        .navigate_until(url.as_str(), &app.url("/auth/callback"))
        .await;
    let query = Url::parse(&callback).unwrap().query().unwrap().to_owned();
    Ok(client.finish(pending, &query).await?)
}

fn not_fresh(result: Result<Authorized, FinishError>) -> SignInNotFresh {
    match result {
        Err(FinishError::Identity(IdentityError::SignInNotFresh(why))) => why,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn an_authorization_can_demand_a_new_sign_in() {
    let app = App::start();
    finish(&app, StartOptions::standalone()).await.unwrap();
    assert_eq!(asked(&app), nothing());
    app.advance(100);
    let authorized = finish(&app, StartOptions::standalone().sign_in_again()).await.unwrap();
    assert_eq!(asked(&app), login());
    let said = authorized.id_token_claims().unwrap().auth_time().unwrap();
    assert_eq!(said.as_secs(), app.clock.now().as_secs());
}

#[actix_web::test]
async fn what_the_ehr_does_not_say_is_an_error_of_its_own() {
    let app = App::start();
    let again = || StartOptions::standalone().sign_in_again();
    let now = app.clock.now();
    let signed_in = Timestamp::from_millis((now.as_secs() - 61) * 1000);
    app.sandbox.set_id_token_claim("auth_time", signed_in.as_secs());
    let old = SignInNotFresh::TooOld {
        signed_in,
        demanded: now,
    };
    assert_eq!(not_fresh(finish(&app, again()).await), old);
    app.sandbox.set_id_token_claim("auth_time", "soon");
    assert_eq!(
        not_fresh(finish(&app, again()).await),
        SignInNotFresh::MalformedAuthTime
    );
    app.sandbox.set_id_token_claim("auth_time", serde_json::Value::Null);
    assert_eq!(not_fresh(finish(&app, again()).await), SignInNotFresh::NoAuthTime);
}

#[actix_web::test]
async fn the_registrations_own_demand_holds_too() {
    let app = App::builder().ehr(|ehr| ehr.max_age(Duration::from_secs(300))).start();
    finish(&app, StartOptions::standalone()).await.unwrap();
    assert_eq!(asked(&app), (None, Some("300".to_owned())));
    app.sandbox.set_id_token_claim("auth_time", 1);
    let why = not_fresh(finish(&app, StartOptions::standalone()).await);
    assert!(matches!(why, SignInNotFresh::TooOld { .. }), "{why:?}");
}

#[actix_web::test]
async fn nothing_begins_where_nobody_could_tell_whether_it_was_met() {
    let ignoring = App::builder().ehr(|ehr| ehr.id_token(IdTokenPolicy::Ignore)).start();
    let silent = App::builder().ehr(|ehr| ehr.quirks(with_prompt("none"))).start();
    let plain = App::start();
    let with_max_age = App::builder().ehr(|ehr| ehr.max_age(Duration::from_secs(300))).start();
    let again = || StartOptions::standalone().sign_in_again();
    for (app, options, expected) in [
        (&ignoring, again(), SignInProblem::IdTokensIgnored),
        (&silent, again(), SignInProblem::PromptNone),
        (
            &plain,
            again().scopes("launch/patient patient/*.rs"),
            SignInProblem::NoOpenid,
        ),
        (
            &with_max_age,
            StartOptions::standalone().scopes("launch/patient patient/*.rs"),
            SignInProblem::NoOpenid,
        ),
    ] {
        let started = SmartClient::new(&app.config).unwrap().start(options).await;
        match started {
            Err(StartError::SignIn(problem)) => assert_eq!(problem, expected),
            other => panic!("{expected:?}: {other:?}"),
        }
    }
}
