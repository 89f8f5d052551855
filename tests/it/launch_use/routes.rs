//! What resources, scopes, the App and a request's header say.

use actix_smart_auth::{LAUNCH_USE_HEADER, LaunchUse, Patient, SmartSession};
use actix_web::web;

use super::{IDLE, ask, counts, opened};
use crate::support::{App, Browser, DUE};

async fn page(session: SmartSession) -> String {
    format!("{:?}", session.launch_use())
}

async fn of(patient: Patient) -> String {
    patient.id().to_owned()
}

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/~{smart_launch}/poll")
            .app_data(LaunchUse::DoesNotCount)
            .get(of),
    )
    .service(web::resource("/~{smart_launch}/page").get(page))
    .service(
        web::scope("/~{smart_launch}/quiet")
            .app_data(LaunchUse::DoesNotCount)
            .route("/poll", web::get().to(page))
            .service(web::resource("/page").app_data(LaunchUse::Counts).get(page)),
    )
    .service(
        // Not the plain value, so nobody reads it.
        web::resource("/~{smart_launch}/wrapped")
            .app_data(web::Data::new(LaunchUse::DoesNotCount))
            .get(page),
    );
}

fn quiet_app(app: &mut web::ServiceConfig) {
    app.app_data(LaunchUse::DoesNotCount);
    routes(app);
}

#[actix_web::test]
async fn a_poll_that_does_not_count_lets_a_launch_end_to_the_second() {
    let opened = opened(routes).await;
    for _ in 0..59 {
        opened.app.advance(10);
        assert_eq!(ask(&opened.browser, &opened.url("/poll")).await, 200);
    }
    opened.app.advance(9);
    assert_eq!(
        ask(&opened.browser, &opened.url("/poll")).await,
        200,
        "one second before"
    );
    opened.app.advance(1);
    let ended = opened.browser.api(&opened.url("/poll")).await;
    assert_eq!((ended.status, ended.json()["code"].as_str()), (401, Some("idle")));
}

#[actix_web::test]
async fn a_use_between_two_polls_counts_from_its_own_moment() {
    let opened = opened(routes).await;
    opened.app.advance(300);
    assert_eq!(ask(&opened.browser, &opened.url("/page")).await, 200);
    opened.app.advance(IDLE - 1);
    assert_eq!(ask(&opened.browser, &opened.url("/poll")).await, 200);
    opened.app.advance(1);
    assert_eq!(ask(&opened.browser, &opened.url("/poll")).await, 401);
}

#[actix_web::test]
async fn the_innermost_value_decides() {
    for (path, expected) in [
        ("/poll", false),
        ("/page", true),
        ("/quiet/poll", false),
        ("/quiet/page", true),
        ("/wrapped", true),
        ("/patient", true),
    ] {
        assert_eq!(counts(routes, path, &[]).await, expected, "{path}");
    }
    assert!(
        !counts(quiet_app, "/page", &[]).await,
        "the App's value holds for the rest"
    );
    assert!(counts(quiet_app, "/quiet/page", &[]).await);
}

#[actix_web::test]
async fn a_script_says_it_with_a_header_which_can_only_take_away() {
    for (value, expected) in [("none", false), ("NONE", false), ("no", true), ("counts", true)] {
        let headers = [(LAUNCH_USE_HEADER, value)];
        assert_eq!(counts(routes, "/page", &headers).await, expected, "{value}");
        assert!(!counts(routes, "/poll", &headers).await, "{value}");
    }
}

#[actix_web::test]
async fn a_handler_knows_whether_it_counts() {
    let opened = opened(routes).await;
    let said = |path: &'static str| {
        let url = opened.url(path);
        let browser = &opened.browser;
        async move { browser.api(&url).await.body }
    };
    assert_eq!(said("/page").await, "Counts");
    assert_eq!(said("/quiet/poll").await, "DoesNotCount");
    assert_eq!(said("/quiet/page").await, "Counts");
}

#[actix_web::test]
async fn a_poll_finds_a_fresh_token_all_the_same() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let base = crate::support::open(&app, &browser).await;
    app.advance(DUE);
    assert_eq!(ask(&browser, &format!("{base}/poll")).await, 200);
    assert_eq!(app.refreshes(), 1);
    // The refresh was none either.
    app.advance(3600 - DUE - 1);
    assert_eq!(ask(&browser, &format!("{base}/poll")).await, 200);
    app.advance(1);
    assert_eq!(ask(&browser, &format!("{base}/poll")).await, 401);
}

/// A page that reloads itself must not open the chart again by itself.
#[actix_web::test]
async fn nobody_is_sent_to_a_new_launch_by_a_request_that_does_not_count() {
    let opened = opened(routes).await;
    opened.app.advance(IDLE);
    let reloaded = opened.browser.get(&opened.url("/poll")).await;
    assert_eq!((reloaded.status, reloaded.location()), (401, ""));
    assert!(reloaded.body.contains("Code: idle<"), "{}", reloaded.body);
    assert!(reloaded.body.contains(">Start again</a>"), "{}", reloaded.body);
    let opened_by_hand = opened.browser.get(&opened.url("/page")).await;
    assert_eq!(opened_by_hand.status, 303);

    opened.browser.forget("smart_launch");
    let stranger = opened.browser.get(&opened.url("/poll")).await;
    assert_eq!((stranger.status, stranger.location()), (401, ""));
    assert!(stranger.body.contains("Code: no-launch<"), "{}", stranger.body);
    assert_eq!(opened.browser.get(&opened.url("/page")).await.status, 303);
}
