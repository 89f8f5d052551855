//! Each refusal, with its status and its challenge.

use actix_smart_auth::{
    AccessToken,
    resource_server::{CallerTokenErrorKind as Kind, CallerTokens},
    sandbox::Times,
};
use actix_web::{cookie::Cookie, test};
use serde_json::json;

use super::{Answer, Api, call, read_answer, routes};
use crate::support::Logs;

fn challenge(api: &Api, error: Option<&str>) -> String {
    let realm = format!("Bearer realm=\"{}\"", api.sandbox.fhir_base_url());
    error.map_or_else(|| realm.clone(), |error| format!("{realm}, error=\"{error}\""))
}

fn assert_refused(api: &Api, answer: &Answer, about: &str) {
    assert_eq!((answer.status, answer.code()), (401, "access-token-refused"), "{about}");
    assert_eq!(answer.challenge, Some(challenge(api, Some("invalid_token"))), "{about}");
    assert_eq!(answer.retry_after, None, "{about}");
}

async fn kind(api: &Api, token: &str) -> Kind {
    let error = api.server().check(&AccessToken::new(token)).await.unwrap_err();
    error.kind().clone()
}

#[actix_web::test]
async fn without_a_token_the_challenge_has_no_error_and_nobody_is_asked() {
    let api = Api::start();
    for headers in [&[][..], &["Basic YTpi"], &["DPoP abc"]] {
        let answer = api.call_with(headers).await;
        assert_eq!((answer.status, answer.code()), (401, "no-access-token"), "{headers:?}");
        assert_eq!(answer.challenge, Some(challenge(&api, None)));
    }
    assert_eq!(api.asked().len(), 0);
    let error = api.server().check_authorization([]).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&Kind::NoToken, 401));
}

#[actix_web::test]
async fn a_token_in_the_address_or_in_a_cookie_is_not_looked_at() {
    let api = Api::start();
    let token = api.token().await;
    let answer = call(&api.config, &format!("/results?access_token={token}"), &[]).await;
    assert_eq!(answer.code(), "no-access-token");
    let app = actix_web::App::new()
        .configure(routes)
        .wrap(actix_smart_auth::SmartAuth::new(api.config.clone()));
    let app = test::init_service(app).await;
    let request = test::TestRequest::get()
        .uri("/results")
        .cookie(Cookie::new("access_token", token));
    let answer = read_answer(test::call_service(&app, request.to_request()).await).await;
    assert_eq!(answer.code(), "no-access-token");
    assert_eq!(api.asked().len(), 0);
}

#[actix_web::test]
async fn two_headers_are_a_mistake_of_the_request() {
    let api = Api::start();
    let token = format!("Bearer {}", api.token().await);
    let answer = api.call_with(&[&token, &token]).await;
    assert_eq!((answer.status, answer.code()), (400, "several-access-tokens"));
    assert_eq!(answer.challenge, Some(challenge(&api, Some("invalid_request"))));
    assert_eq!(api.asked().len(), 0);
    let twice = [token.as_bytes(), token.as_bytes()];
    let error = api.server().check_authorization(twice).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&Kind::Repeated, 400));
}

#[actix_web::test]
async fn what_has_not_the_form_of_a_token_is_refused_and_not_sent_on() {
    let api = Api::start();
    let long = "a".repeat(8 * 1024 + 1);
    for token in ["", "a b", "a,Bearer b", "a\"b", "=", long.as_str()] {
        assert_refused(&api, &api.call(token).await, token);
        assert_eq!(kind(&api, token).await, Kind::Malformed);
    }
    assert_eq!(api.asked().len(), 0);
    let longest = "a".repeat(8 * 1024);
    assert_eq!(kind(&api, &longest).await, Kind::Inactive);
    assert_eq!(api.asked().len(), 1);
}

#[actix_web::test]
async fn a_token_that_the_server_does_not_know_or_has_revoked_is_refused() {
    let api = Api::start();
    assert_refused(&api, &api.call("invented").await, "invented");
    assert_eq!(kind(&api, "invented").await, Kind::Inactive);
    let token = api.token().await;
    api.says(&json!({"active": false}), Times::Once);
    assert_refused(&api, &api.call(&token).await, "inactive");
}

#[actix_web::test]
async fn a_token_is_good_until_its_end_and_not_a_moment_longer() {
    let api = Api::start();
    let token = api.token().await;
    let end = api.now() + 20;
    api.says(&json!({ "exp": end }), Times::Always);
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(end * 1_000 - actix_smart_auth::time::Clock::now(&api.clock).as_millis() - 1);
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(1);
    assert_refused(&api, &api.call(&token).await, "its end");
    assert_eq!(kind(&api, &token).await, Kind::Expired);
    // All of it by what was said at first: 20 s ago.
    assert_eq!(api.asked().len(), 1);
}

#[actix_web::test]
async fn a_token_that_has_expired_is_refused_though_the_server_calls_it_active() {
    let api = Api::start();
    for exp in [json!(api.now()), json!(0), json!("1"), json!(api.now().to_string())] {
        let token = api.token().await;
        api.says(&json!({ "exp": exp }), Times::Once);
        assert_eq!(kind(&api, &token).await, Kind::Expired, "{exp}");
    }
    let token = api.token().await;
    api.says(&json!({ "exp": null }), Times::Once);
    assert_eq!(api.call(&token).await.status, 200, "RFC 7662 lets servers leave it out");
}

#[actix_web::test]
async fn a_token_of_tomorrow_is_refused_give_or_take_a_minute() {
    let api = Api::start();
    let (good, bad) = (api.token().await, api.token().await);
    // The sandbox tells whole seconds; so does this clock, at the start.
    api.says(&json!({ "nbf": api.now() + 60 }), Times::Once);
    assert_eq!(api.call(&good).await.status, 200);
    api.says(&json!({ "nbf": api.now() + 62 }), Times::Once);
    assert_refused(&api, &api.call(&bad).await, "too early");
    assert_eq!(kind(&api, &bad).await, Kind::NotYet);
}

#[actix_web::test]
async fn where_an_audience_is_configured_the_token_has_to_be_for_it() {
    let own = "https://app.example/api";
    let api = Api::with(CallerTokens::new().audience(own));
    for aud in [json!(own), json!(["https://other.example", own])] {
        let token = api.token().await;
        api.says(&json!({ "aud": aud }), Times::Once);
        assert_eq!(api.call(&token).await.status, 200, "{aud}");
    }
    let others = [
        json!(null),
        json!("https://app.example/api/"),
        json!("https://APP.example/api"),
        json!(["https://other.example"]),
        json!([]),
        json!({ "aud": own }),
        json!([[own]]),
    ];
    for aud in others {
        let token = api.token().await;
        api.says(&json!({ "aud": aud }), Times::Once);
        assert_refused(&api, &api.call(&token).await, &aud.to_string());
        assert_eq!(kind(&api, &token).await, Kind::OtherAudience, "{aud}");
    }
}

#[actix_web::test]
async fn the_audience_and_the_issuer_that_came_are_in_the_log_at_debug_cut_and_without_what_nobody_sees() {
    for tokens in [
        CallerTokens::new().audience("https://ours.example"),
        CallerTokens::new().issuer("https://ours.example"),
    ] {
        let logs = Logs::collect();
        let api = Api::with(tokens);
        let token = api.token().await;
        let theirs = format!("https://theirs.example/\u{202e}x{}", "y".repeat(1_000));
        api.says(&json!({ "aud": theirs, "iss": theirs }), Times::Once);
        assert_eq!(api.call(&token).await.status, 401);
        let text = logs.text();
        let shown = format!("https://theirs.example/x{}", "y".repeat(300 - 24));
        assert!(text.contains(&shown) && !text.contains(&format!("{shown}y")), "{text}");
    }
}

#[actix_web::test]
async fn where_an_issuer_is_configured_the_token_has_to_be_by_it() {
    let issuer = "https://ehr.example";
    let api = Api::with(CallerTokens::new().issuer(issuer));
    let token = api.token().await;
    api.says(&json!({ "iss": issuer }), Times::Once);
    assert_eq!(api.call(&token).await.status, 200);
    for iss in [json!(null), json!("https://ehr.example/"), json!([issuer])] {
        let token = api.token().await;
        api.says(&json!({ "iss": iss }), Times::Once);
        assert_refused(&api, &api.call(&token).await, &iss.to_string());
        assert_eq!(kind(&api, &token).await, Kind::OtherIssuer, "{iss}");
    }
}
