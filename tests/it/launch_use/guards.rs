//! Guards, which run before the route is known.

use actix_smart_auth::{LaunchUse, RequireScope, SmartGuard, SmartSession};
use actix_web::{guard, web};

use super::{IDLE, ask, counts, opened};
use crate::support::{Op, Opened};

async fn bare() -> &'static str {
    "bare"
}

async fn asking(session: SmartSession) -> String {
    format!("{:?}", session.launch_use())
}

fn labs() -> RequireScope {
    RequireScope::new("patient/Observation.rs").unwrap()
}

fn poll(path: &str) -> actix_web::Resource {
    web::resource(path).app_data(LaunchUse::DoesNotCount)
}

fn routes(app: &mut web::ServiceConfig) {
    let quiet = LaunchUse::DoesNotCount;
    app.service(
        web::scope("/~{smart_launch}/guard")
            .wrap(SmartGuard::new())
            .service(poll("/poll").get(bare))
            .service(poll("/asking-poll/{id}").get(asking))
            .route("/page", web::get().to(bare))
            .route("/asking-page/{id}", web::get().to(asking)),
    )
    .service(
        web::scope("/~{smart_launch}/quiet-guard")
            .wrap(SmartGuard::new().launch_use(quiet))
            .route("/poll", web::get().to(bare))
            .route("/asking-poll", web::get().to(asking))
            .service(web::resource("/page").app_data(LaunchUse::Counts).get(bare)),
    )
    .service(
        web::scope("/~{smart_launch}/loud-guard")
            .app_data(quiet)
            .wrap(SmartGuard::new().launch_use(LaunchUse::Counts))
            .route("/page", web::get().to(bare)),
    )
    .service(
        web::scope("/~{smart_launch}/labs")
            .wrap(labs())
            .service(poll("/poll").wrap(labs()).get(asking))
            .service(web::resource("/quiet").wrap(labs().launch_use(quiet)).get(bare))
            .route("/page", web::get().to(bare)),
    )
    .service(
        web::scope("/~{smart_launch}/never")
            .wrap(RequireScope::new("patient/Observation.cud").unwrap())
            .route("/page", web::get().to(bare)),
    )
    .service(
        // Two routes with one pattern.
        web::scope("/~{smart_launch}/twins")
            .wrap(SmartGuard::new())
            .service(poll("/it").guard(guard::Header("x-poll", "yes")).get(bare))
            .route("/it", web::get().to(bare)),
    )
    .service(
        web::scope("/~{smart_launch}/default")
            .wrap(SmartGuard::new())
            .default_service(web::to(bare)),
    );
}

#[actix_web::test]
async fn what_a_route_says_holds_below_a_guard_from_its_first_request_on() {
    for (path, expected) in [
        ("/guard/poll", false),
        ("/guard/asking-poll/1", false),
        ("/guard/page", true),
        ("/guard/asking-page/1", true),
        ("/labs/poll", false),
        ("/labs/quiet", false),
        ("/labs/page", true),
        ("/default/whatever", true),
    ] {
        assert_eq!(counts(routes, path, &[]).await, expected, "{path}");
    }
}

#[actix_web::test]
async fn a_guard_says_it_for_what_is_below_it() {
    for (path, expected) in [
        ("/quiet-guard/poll", false),
        ("/quiet-guard/asking-poll", false),
        ("/quiet-guard/page", true),
        ("/loud-guard/page", true),
    ] {
        assert_eq!(counts(routes, path, &[]).await, expected, "{path}");
    }
    let opened = opened(routes).await;
    let said = opened.browser.api(&opened.url("/quiet-guard/asking-poll")).await;
    assert_eq!(said.body, "DoesNotCount");
}

#[actix_web::test]
async fn a_header_is_heard_by_guards() {
    for path in ["/guard/page", "/guard/asking-page/1", "/labs/page", "/loud-guard/page"] {
        assert!(!counts(routes, path, &[("smart-launch-use", "none")]).await, "{path}");
    }
}

/// How often the store is asked for the launch by a request.
async fn loads(opened: &Opened, path: &str) -> usize {
    let before = opened.store.calls(Op::Load);
    assert_eq!(ask(&opened.browser, &opened.url(path)).await, 200, "{path}");
    opened.store.calls(Op::Load) - before
}

#[actix_web::test]
async fn a_guard_costs_a_second_look_into_the_store_once_for_each_route_that_counts() {
    let opened = opened(routes).await;
    for (path, first) in [
        ("/guard/page", 2),
        ("/guard/asking-page/1", 2),
        ("/labs/page", 2),
        ("/default/1", 2),
        ("/quiet-guard/page", 2),
        ("/guard/poll", 1),
        ("/guard/asking-poll/1", 1),
        ("/labs/poll", 1),
        ("/quiet-guard/poll", 1),
    ] {
        assert_eq!(loads(&opened, path).await, first, "{path}, the first time");
        for _ in 0..3 {
            assert_eq!(loads(&opened, path).await, 1, "{path}, later");
        }
    }
    // By pattern.
    assert_eq!(loads(&opened, "/guard/asking-page/2").await, 1);
    assert_eq!(loads(&opened, "/default/2").await, 1);
    assert_eq!(loads(&opened, "/patient").await, 1, "without a guard");
}

#[actix_web::test]
async fn a_guard_knows_the_route_of_more_paths_than_it_remembers() {
    let opened = opened(routes).await;
    for id in 0..600 {
        let expected = if id == 0 { 2 } else { 1 };
        assert_eq!(
            loads(&opened, &format!("/guard/asking-page/{id}")).await,
            expected,
            "{id}"
        );
    }
    let long = format!("/guard/asking-page/{}", "x".repeat(300));
    assert_eq!(loads(&opened, &long).await, 1);
}

/// The one request of the second kind that the guard takes for one of the first may count wrongly; none after it does.
#[actix_web::test]
async fn routes_with_one_pattern_are_told_apart_once_they_have_differed() {
    let opened = opened(routes).await;
    let poll = || async {
        let headers = [("accept", "application/json"), ("x-poll", "yes")];
        let url = opened.url("/twins/it");
        let answer = opened.browser.send(awc::http::Method::GET, &url, &headers, None).await;
        answer.status
    };
    assert_eq!(ask(&opened.browser, &opened.url("/twins/it")).await, 200);
    assert_eq!(poll().await, 200);
    opened.app.advance(IDLE / 2);
    assert_eq!(poll().await, 200);
    opened.app.advance(IDLE / 2 - 1);
    assert_eq!(ask(&opened.browser, &opened.url("/twins/it")).await, 200);
    // Each that counts is loaded before its route is known, and counted after it.
    let before = opened.store.calls(Op::Load);
    assert_eq!(poll().await, 200);
    assert_eq!(opened.store.calls(Op::Load) - before, 1);
    assert_eq!(loads(&opened, "/twins/it").await, 2);
    assert_eq!(loads(&opened, "/twins/it").await, 2);
    opened.app.advance(IDLE - 1);
    assert_eq!(poll().await, 200);
    opened.app.advance(1);
    assert_eq!(poll().await, 401);
}

#[actix_web::test]
async fn a_request_that_is_refused_for_its_scopes_is_a_use_as_any_other() {
    let opened = opened(routes).await;
    for _ in 0..3 {
        opened.app.advance(IDLE - 1);
        assert_eq!(ask(&opened.browser, &opened.url("/never/page")).await, 403);
    }
    opened.app.advance(IDLE);
    assert_eq!(ask(&opened.browser, &opened.url("/never/page")).await, 401);
}

/// The guard knows it of a route that has answered here before, and of what is said at the guard or around it.
#[actix_web::test]
async fn a_guard_sends_nobody_to_a_new_launch_for_a_route_that_it_knows_not_to_count() {
    let opened = opened(routes).await;
    assert_eq!(ask(&opened.browser, &opened.url("/guard/poll")).await, 200);
    opened.app.advance(IDLE);
    for path in ["/guard/poll", "/quiet-guard/poll", "/labs/quiet"] {
        // The last one is behind another guard, which knows nothing yet.
        let expected = if path == "/labs/quiet" { 303 } else { 401 };
        let answer = opened.browser.get(&opened.url(path)).await;
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
    }
}
