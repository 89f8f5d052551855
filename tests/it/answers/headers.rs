//! Headers that every answer of the crate has, whoever asks and whatever it says.

use actix_smart_auth::{
    CookiePolicy,
    health::{HealthDetail, health_check},
    options::{AuthorizeMethod, SameSite},
    sandbox::{Fault, FaultPoint, Times, When},
};
use actix_web::http::Method;

use super::{callback_of, launched};
use crate::support::{Answer, App, Browser, Profile};

#[track_caller]
fn assert_headers(answer: &Answer, what: &str) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    if answer.header("content-type").starts_with("text/html") {
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{what}: {policy}");
        let ancestors = "; frame-ancestors 'self' https://ehr.example";
        assert!(policy.ends_with(ancestors), "{what}: {policy}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin", "{what}");
    }
}

#[actix_web::test]
async fn every_answer_of_the_crate_forbids_to_guess_its_type_and_every_page_says_who_may_frame_it() {
    let app = App::builder()
        .profile(Profile::Es384)
        .config(|config| config.frame_ancestor("https://ehr.example"))
        .start();
    let browser = Browser::new();
    let navigate = [("sec-fetch-mode", "navigate")];
    let launch = launched(&app, &browser).await;
    let mut seen = Vec::new();
    for (method, path, headers) in [
        (Method::GET, "/auth/launch", &navigate[..]),
        (Method::GET, "/auth/launch?launch=x", &navigate),
        (Method::GET, "/auth/launch?iss=https://unheard-of.example", &navigate),
        (Method::GET, "/auth/launch?launch=x", &[("accept", "application/json")]),
        (Method::HEAD, "/auth/launch", &[]),
        (Method::GET, "/auth/launch", &[("sec-purpose", "prefetch")]),
        (Method::PUT, "/auth/launch", &[]),
        (Method::GET, "/auth/callback?state=x&code=y", &navigate),
        (Method::GET, "/auth/logout", &navigate),
        (Method::POST, "/auth/logout", &[("accept", "application/json")]),
        (Method::GET, "/.well-known/jwks.json", &[]),
        (
            Method::GET,
            "/~AAAAAAAAAAAAAAAAAAAAAA/patient",
            &[("accept", "application/json")],
        ),
        (Method::POST, "/~AAAAAAAAAAAAAAAAAAAAAA/patient", &navigate),
    ] {
        let answer = browser.send(method.clone(), &app.url(path), headers, None).await;
        assert_headers(&answer, &format!("{method} {path}"));
        seen.push(answer.status);
    }
    let expected = [303, 400, 400, 400, 204, 503, 405, 401, 200, 204, 200, 401, 401];
    assert_eq!(seen, expected);
    let ended = browser.get(&launch).await;
    assert_headers(&ended, "an ended launch");
}

#[actix_web::test]
async fn the_page_of_a_refused_code_the_form_to_sign_in_and_the_health_route_have_them_too() {
    let app = App::builder()
        .ehr(|ehr| ehr.authorize_method(AuthorizeMethod::Post))
        .config(|config| config.frame_ancestor("https://ehr.example"))
        .start();
    let browser = Browser::new();
    let form = browser.get(&app.url("/auth/launch")).await;
    assert!(form.body.contains("<form method=\"post\""), "{}", form.body);
    assert_headers(&form, "the form to sign in");

    let refused = App::builder()
        .config(|config| config.frame_ancestor("https://ehr.example"))
        .start();
    let fault = Fault::Status(500);
    refused
        .sandbox
        .inject(FaultPoint::Exchange, When::Before, fault, Times::Always);
    let page = browser.get(&callback_of(&refused, &browser).await).await;
    assert!(page.status >= 500, "{}", page.status);
    assert_headers(&page, "a code that was not taken");

    let config = app.config.clone();
    let health = actix_web::App::new().route("/health", health_check(&config, HealthDetail::StatusOnly));
    let health = actix_web::test::init_service(health).await;
    let asked = actix_web::test::TestRequest::get().uri("/health").to_request();
    let answer = actix_web::test::call_service(&health, asked).await;
    assert_eq!(answer.headers().get("x-content-type-options").unwrap(), "nosniff");
}

/// Where browsers send our cookies to frames of other sites, a button in an invisible one would work.
#[actix_web::test]
async fn with_cookies_for_frames_no_page_can_be_framed_by_a_site_that_is_not_named() {
    let app = App::builder()
        .ehr(|ehr| ehr.redirect_uri("https://app.example/auth/callback"))
        .config(|config| config.cookie(CookiePolicy::default().same_site(SameSite::None)))
        .start();
    let page = Browser::new().get(&app.url("/auth/launch?launch=x")).await;
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with("; frame-ancestors 'self'"), "{policy}");
}
