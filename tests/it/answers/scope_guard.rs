//! `RequireScope` and `SmartSession::require_scopes`: 403 where the EHR granted too little.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_smart_auth::{Patient, RequireScope, SmartSession, error::InsufficientScope};
use actix_web::{HttpResponse, web};

use super::{assert_page, assert_problem, assert_redirect, beside, launched};
use crate::support::{App, Browser, DUE};

const TITLE: &str = "This page needs access that was not given";

static RUNS: AtomicUsize = AtomicUsize::new(0);

fn routes(app: &mut web::ServiceConfig) {
    let guard = |scopes| RequireScope::new(scopes).unwrap();
    app.service(
        web::scope("/~{smart_launch}/labs")
            .wrap(guard("patient/Observation.rs?category=laboratory"))
            .route(
                "/page",
                web::get().to(|patient: Patient| async move { patient.id().to_owned() }),
            )
            .service(
                web::resource("/order")
                    .wrap(guard("patient/ServiceRequest.c patient/Observation.r"))
                    .get(count)
                    .post(count),
            ),
    )
    .service(
        web::resource("/~{smart_launch}/write")
            .wrap(guard("patient/Observation.cud"))
            .to(count),
    )
    .route("/~{smart_launch}/method/{letters}", web::get().to(method));
}

async fn count() -> String {
    format!("run {}", RUNS.fetch_add(1, Ordering::SeqCst) + 1)
}

async fn method(session: SmartSession, path: web::Path<(String, String)>) -> Result<HttpResponse, InsufficientScope> {
    let (_, letters) = path.into_inner();
    session.require_scopes(&format!("patient/Observation.{letters}"))?;
    Ok(HttpResponse::Ok().body("allowed"))
}

#[actix_web::test]
async fn guarded_handlers_run_only_with_the_scopes_that_they_need() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    // `patient/*.rs` was granted.
    assert_eq!(
        browser.get(&beside(&landing, "/labs/page")).await.body,
        "amber-testwood"
    );
    assert_eq!(
        browser.api(&beside(&landing, "/labs/page")).await.body,
        "amber-testwood"
    );

    let order = beside(&landing, "/labs/order");
    let page = browser.get(&order).await;
    assert_page(
        &page,
        403,
        "insufficient-scope",
        TITLE,
        "<li>add the patient's orders and referrals</li>\n</ul>\n<p>This page needs that access. Other pages of the application \
         still work.",
    );
    assert!(
        page.body.contains("Not granted: patient/ServiceRequest.c<"),
        "{}",
        page.body
    );
    assert_eq!(page.header("www-authenticate"), "");
    assert!(
        page.body.contains("<a class=\"action\" href=\"/auth/launch?return_to="),
        "no way on: {}",
        page.body
    );
    assert!(page.body.contains(">Start again</a>"), "{}", page.body);

    let answer = browser.api(&order).await;
    let problem = assert_problem(&answer, 403, "insufficient-scope", TITLE);
    assert_eq!(problem["error"], "insufficient_scope");
    assert_eq!(problem["missing_scopes"], "patient/ServiceRequest.c");
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer error="insufficient_scope", scope="patient/ServiceRequest.c patient/Observation.r""#
    );

    let form = browser.post(&order).await;
    assert_page(
        &form,
        403,
        "insufficient-scope",
        TITLE,
        "What you entered was not saved.",
    );
    assert_eq!(browser.api(&beside(&landing, "/write")).await.status, 403);
    assert_eq!(RUNS.load(Ordering::SeqCst), 0, "no handler ran");
    assert_eq!(browser.get(&landing).await.status, 200, "the launch stays open");
}

#[actix_web::test]
async fn a_page_names_what_the_launch_had_requested_and_a_launch_from_the_ehr_is_opened_there_again() {
    let app = App::builder()
        .routes(routes)
        .ehr(|ehr| ehr.scopes("openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs"))
        .start();
    app.sandbox
        .set_token_response_field("scope", "openid fhirUser launch launch/patient patient/Patient.rs");
    let browser = Browser::new();
    let landing = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    let page = browser.get(&beside(&landing.url, "/method/s")).await;
    let next = "Other pages of the application still work. If you were asked what to allow, please open the application again \
                from the patient's chart and allow it.";
    assert_page(&page, 403, "insufficient-scope", TITLE, next);
    assert!(!page.body.contains("Start again"), "{}", page.body);
    assert!(
        page.body.contains("Not granted: patient/Observation.rs<"),
        "{}",
        page.body
    );
    let problem = browser.api(&beside(&landing.url, "/method/s")).await.json();
    assert_eq!(problem["missing_scopes"], "patient/Observation.s");
}

#[actix_web::test]
async fn a_scope_guard_asks_for_the_launch_first() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let nobody = app.url("/~AAAAAAAAAAAAAAAAAAAAAA/labs/page");
    assert_redirect(
        &browser.get(&nobody).await,
        "/auth/launch?return_to=%2F%7EAAAAAAAAAAAAAAAAAAAAAA%2Flabs%2Fpage",
    );
    let answer = browser.api(&nobody).await;
    assert_problem(&answer, 401, "no-launch", "You are not signed in here");
    assert_eq!(answer.header("www-authenticate"), "");
}

#[actix_web::test]
async fn a_scope_guard_looks_at_what_is_granted_after_a_refresh() {
    let app = App::builder()
        .routes(routes)
        .sandbox(|sandbox| sandbox.refresh_response_field("scope", "patient/Observation.rs?category=vital-signs"))
        .start();
    let browser = Browser::new();
    let labs = beside(&launched(&app, &browser).await, "/labs/page");
    assert_eq!(browser.get(&labs).await.status, 200);
    app.advance(DUE);
    let problem = browser.api(&labs).await.json();
    assert_eq!(app.refreshes(), 1);
    assert_eq!(problem["missing_scopes"], "patient/Observation.rs?category=laboratory");
}

#[actix_web::test]
async fn a_handler_can_require_scopes_itself() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    assert_eq!(browser.get(&beside(&landing, "/method/rs")).await.body, "allowed");
    assert_eq!(browser.get(&beside(&landing, "/method/read")).await.body, "allowed");
    let page = browser.get(&beside(&landing, "/method/cr")).await;
    assert_page(&page, 403, "insufficient-scope", TITLE, "measurements and results");
    assert_eq!(page.header("www-authenticate"), "");
    let answer = browser.api(&beside(&landing, "/method/cr")).await;
    let problem = assert_problem(&answer, 403, "insufficient-scope", TITLE);
    assert_eq!(problem["error"], "insufficient_scope");
    assert_eq!(problem["missing_scopes"], "patient/Observation.cr");
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer error="insufficient_scope", scope="patient/Observation.cr""#
    );
    // Misspelled: nobody grants it. What cannot stand in the challenge is left out of it.
    let answer = browser.api(&beside(&landing, "/method/sr%22")).await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer error="insufficient_scope""#
    );
}
