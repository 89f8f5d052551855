//! `SmartGuard`: no handler below it runs without a launch and a usable token.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_smart_auth::{Patient, SmartGuard, SmartSession};
use actix_web::web;
use awc::http::Method;

use super::{assert_page, assert_problem, assert_redirect, beside, launched};
use crate::support::{App, Browser};

static RUNS: AtomicUsize = AtomicUsize::new(0);

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        web::scope("/~{smart_launch}/safe")
            .wrap(SmartGuard::new())
            .route("/count", web::get().to(count))
            .route("/count", web::post().to(count))
            .route(
                "/patient",
                web::get().to(|patient: Patient, session: SmartSession| async move {
                    format!("{} {:?}", patient.id(), session.patient())
                }),
            )
            .service(
                web::resource("/deep/{id}").to(|id: web::Path<(String, String)>| async move { id.into_inner().1 }),
            ),
    );
}

async fn count() -> String {
    format!("run {}", RUNS.fetch_add(1, Ordering::SeqCst) + 1)
}

#[actix_web::test]
async fn guarded_handlers_do_not_run_without_a_launch_and_a_fresh_token() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let title = "You are not signed in here";
    let nobody = app.url("/~AAAAAAAAAAAAAAAAAAAAAA/safe/count?page=2");
    assert_redirect(
        &browser.get(&nobody).await,
        "/auth/launch?return_to=%2F%7EAAAAAAAAAAAAAAAAAAAAAA%2Fsafe%2Fcount%3Fpage%3D2",
    );
    assert_problem(&browser.api(&nobody).await, 401, "no-launch", title);
    assert_page(
        &browser.post(&nobody).await,
        401,
        "no-launch",
        title,
        "What you entered was not saved.",
    );
    assert_eq!(browser.send(Method::HEAD, &nobody, &[], None).await.status, 401);
    assert_eq!(RUNS.load(Ordering::SeqCst), 0);

    let back = browser.get(&nobody).await.location().to_owned();
    let page = browser.navigate(&app.url(&back)).await;
    let own = page.url.replace("/patient", "/safe/count?page=2");
    assert_eq!(browser.get(&own).await.body, "run 1");
    assert_eq!(browser.post(&own).await.body, "run 2");
    assert_eq!(browser.api(&own).await.body, "run 3");

    app.advance(3600 - 200);
    assert_eq!(browser.get(&own).await.body, "run 4");
    assert_eq!(app.refreshes(), 1, "refreshed before the handler ran");

    app.sandbox.revoke_everything();
    app.advance(3600 - 30);
    assert_problem(
        &browser.api(&own).await,
        401,
        "ehr-session-ended",
        "Your session has ended",
    );
    assert_eq!(browser.post(&own).await.status, 401);
    assert_eq!(RUNS.load(Ordering::SeqCst), 4);
}

#[actix_web::test]
async fn guarded_routes_have_their_own_parameters_and_extractors() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let patient = browser.get(&beside(&landing, "/safe/patient")).await;
    assert_eq!(patient.body, "amber-testwood Some(\"amber-testwood\")");
    assert_eq!(browser.get(&beside(&landing, "/safe/deep/42")).await.body, "42");
    assert_eq!(browser.get(&beside(&landing, "/safe/nothing")).await.status, 404);
}
