//! Rows: speculative requests have no effect; methods that our routes do not have.

use awc::http::Method;

use super::{callback_of, launched, requests};
use crate::support::{App, Browser, Profile};

const SPECULATIVE: [(&str, &str); 3] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("purpose", "prefetch"),
];

#[actix_web::test]
async fn speculative_launches_make_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let url = app.ehr_launch_url("amber-testwood", None);
    let head = browser.send(Method::HEAD, &url, &[], None).await;
    assert_eq!((head.status, head.header("cache-control")), (204, "no-store"));
    assert!(head.set_cookies().is_empty() && head.location().is_empty());
    for purpose in SPECULATIVE {
        let answer = browser
            .send(Method::GET, &url, &[("sec-fetch-mode", "navigate"), purpose], None)
            .await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (503, "no-store"),
            "{purpose:?}"
        );
        assert!(answer.set_cookies().is_empty() && answer.location().is_empty());
    }
    assert_eq!(requests(&app), 0);
    assert_eq!(browser.navigate(&url).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn speculative_callbacks_consume_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let head = browser.send(Method::HEAD, &callback, &[], None).await;
    assert_eq!((head.status, head.header("cache-control")), (204, "no-store"));
    for purpose in SPECULATIVE {
        let answer = browser.send(Method::GET, &callback, &[purpose], None).await;
        assert_eq!(answer.status, 503, "{purpose:?}");
        assert!(answer.set_cookies().is_empty() && answer.location().is_empty());
    }
    assert_eq!(app.exchanges(), 0);
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn methods_that_a_route_does_not_have_are_405_and_say_which_it_has() {
    let app = App::builder().profile(Profile::Es384).start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let landing = launched(&app, &browser).await;
    let exchanges = app.exchanges();
    let logout = landing.replace("/patient", "/auth/logout");
    for (url, methods, allow) in [
        (
            app.url("/auth/launch"),
            &[Method::POST, Method::PUT, Method::OPTIONS][..],
            "GET, HEAD",
        ),
        (callback.clone(), &[Method::POST, Method::DELETE], "GET, HEAD"),
        (app.url("/.well-known/jwks.json"), &[Method::POST], "GET, HEAD"),
        (
            app.url("/auth/logout"),
            &[Method::DELETE, Method::PUT],
            "GET, HEAD, POST",
        ),
        (logout, &[Method::PUT, Method::OPTIONS], "GET, HEAD, POST"),
    ] {
        for method in methods {
            let answer = browser
                .send(method.clone(), &url, &[("sec-fetch-mode", "navigate")], None)
                .await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {url}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.set_cookies().is_empty());
        }
    }
    assert_eq!(app.exchanges(), exchanges);
    assert_eq!(browser.get(&landing).await.status, 200, "somebody was logged out");
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn keys_are_served_to_get_and_head_and_are_404_without_a_key() {
    let app = App::builder().profile(Profile::Es384).start();
    let browser = Browser::new();
    let url = app.url("/.well-known/jwks.json");
    let keys = browser.api(&url).await;
    assert_eq!((keys.status, keys.header("content-type")), (200, "application/json"));
    assert_eq!(keys.header("cache-control"), "public, max-age=3600");
    let key = &keys.json()["keys"][0];
    assert_eq!(
        (key["kid"].as_str(), key["alg"].as_str()),
        (Some("ec-1"), Some("ES384"))
    );
    assert_eq!(key.get("d"), None);
    let head = browser.send(Method::HEAD, &url, &[], None).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));

    let app = App::start();
    assert_eq!(browser.api(&app.url("/.well-known/jwks.json")).await.status, 404);
}
