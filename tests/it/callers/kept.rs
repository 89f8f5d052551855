//! For how long what the server said is used again.

use std::time::Duration;

use actix_smart_auth::{
    resource_server::CallerTokens,
    sandbox::{Fault, Times},
};
use actix_web::rt;
use serde_json::json;

use super::{Api, LIFE};

#[actix_web::test]
async fn a_good_token_is_asked_about_every_half_minute() {
    let api = Api::start();
    let token = api.token().await;
    for _ in 0..3 {
        assert_eq!(api.call(&token).await.status, 200);
    }
    api.advance_millis(29_999);
    assert_eq!(api.call(&token).await.status, 200);
    assert_eq!(api.asked().len(), 1);
    api.advance_millis(1);
    assert_eq!(api.call(&token).await.status, 200);
    assert_eq!(api.asked().len(), 2);
}

#[actix_web::test]
async fn a_revoked_token_works_no_longer_than_that() {
    let api = Api::with(CallerTokens::new().kept_for(Duration::from_secs(2)));
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    api.says(&json!({"active": false}), Times::Always);
    api.advance_millis(1_999);
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(1);
    assert_eq!(api.call(&token).await.status, 401);
}

#[actix_web::test]
async fn with_zero_every_request_asks() {
    let api = Api::with(CallerTokens::new().kept_for(Duration::ZERO));
    let token = api.token().await;
    for count in 1..=3 {
        assert_eq!(api.call(&token).await.status, 200);
        assert_eq!(api.asked().len(), count);
    }
}

#[actix_web::test]
async fn nothing_is_kept_beyond_the_end_of_the_token() {
    let api = Api::with(CallerTokens::new().kept_for(Duration::from_secs(300)));
    let token = api.token().await;
    api.advance_millis((LIFE - 100) * 1_000);
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(100 * 1_000);
    assert_eq!(api.call(&token).await.status, 401);
    assert_eq!(api.asked().len(), 1);
}

#[actix_web::test]
async fn a_token_that_is_not_active_is_not_asked_about_for_five_seconds() {
    let api = Api::start();
    assert_eq!(api.call("invented").await.status, 401);
    api.advance_millis(4_999);
    assert_eq!(api.call("invented").await.status, 401);
    assert_eq!(api.asked().len(), 1);
    api.advance_millis(1);
    assert_eq!(api.call("invented").await.status, 401);
    assert_eq!(api.asked().len(), 2);
}

#[actix_web::test]
async fn a_long_answer_is_used_and_not_kept() {
    let api = Api::start();
    let token = api.token().await;
    api.says(&json!({"note": "x".repeat(16 * 1024)}), Times::Always);
    for count in 1..=2 {
        assert_eq!(api.call(&token).await.status, 200);
        assert_eq!(api.asked().len(), count);
    }
}

#[actix_web::test]
async fn many_requests_with_one_new_token_ask_once() {
    let api = Api::start();
    let token = api.token().await;
    api.inject(Fault::Delay(Duration::from_millis(300)), Times::Always);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (server, token) = (api.server(), actix_smart_auth::AccessToken::new(&*token));
            rt::spawn(async move { server.check(&token).await.is_ok() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(api.asked().len(), 1);
}

#[actix_web::test]
async fn a_caller_that_goes_takes_the_answer_from_nobody() {
    let api = Api::start();
    let token = actix_smart_auth::AccessToken::new(api.token().await);
    api.inject(Fault::Delay(Duration::from_millis(300)), Times::Always);
    let (first, second) = (api.server(), api.server());
    let gone = token.clone();
    let leader = rt::spawn(async move { first.check(&gone).await.is_ok() });
    crate::support::eventually("the server is asked", || api.asked().len() == 1).await;
    leader.abort();
    assert!(second.check(&token).await.is_ok());
    assert_eq!(api.asked().len(), 1);
}
