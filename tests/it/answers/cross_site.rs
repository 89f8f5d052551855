//! Row: cross-site unsafe request.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_smart_auth::{Patient, SmartGuard, SmartSession};
use actix_web::{HttpResponse, web};
use awc::http::Method;

use super::{assert_page, assert_problem, beside, launched};
use crate::support::{App, Browser};

const TITLE: &str = "This request was stopped";
const SENTENCE: &str = "It came from another website, so nothing was changed.";
const UNSAFE: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// How often a handler of these tests ran. One test uses each.
static WRITES: AtomicUsize = AtomicUsize::new(0);
static GUARDED_WRITES: AtomicUsize = AtomicUsize::new(0);

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        web::scope("/~{smart_launch}/any")
            .route("/patient", web::route().to(|_: Patient| write(&WRITES)))
            .route("/session", web::route().to(|_: SmartSession| write(&WRITES)))
            .service(
                web::scope("/guarded")
                    .wrap(SmartGuard::new())
                    .default_service(web::to(|| write(&GUARDED_WRITES))),
            ),
    );
}

async fn write(count: &AtomicUsize) -> HttpResponse {
    count.fetch_add(1, Ordering::SeqCst);
    HttpResponse::Ok().body("written")
}

/// Headers of requests that a page of another site has caused.
fn foreign() -> [Vec<(&'static str, String)>; 6] {
    let own = |headers: &[(&'static str, &str)]| {
        headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    [
        own(&[("sec-fetch-site", "cross-site")]),
        own(&[("sec-fetch-site", "same-site")]),
        own(&[("origin", "https://evil.example")]),
        own(&[("origin", "null")]),
        // Another port of this host is another origin.
        own(&[("origin", "http://127.0.0.1:1")]),
        own(&[("sec-fetch-site", "cross-site"), ("origin", "null")]),
    ]
}

fn domestic(app: &App) -> [Vec<(&'static str, String)>; 4] {
    [
        vec![("sec-fetch-site", "same-origin".to_owned())],
        vec![("sec-fetch-site", "none".to_owned())],
        vec![("origin", app.origin.clone())],
        vec![],
    ]
}

async fn send(browser: &Browser, method: &Method, url: &str, headers: &[(&str, String)]) -> crate::support::Answer {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.send(method.clone(), url, &headers, Some("a=b")).await
}

fn with_navigation(headers: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let mut headers = headers.to_vec();
    headers.push(("sec-fetch-mode", "navigate".to_owned()));
    headers
}

#[actix_web::test]
async fn cross_site_unsafe_requests_are_403_before_any_handler_and_others_pass() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for path in ["/any/patient", "/any/session", "/any/guarded/x"] {
        let url = beside(&landing, path);
        let count = if path.contains("guarded") {
            &GUARDED_WRITES
        } else {
            &WRITES
        };
        count.store(0, Ordering::SeqCst);
        for method in UNSAFE {
            for headers in foreign() {
                let api = send(&browser, &method, &url, &headers).await;
                let problem = assert_problem(&api, 403, "cross-site", TITLE);
                assert_eq!(problem.get("launch_url"), None);
                let form = send(&browser, &method, &url, &with_navigation(&headers)).await;
                assert_page(&form, 403, "cross-site", TITLE, SENTENCE);
            }
        }
        assert_eq!(count.load(Ordering::SeqCst), 0, "{path}");
        for method in UNSAFE {
            for headers in domestic(&app) {
                let answer = send(&browser, &method, &url, &headers).await;
                assert_eq!(
                    (answer.status, answer.body.as_str()),
                    (200, "written"),
                    "{method} {headers:?}"
                );
            }
        }
        assert_eq!(count.load(Ordering::SeqCst), 16, "{path}");
        for headers in foreign() {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = browser.send(Method::GET, &url, &headers, None).await;
            assert_eq!(answer.status, 200, "a link of another site: {headers:?}");
        }
    }
}

#[actix_web::test]
async fn cross_site_logouts_are_403_and_end_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for url in [beside(&landing, "/auth/logout"), app.url("/auth/logout")] {
        for headers in foreign() {
            let api = send(&browser, &Method::POST, &url, &headers).await;
            assert_problem(&api, 403, "cross-site", TITLE);
            let form = send(&browser, &Method::POST, &url, &with_navigation(&headers)).await;
            assert_page(&form, 403, "cross-site", TITLE, SENTENCE);
        }
    }
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn same_origin_logouts_pass() {
    let app = App::start();
    for headers in domestic(&app) {
        let browser = Browser::new();
        let landing = launched(&app, &browser).await;
        let answer = send(&browser, &Method::POST, &beside(&landing, "/auth/logout"), &headers).await;
        assert_eq!(answer.status, 204, "{headers:?}");
        let landing = launched(&app, &browser).await;
        assert_eq!(
            send(&browser, &Method::POST, &app.url("/auth/logout"), &headers)
                .await
                .status,
            204
        );
        assert_eq!(browser.api(&landing).await.status, 401, "{headers:?}");
    }
}

#[actix_web::test]
async fn danger_allow_cross_site_lets_handlers_have_them_but_not_the_logout() {
    let app = App::builder().config(|config| config.danger_allow_cross_site()).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for headers in foreign() {
        let answer = send(&browser, &Method::POST, &landing, &headers).await;
        assert_eq!(answer.body, "patient amber-testwood", "{headers:?}");
        let answer = send(&browser, &Method::POST, &beside(&landing, "/guarded/page"), &headers).await;
        assert_eq!(answer.body, "guarded", "{headers:?}");
        let answer = send(&browser, &Method::POST, &beside(&landing, "/auth/logout"), &headers).await;
        assert_problem(&answer, 403, "cross-site", TITLE);
    }
}

#[actix_web::test]
async fn cross_site_is_said_before_whether_there_is_a_launch() {
    let app = App::start();
    let browser = Browser::new();
    let url = app.url("/~AAAAAAAAAAAAAAAAAAAAAA/patient");
    let answer = send(
        &browser,
        &Method::POST,
        &url,
        &[("sec-fetch-site", "cross-site".to_owned())],
    )
    .await;
    assert_problem(&answer, 403, "cross-site", TITLE);
}
