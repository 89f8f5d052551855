//! The application is put together wrongly: the answer is the documented one, and a log line says what to change.

mod misbuilt;

use awc::http::Method;

use self::misbuilt::{Misbuilt, Mistake};
use crate::support::{Answer, Browser, Logs};

/// Whether the log has the sentence, at ERROR unless another level is named.
#[track_caller]
fn assert_logged(logs: &Logs, level: &str, sentence: &str) {
    let text = logs.text();
    let said = text
        .lines()
        .any(|line| line.contains(&format!(" {level} ")) && line.contains(sentence));
    assert!(said, "no line at {level} says: {sentence}");
}

#[track_caller]
fn assert_page(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        answer
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(answer.body.contains(&format!("Code: {code}<")), "{}", answer.body);
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        (&answer.json()["code"], &answer.json()["status"]),
        (&code.into(), &status.into())
    );
}

#[actix_web::test]
async fn a_wrong_wrap_order_or_no_session_middleware_is_found_at_the_first_launch() {
    let logs = Logs::collect();
    for mistake in [Mistake::WrongOrder, Mistake::NoSessionMiddleware] {
        let before = logs.text().len();
        let app = Misbuilt::start(mistake);
        let browser = Browser::new();
        let launch = app.url("/auth/launch");
        let page = browser.get(&launch).await;
        assert_page(&page, 500, "not-installed");
        let line = "`.wrap(SmartAuth::new(config)).wrap(SessionMiddleware::new(store, key))`";
        assert!(page.body.contains(line), "{}", page.body);
        let answer = browser.api(&launch).await;
        assert_problem(&answer, 500, "not-installed");
        assert!(
            answer.json()["explanation"].as_str().unwrap().contains(line),
            "{}",
            answer.body
        );
        assert!(app.sandbox.token_requests().is_empty(), "{mistake:?}");
        let text = logs.text();
        let sentence = "a launch has no session: SessionMiddleware is missing, or it is wrapped before SmartAuth. It has \
                        to be wrapped after it: \
                        `.wrap(SmartAuth::new(config)).wrap(SessionMiddleware::new(store, key))`";
        assert!(
            text[before..]
                .lines()
                .any(|line| line.contains(" ERROR ") && line.contains(sentence)),
            "{mistake:?}"
        );
    }
}

#[actix_web::test]
async fn without_smart_auth_handlers_answer_500_and_the_log_says_what_to_wrap() {
    let logs = Logs::collect();
    let app = Misbuilt::start(Mistake::NoSmartAuth);
    let browser = Browser::new();
    for path in [
        "/~AAAAAAAAAAAAAAAAAAAAAA/patient",
        "/~AAAAAAAAAAAAAAAAAAAAAA/guarded/page",
        "/outside",
    ] {
        let page = browser.get(&app.url(path)).await;
        assert_page(&page, 500, "not-installed");
        assert!(
            page.body.contains(
                "The application is not set up completely. Please tell the support team of this application."
            )
        );
        assert!(
            page.body.contains("add `.wrap(SmartAuth::new(config))`"),
            "{}",
            page.body
        );
        assert_problem(&browser.api(&app.url(path)).await, 500, "not-installed");
    }
    assert_eq!(browser.get(&app.url("/plain")).await.body, "plain");
    assert_eq!(browser.get(&app.url("/auth/launch")).await.status, 404);
    assert_logged(
        &logs,
        "ERROR",
        "SmartAuth is not wrapped around the App; add `.wrap(SmartAuth::new(config))`",
    );
}

#[actix_web::test]
async fn smart_auth_around_a_scope_answers_500_and_the_log_says_to_wrap_the_app() {
    let logs = Logs::collect();
    let app = Misbuilt::start(Mistake::AroundAScope);
    let browser = Browser::new();
    for path in [
        "/~AAAAAAAAAAAAAAAAAAAAAA/patient",
        "/~AAAAAAAAAAAAAAAAAAAAAA/guarded/page",
    ] {
        let page = browser.get(&app.url(path)).await;
        assert_page(&page, 500, "not-installed");
        let line = "wrap the App: `App::new().service(…).wrap(SmartAuth::new(config))`";
        assert!(page.body.contains(line), "{}", page.body);
        assert_problem(&browser.api(&app.url(path)).await, 500, "not-installed");
    }
    assert_eq!(browser.get(&app.url("/auth/launch")).await.status, 404);
    assert!(app.sandbox.received_requests().is_empty());
    assert_logged(
        &logs,
        "ERROR",
        "SmartAuth is wrapped around a Scope, where launch and callback cannot reach it; \
         wrap the App: `App::new().service(…).wrap(SmartAuth::new(config))`",
    );
}

#[actix_web::test]
async fn a_handler_outside_the_launch_scope_has_no_launch_and_the_log_says_where_to_move_it() {
    let logs = Logs::collect();
    let app = crate::support::App::start();
    let browser = Browser::new();
    browser.navigate(&app.url("/auth/launch")).await;
    let answer = browser.get(&app.url("/outside")).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/auth/launch?return_to=%2Foutside")
    );
    assert_problem(&browser.api(&app.url("/outside")).await, 401, "no-launch");
    let form = browser.send(Method::POST, &app.url("/outside"), &[], None).await;
    assert_eq!(form.status, 404, "the route has no POST");
    let sentence = "a handler that takes a launch is mounted outside of the launch scope, so it never has one; \
                    move its route into `launch_scope()`";
    assert_logged(&logs, "WARN", sentence);
    assert!(
        logs.text()
            .lines()
            .any(|line| line.contains(sentence) && line.contains("/outside")),
        "which route?"
    );
}

#[actix_web::test]
async fn a_config_per_worker_loses_launches_and_the_log_says_where_to_build_it() {
    let logs = Logs::collect();
    let app = Misbuilt::start(Mistake::ConfigPerWorker);
    // Which worker gets a connection is not ours to say: with two, half of the callbacks go astray.
    for _ in 0..40 {
        let browser = Browser::new();
        let callback = browser
            .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
            .await;
        let page = browser.get(&callback).await;
        if page.status != 303 {
            assert_page(&page, 401, "sign-in-expired");
            let sentence = "several SmartConfigs of the same client serve requests, each with launches of its own; \
                            build the SmartConfig once, outside of the closure of `HttpServer::new`, and clone it \
                            into each App";
            assert_logged(&logs, "ERROR", sentence);
            assert_logged(&logs, "WARN", "or each worker has a SmartConfig of its own");
            return;
        }
    }
    panic!("forty callbacks in a row reached the worker that began");
}

/// The sign-in goes on, as its cookie is enough. What the application keeps in the session is lost all the same.
#[actix_web::test]
async fn a_session_key_per_worker_is_named_in_the_log_and_the_launch_opens() {
    let logs = Logs::collect();
    let app = Misbuilt::start(Mistake::SessionKeyPerWorker);
    let sentence = "the session of a sign-in did not come back with its callback, though the cookie of the sign-in did; the \
                    sign-in goes on. Usually each worker or process has another session key: make the `Key` once";
    for _ in 0..40 {
        let answer = Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "patient amber-testwood"));
        if logs.text().contains(sentence) {
            assert_logged(&logs, "WARN", sentence);
            return;
        }
    }
    panic!("forty callbacks in a row reached the worker that began");
}

#[actix_web::test]
async fn a_launch_whose_session_comes_back_says_nothing_of_a_lost_one() {
    let logs = Logs::collect();
    let app = crate::support::App::start();
    let answer = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (text, ehr) = (logs.text(), app.sandbox.fhir_base_url());
    let of_this_launch = |line: &&str| line.contains(&ehr);
    assert!(text.lines().any(|line| line.contains(&ehr)), "the log names the EHR");
    assert!(
        !text
            .lines()
            .filter(of_this_launch)
            .any(|line| line.contains("the session of a sign-in did not come back"))
    );
}

/// A launch up to its landing page.
async fn landed(mistake: Mistake) -> Answer {
    let misbuilt = Misbuilt::start(mistake);
    Browser::new().navigate(&misbuilt.url("/auth/launch")).await
}

#[actix_web::test]
async fn a_landing_page_that_normalizing_paths_hides_is_named_in_the_log() {
    let logs = Logs::collect();
    let answer = landed(Mistake::NormalizedPaths).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    let text = logs.text();
    let told = |line: &str| {
        line.contains("WARN")
            && line.contains("came without the slash at its end")
            && line.contains("TrailingSlash::MergeOnly")
            && line.contains("landing=\"/~{smart_launch}/\"")
    };
    assert!(text.lines().any(told), "{}", answer.url);
    // What the README says that the browser shows.
    assert!(answer.url.ends_with('/'), "{}", answer.url);
}

#[actix_web::test]
async fn a_landing_page_that_gets_a_slash_more_is_named_in_the_log() {
    let logs = Logs::collect();
    let answer = landed(Mistake::AddedSlashes).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    let text = logs.text();
    let told = |line: &str| {
        line.contains("WARN")
            && line.contains("came with a slash more at its end")
            && line.contains("landing=\"/~{smart_launch}/patient\"")
    };
    assert!(text.lines().any(told), "{}", answer.url);
}

#[actix_web::test]
async fn a_landing_page_inside_another_scope_is_named_in_the_log() {
    let logs = Logs::collect();
    let answer = landed(Mistake::ScopeInAScope).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    let text = logs.text();
    let told = |line: &str| line.contains("WARN") && line.contains("not into another `web::scope`");
    assert!(text.lines().any(told), "{}", answer.url);
}
