//! A server that does not answer in time, or asks for patience, is left alone for a while, and holds up nobody meanwhile.

use std::time::Duration;

use actix_smart_auth::{
    AccessToken,
    resource_server::{CallerTokenErrorKind as Kind, CallerTokens, NotChecked, ResourceServer},
    sandbox::{Fault, Times},
};
use actix_web::rt;
use tokio::time::Instant;

use super::Api;
use crate::support::eventually;

fn wait(seconds: &str) -> Option<String> {
    Some(seconds.to_owned())
}

#[actix_web::test]
async fn for_as_long_as_the_server_asks_for_patience_nobody_is_asked_about() {
    let asks: [fn(&str) -> Fault; 2] = [
        |time| Fault::TooManyRequests {
            retry_after: wait(time),
        },
        |time| Fault::Unavailable {
            retry_after: wait(time),
        },
    ];
    for ask in asks {
        let api = Api::start();
        let (first, second) = (api.token().await, api.token().await);
        api.inject(ask("7"), Times::Once);
        let answer = api.call(&first).await;
        assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("7")));
        api.advance_millis(2_000);
        for token in [&first, &second] {
            let answer = api.call(token).await;
            assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("5")));
        }
        api.advance_millis(4_999);
        assert_eq!(api.call(&second).await.status, 503);
        assert_eq!(api.asked().len(), 1);
        api.advance_millis(1);
        assert_eq!(api.call(&second).await.status, 200);
        assert_eq!(api.call(&first).await.status, 200);
    }
}

#[actix_web::test]
async fn no_server_is_believed_that_asks_for_more_than_a_minute() {
    let api = Api::start();
    let token = api.token().await;
    let day = Fault::TooManyRequests {
        retry_after: wait("86400"),
    };
    api.inject(day, Times::Once);
    assert_eq!(api.call(&token).await.retry_after.as_deref(), Some("60"));
    api.advance_millis(59_999);
    assert_eq!(api.call(&token).await.status, 503);
    api.advance_millis(1);
    assert_eq!(api.call(&token).await.status, 200);
}

#[actix_web::test]
async fn a_server_that_asks_for_patience_about_strangers_is_asked_about_those_who_were_good_before() {
    let api = Api::start();
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(30_000);
    let busy = Fault::TooManyRequests {
        retry_after: wait("50"),
    };
    api.inject(busy, Times::Once);
    assert_eq!(api.call("invented").await.status, 503);
    assert_eq!(api.call("another").await.status, 503);
    assert_eq!(api.asked().len(), 2);
    assert_eq!(api.call(&token).await.status, 200);
}

/// Longer than any test lasts.
const FOR_EVER: Fault = Fault::Hang(Duration::from_secs(60));
/// So short that a test can wait for it, and longer than answers take on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(2);

async fn no_answer(server: &ResourceServer, token: &str) -> Duration {
    let error = server.check(&AccessToken::new(token)).await.unwrap_err();
    match error.kind() {
        Kind::NotChecked {
            cause: NotChecked::NoAnswer,
            retry_after,
            ..
        } => *retry_after,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_server_that_hangs_holds_a_caller_for_as_long_as_is_configured_and_the_next_ones_not_at_all() {
    let api = Api::with(CallerTokens::new().timeout(TIMEOUT));
    let (kept, stale, other) = (api.token().await, api.token().await, api.token().await);
    assert_eq!(api.call(&stale).await.status, 200);
    assert_eq!(api.call(&other).await.status, 200);
    api.advance_millis(30_000);
    assert_eq!(api.call(&kept).await.status, 200);
    api.inject(FOR_EVER, Times::Always);
    let asked = api.asked().len();

    let began = Instant::now();
    assert_eq!(no_answer(&api.server(), &stale).await, Duration::from_secs(1));
    // Far below the ten seconds that other requests have.
    assert!(began.elapsed() >= TIMEOUT && began.elapsed() < Duration::from_secs(8));
    for number in 0..200 {
        no_answer(&api.server(), &stale).await;
        no_answer(&api.server(), &format!("token-{number}")).await;
    }
    assert_eq!(api.asked().len(), asked + 1);
    // Whose token was good a short time ago does not notice.
    assert_eq!(api.call(&kept).await.status, 200);

    // One looks whether it answers again, and the others do not wait for that.
    api.advance_millis(1_000);
    let (server, token) = (api.server(), other.clone());
    let probe = rt::spawn(async move { no_answer(&server, &token).await });
    eventually("one looks", || api.asked().len() == asked + 2).await;
    for token in [&stale, "another"] {
        assert_eq!(no_answer(&api.server(), token).await, Duration::from_secs(1));
    }
    assert_eq!(probe.await.unwrap(), Duration::from_secs(2));
    assert_eq!(api.asked().len(), asked + 2);

    api.sandbox.clear_faults();
    api.advance_millis(2_000);
    assert_eq!(api.call(&stale).await.status, 200);
    assert_eq!(api.call(&api.token().await).await.status, 200);
}

#[actix_web::test]
async fn those_who_wait_for_a_place_while_the_server_hangs_do_not_wait_for_the_server_as_well() {
    let api = Api::with(CallerTokens::new().timeout(TIMEOUT));
    api.inject(FOR_EVER, Times::Always);
    // Eight are under way, and the others wait for their places.
    let callers: Vec<_> = (0..200)
        .map(|number| {
            let server = api.server();
            rt::spawn(async move { server.check(&AccessToken::new(format!("token-{number}"))).await.is_ok() })
        })
        .collect();
    for caller in callers {
        assert!(!caller.await.unwrap());
    }
    assert_eq!(api.asked().len(), 8);
}

#[actix_web::test]
async fn strangers_whose_tokens_the_server_is_slow_with_hold_up_strangers_only() {
    let api = Api::with(CallerTokens::new().timeout(TIMEOUT));
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(30_000);
    api.inject(FOR_EVER, Times::Once);
    no_answer(&api.server(), "invented").await;
    no_answer(&api.server(), "another").await;
    assert_eq!(api.call(&token).await.status, 200);
}

#[actix_web::test]
async fn a_known_caller_whose_token_the_server_is_slow_with_does_not_hold_up_the_others_again_and_again() {
    let api = Api::with(CallerTokens::new().timeout(TIMEOUT));
    let (slow, other) = (api.token().await, api.token().await);
    for token in [&slow, &other] {
        assert_eq!(api.call(token).await.status, 200);
    }
    api.advance_millis(30_000);
    api.inject(FOR_EVER, Times::Once);
    assert_eq!(no_answer(&api.server(), &slow).await, Duration::from_secs(1));
    assert_eq!(no_answer(&api.server(), &other).await, Duration::from_secs(1));

    // It comes first after the pause, and the other one is let in all the same.
    api.advance_millis(1_000);
    api.inject(FOR_EVER, Times::Once);
    let asked = api.asked().len();
    let (server, token) = (api.server(), slow.clone());
    let hanging = rt::spawn(async move { no_answer(&server, &token).await });
    eventually("it is asked about", || api.asked().len() == asked + 1).await;
    assert_eq!(api.call(&other).await.status, 200);
    hanging.await.unwrap();
    api.advance_millis(30_000);
    assert_eq!(api.call(&other).await.status, 200);
    assert_eq!(api.call(&slow).await.status, 200);
}
