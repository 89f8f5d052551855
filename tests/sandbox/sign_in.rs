//! `prompt`, `max_age` and `auth_time`.

use std::time::Duration;

use actix_smart_auth::{
    sandbox::{Mode, Peculiarity, SandboxServer},
    time::{Clock as _, ManualClock},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::support::*;

/// A sandbox with this, and the clock that it shares with the test.
fn with(peculiarities: &[Peculiarity]) -> (SandboxServer, ManualClock) {
    let clock = ManualClock::default();
    let builder = strict().clock(clock.clone()).client(client(Kind::Public));
    let builder = peculiarities
        .iter()
        .fold(builder, |builder, it| builder.peculiarity(it.clone()));
    (builder.start().unwrap(), clock)
}

/// The `auth_time` of the id token that this request leads to.
async fn auth_time(sandbox: &SandboxServer, clock: &ManualClock, request: Form) -> Value {
    let answer = tokens(Kind::Public, sandbox, clock, &request).await;
    let token = answer.text("id_token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["auth_time"].clone()
}

#[actix_web::test]
async fn an_id_token_says_when_somebody_signed_in_to_whoever_asks_for_an_age() {
    let (sandbox, clock) = with(&[]);
    let now = || Value::from(clock.now().as_secs());
    let first = now();
    let plain = || authorization(&sandbox);
    let ten = || authorization(&sandbox).with("max_age", "10");
    assert_eq!(auth_time(&sandbox, &clock, plain()).await, Value::Null);
    clock.advance(Duration::from_secs(9));
    assert_eq!(auth_time(&sandbox, &clock, ten()).await, first, "signed in before");
    clock.advance(Duration::from_secs(1));
    assert_eq!(auth_time(&sandbox, &clock, ten()).await, now(), "asked again");
    let prompted = plain().with("prompt", "login");
    clock.advance(Duration::from_secs(1));
    assert_eq!(auth_time(&sandbox, &clock, prompted.clone()).await, Value::Null);
    let signed_in = now();
    clock.advance(Duration::from_secs(1));
    assert_eq!(auth_time(&sandbox, &clock, ten()).await, signed_in, "at the prompt");
    let both = prompted.with("prompt", "consent login").with("max_age", "3600");
    assert_eq!(auth_time(&sandbox, &clock, both).await, now());
}

#[actix_web::test]
async fn a_server_can_ignore_it() {
    let again = |sandbox: &SandboxServer| authorization(sandbox).with("prompt", "login").with("max_age", "0");
    let (sandbox, clock) = with(&[Peculiarity::SignInKept]);
    let first = Value::from(clock.now().as_secs());
    assert_eq!(auth_time(&sandbox, &clock, again(&sandbox)).await, first);
    clock.advance(Duration::from_secs(100));
    assert_eq!(auth_time(&sandbox, &clock, again(&sandbox)).await, first);
    let (sandbox, clock) = with(&[Peculiarity::NoAuthTime]);
    assert_eq!(auth_time(&sandbox, &clock, again(&sandbox)).await, Value::Null);
}

#[actix_web::test]
async fn who_must_not_be_asked_and_is_not_signed_in_gets_an_error() {
    let (sandbox, clock) = with(&[]);
    let silent = || authorization(&sandbox).with("prompt", "none");
    let ask = |request: Form| {
        let endpoint = sandbox.authorization_endpoint();
        async move { request.get(&endpoint).await.location("error") }
    };
    assert_eq!(ask(silent()).await.as_deref(), Some("login_required"));
    code_for(&sandbox, &authorization(&sandbox)).await;
    code_for(&sandbox, &silent()).await;
    clock.advance(Duration::from_secs(10));
    code_for(&sandbox, &silent().with("max_age", "11")).await;
    let error = ask(silent().with("max_age", "10")).await;
    assert_eq!(error.as_deref(), Some("login_required"));

    let builder = strict().mode(Mode::Interactive).client(client(Kind::Public));
    let interactive = builder.start().unwrap();
    let request = authorization(&interactive).with("prompt", "none");
    let answer = request.get(&interactive.authorization_endpoint()).await;
    assert_eq!(answer.location("error").as_deref(), Some("login_required"));
}
