//! Every client type, both ways to authorize, both ways to launch: to the landing page and through two refreshes.

mod authorize;
mod credentials;
mod endpoints;
mod iss_alone;
mod post_page;
mod two_keys;

use actix_smart_auth::options::AuthorizeMethod;

use crate::support::{App, Browser, Profile};

const AMBER: &str = "amber-testwood";
const BRUNO: &str = "bruno-fixture";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    Standalone,
    Ehr,
}

#[actix_web::test]
async fn a_public_client_launches_and_refreshes_twice() {
    all_ways(Profile::Public).await;
}

#[actix_web::test]
async fn a_client_with_a_secret_launches_and_refreshes_twice() {
    all_ways(Profile::Secret).await;
}

#[actix_web::test]
async fn a_client_with_a_p384_key_launches_and_refreshes_twice() {
    all_ways(Profile::Es384).await;
}

#[actix_web::test]
async fn a_client_with_an_rsa_key_launches_and_refreshes_twice() {
    all_ways(Profile::Rs384).await;
}

async fn all_ways(profile: Profile) {
    for method in [AuthorizeMethod::Get, AuthorizeMethod::Post] {
        for start in [Start::Standalone, Start::Ehr] {
            one_way(profile, method, start).await;
        }
    }
}

async fn one_way(profile: Profile, method: AuthorizeMethod, start: Start) {
    let what = format!("{profile:?} {method:?} {start:?}");
    let app = App::builder()
        .profile(profile)
        .ehr(move |ehr| ehr.authorize_method(method))
        .start();
    let browser = Browser::new();
    let (url, landing, context) = match start {
        Start::Standalone => (
            app.url("/auth/launch"),
            "patient amber-testwood",
            format!("{AMBER} Some(\"{AMBER}\") None"),
        ),
        Start::Ehr => (
            app.ehr_launch_url(BRUNO, Some("visit-202")),
            "patient bruno-fixture",
            format!("{BRUNO} Some(\"{BRUNO}\") Some(\"visit-202\")"),
        ),
    };

    let page = browser.open(&url).await;
    assert_eq!((page.status, page.body.as_str()), (200, landing), "{what}");
    let launch = page.url.strip_suffix("/patient").unwrap().to_owned();
    assert!(launch.starts_with(&app.url("/~")), "{what}: {launch}");
    let authorize = authorize::requests(&app);
    let wanted = if method == AuthorizeMethod::Post { "POST" } else { "GET" };
    assert_eq!((authorize.len(), authorize[0].method.as_str()), (1, wanted), "{what}");
    assert_eq!(browser.get(&format!("{launch}/two")).await.body, context, "{what}");

    let mut tokens = vec![browser.get(&format!("{launch}/token")).await.body];
    for round in 1..=2 {
        // 301 seconds before its end a token is not due yet.
        app.advance(3600 - 301);
        assert_eq!(
            browser.get(&format!("{launch}/token")).await.body,
            tokens[round - 1],
            "{what}"
        );
        assert_eq!(app.refreshes(), round - 1, "{what}");
        app.advance(2);
        let token = browser.get(&format!("{launch}/token")).await.body;
        assert!(!tokens.contains(&token), "{what}: no new token in round {round}");
        tokens.push(token);
        assert_eq!(app.refreshes(), round, "{what}");
        assert_eq!(browser.get(&format!("{launch}/two")).await.body, context, "{what}");
    }
    let sent: Vec<_> = app.sandbox.token_requests_of("refresh_token");
    assert_ne!(
        sent[0].parameter("refresh_token"),
        sent[1].parameter("refresh_token"),
        "{what}: the rotated refresh token has to be used"
    );
    assert!(
        sent.iter().all(|request| request.parameter("scope").is_none()),
        "{what}"
    );
    assert_eq!((app.exchanges(), app.sandbox.reuse_detections()), (1, 0), "{what}");
}

#[actix_web::test]
async fn the_token_type_is_read_without_regard_to_case() {
    for token_type in ["bearer", "BEARER", "bEaReR"] {
        let app = App::start();
        app.sandbox.set_token_response_field("token_type", token_type);
        app.sandbox.set_refresh_response_field("token_type", token_type);
        let browser = Browser::new();
        let page = browser.open(&app.url("/auth/launch")).await;
        assert_eq!(page.body, "patient amber-testwood", "{token_type}");
        app.advance(3400);
        assert_eq!(browser.get(&page.url).await.status, 200, "{token_type}");
        assert_eq!(app.refreshes(), 1, "{token_type}");
    }
}
