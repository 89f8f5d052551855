//! A handler passes on the error of a FHIR request with `?`: a person gets a page, a script problem+json.

use actix_smart_auth::{
    EndReason, Patient, SmartSession,
    error::{InsufficientScope, LaunchError},
    fhir::FhirError,
    sandbox::{Fault, FaultPoint, Times, When},
};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    cookie::Cookie,
    http::{StatusCode, header},
    middleware::{ErrorHandlerResponse, ErrorHandlers},
    web,
};
use serde_json::Value;

use super::{assert_page, assert_problem, assert_retry_after, beside, launched};
use crate::support::{App, Browser, Logs};

fn routes(app: &mut web::ServiceConfig) {
    app.route("/~{smart_launch}/record", web::get().to(record))
        .route("/~{smart_launch}/record", web::post().to(record))
        .route("/~{smart_launch}/own", web::get().to(own))
        .route("/~{smart_launch}/conditions", web::get().to(conditions))
        .route("/~{smart_launch}/scopes", web::get().to(scopes))
        .route("/~{smart_launch}/of-another-launch", web::get().to(of_another_launch))
        .route(
            "/of-another-launch",
            web::get().to(|| async { of_a_launch_that_ended() }),
        )
        .route("/~{smart_launch}/after-the-end", web::get().to(after_the_end))
        .route("/~{smart_launch}/after-the-end", web::post().to(after_the_end))
        .service(
            web::resource("/~{smart_launch}/with-a-cookie")
                .wrap(ErrorHandlers::new().handler(StatusCode::NOT_FOUND, |mut answer| {
                    answer
                        .response_mut()
                        .add_cookie(&Cookie::new("theirs", "kept"))
                        .unwrap();
                    let vary = header::HeaderValue::from_static("Origin");
                    answer.headers_mut().append(header::VARY, vary);
                    Ok(ErrorHandlerResponse::Response(answer.map_into_left_body()))
                }))
                .get(record),
        )
        .service(
            web::resource("/~{smart_launch}/replaced")
                .wrap(ErrorHandlers::new().handler(StatusCode::NOT_FOUND, |answer| {
                    let own = HttpResponse::NotFound().body("the application's own words");
                    Ok(ErrorHandlerResponse::Response(
                        answer.into_response(own).map_into_right_body(),
                    ))
                }))
                .get(record),
        );
}

async fn record(patient: Patient) -> Result<web::Json<Value>, FhirError> {
    Ok(web::Json(patient.session().fhir().read("Patient", patient.id()).await?))
}

async fn conditions(session: SmartSession) -> actix_web::Result<web::Json<Vec<Value>>> {
    Ok(web::Json(session.fhir().search("Condition").all(10).await?))
}

async fn scopes(session: SmartSession) -> Result<&'static str, InsufficientScope> {
    session.require_scopes("patient/Condition.rs")?;
    Ok("enough")
}

async fn after_the_end(session: SmartSession) -> Result<&'static str, LaunchError> {
    session.end().await?;
    session.current_token().await?;
    Ok("still open")
}

/// What `resume` of another launch's handle would say.
async fn of_another_launch(_: SmartSession, request: HttpRequest) -> Result<&'static str, LaunchError> {
    match request.query_string() {
        "unknown" => Err(LaunchError::NotFound),
        _ => of_a_launch_that_ended(),
    }
}

fn of_a_launch_that_ended() -> Result<&'static str, LaunchError> {
    Err(LaunchError::Ended(EndReason::OtherUser))
}

/// An application's error.
#[derive(Debug)]
struct Own(FhirError);

impl std::fmt::Display for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Own {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.0.error_response()
    }
}

async fn own(patient: Patient) -> Result<web::Json<Value>, Own> {
    record(patient).await.map_err(Own)
}

fn inject(app: &App, fault: Fault) {
    app.sandbox.inject(FaultPoint::Fhir, When::Before, fault, Times::Once);
}

const NOT_FOUND: Fault = Fault::OperationOutcome { status: 404 };
const TITLE: &str = "The page or entry was not found";

#[actix_web::test]
async fn a_person_gets_a_page_and_a_script_problem_json_of_every_kind_of_failure() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let url = beside(&landing, "/record");
    assert_eq!(browser.api(&url).await.json()["id"], "amber-testwood");
    for (fault, status, code, title) in [
        (NOT_FOUND, 404, "record-not-found", TITLE),
        (
            Fault::OperationOutcome { status: 403 },
            403,
            "record-refused",
            "This part of the record is not accessible",
        ),
        (
            Fault::OperationOutcome { status: 412 },
            409,
            "record-changed",
            "The record has changed in the meantime",
        ),
        (
            Fault::Unavailable {
                retry_after: Some("70".to_owned()),
            },
            503,
            "ehr-unavailable",
            "Please try again shortly",
        ),
        (
            Fault::HtmlBody { status: 200 },
            502,
            "ehr-error",
            "Your health record system gave an answer that cannot be used",
        ),
    ] {
        inject(&app, fault.clone());
        let page = browser.get(&url).await;
        assert_page(&page, status, code, title, "");
        inject(&app, fault.clone());
        let problem = browser.api(&url).await;
        assert_problem(&problem, status, code, title);
        for answer in [&page, &problem] {
            assert!(!answer.body.contains("amber-testwood"), "{}", answer.body);
            match status {
                503 => assert_retry_after(answer, 70..=70),
                _ => assert_eq!(answer.header("retry-after"), ""),
            }
        }
        inject(&app, fault);
        let form = browser.post_only(&url).await;
        let look = match status {
            409 => "Please open it again, look at what it says now, and enter your change only if it is missing.",
            503 => "Wait a little, then look in the record before you enter it again.",
            _ => "Please look in the record before you enter it again.",
        };
        let unsure = "It is not certain whether what you entered was saved.";
        let title = match status {
            503 => "Please check before you enter it again",
            _ => title,
        };
        for sentence in [unsure, look] {
            assert_page(&form, status, code, title, sentence);
        }
        assert_eq!(form.body.matches(unsure).count(), 1, "{}", form.body);
        for repeats in ["make your change there", "then try again"] {
            assert!(!form.body.contains(repeats), "{}", form.body);
        }
        assert!(!page.body.contains(unsure), "{}", page.body);
    }
}

#[actix_web::test]
async fn the_reference_on_the_page_leads_to_the_cause_and_the_answer_is_logged_once() {
    let logs = Logs::collect();
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let url = beside(&launched(&app, &browser).await, "/record");
    inject(&app, Fault::OperationOutcome { status: 403 });
    let page = browser.get(&url).await;
    inject(&app, Fault::OperationOutcome { status: 403 });
    let problem = browser.api(&url).await.json();
    let on_page = page
        .body
        .split_once("Reference: ")
        .unwrap()
        .1
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    for reference in [on_page.as_str(), problem["reference"].as_str().unwrap()] {
        let text = logs.text();
        let field = format!("reference={reference}");
        let lines: Vec<_> = text.lines().filter(|line| line.contains(&field)).collect();
        let with = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
        assert_eq!(with("a FHIR request of a handler gave nothing"), 1, "{lines:#?}");
        assert_eq!(with("a request was answered with what went wrong"), 1, "{lines:#?}");
        assert!(with("status 403") > 0, "{lines:#?}");
    }
}

#[actix_web::test]
async fn an_error_of_the_applications_own_that_passes_ours_on_answers_like_it() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let url = beside(&launched(&app, &browser).await, "/own");
    inject(&app, NOT_FOUND);
    assert_page(&browser.get(&url).await, 404, "record-not-found", TITLE, "");
    inject(&app, NOT_FOUND);
    assert_problem(&browser.api(&url).await, 404, "record-not-found", TITLE);
}

#[actix_web::test]
async fn what_the_application_made_of_the_answer_stays_and_so_do_its_cookies() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    inject(&app, NOT_FOUND);
    let answer = browser.get(&beside(&landing, "/replaced")).await;
    assert_eq!((answer.status, &*answer.body), (404, "the application's own words"));
    inject(&app, NOT_FOUND);
    let answer = browser.get(&beside(&landing, "/with-a-cookie")).await;
    assert_page(&answer, 404, "record-not-found", TITLE, "");
    assert!(
        answer
            .set_cookies()
            .iter()
            .any(|cookie| cookie.starts_with("theirs=kept"))
    );
    let vary: Vec<_> = answer.headers.get_all(header::VARY.as_str()).collect();
    assert_eq!(vary, ["Origin", "Accept-Language"]);
}

#[actix_web::test]
async fn scopes_that_are_missing_are_named_in_plain_words_to_a_person_and_by_a_challenge_to_a_script() {
    let app = App::builder()
        .routes(routes)
        .ehr(|ehr| ehr.scopes("launch/patient patient/Patient.rs offline_access"))
        .start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let title = "This page needs access that was not given";
    for path in ["/conditions", "/scopes"] {
        let url = beside(&landing, path);
        assert_page(
            &browser.get(&url).await,
            403,
            "insufficient-scope",
            title,
            "problems and diagnoses",
        );
        let answer = browser.api(&url).await;
        let problem = assert_problem(&answer, 403, "insufficient-scope", title);
        assert_eq!(problem["error"], "insufficient_scope");
        assert!(
            answer
                .header(header::WWW_AUTHENTICATE.as_str())
                .contains("patient/Condition"),
            "{:?}",
            answer.headers
        );
    }
}

#[actix_web::test]
async fn a_launch_that_ends_while_a_handler_runs_answers_as_one_that_had_ended_before() {
    let logs = Logs::collect();
    let app = App::builder().routes(routes).start();
    for script in [true, false] {
        let browser = Browser::new();
        let url = beside(&launched(&app, &browser).await, "/after-the-end");
        let title = "You have signed out";
        if script {
            let problem = assert_problem(&browser.api(&url).await, 401, "signed-out", title);
            assert!(
                problem["launch_url"]
                    .as_str()
                    .is_some_and(|url| url.starts_with("/auth/launch")),
                "{problem}"
            );
        } else {
            let page = browser.get(&url).await;
            assert_page(&page, 401, "signed-out", title, "start again");
            assert!(
                page.header("clear-site-data").contains("prefetchCache"),
                "{:?}",
                page.headers
            );
        }
    }
    assert!(!logs.text().contains("amber-testwood"));
}

#[actix_web::test]
async fn that_another_launch_is_not_open_sends_nobody_to_a_new_sign_in_and_keeps_the_launch_of_the_request() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let title = "Something went wrong";
    for url in [
        beside(&landing, "/of-another-launch?unknown"),
        beside(&landing, "/of-another-launch?ended"),
        app.url("/of-another-launch"),
    ] {
        let page = browser.get(&url).await;
        assert_page(
            &page,
            500,
            "internal",
            title,
            "If it happens again, please tell the support team of this application.",
        );
        assert_eq!(page.header("clear-site-data"), "");
        let problem = assert_problem(&browser.api(&url).await, 500, "internal", title);
        assert!(problem.get("launch_url").is_none(), "{problem}");
    }
    assert_eq!(browser.get(&landing).await.status, 200);
}
