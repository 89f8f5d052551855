//! Rows: `Patient` asked for, none in context; caching.

use actix_smart_auth::{LaunchContext, Patient, SmartSession, SmartSessionError};
use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::{assert_page, assert_problem, beside, launched};
use crate::support::{App, Browser, Logs};

fn routes(app: &mut web::ServiceConfig) {
    app.route(
        "/own-cache",
        web::get().to(|| async { HttpResponse::Ok().insert_header(("cache-control", "public")).finish() }),
    )
    .service(
        web::scope("/~{smart_launch}/x")
            .route(
                "/cached",
                web::get().to(|_: SmartSession| async {
                    HttpResponse::Ok()
                        .insert_header(("cache-control", "private, max-age=60"))
                        .finish()
                }),
            )
            .route(
                "/shared",
                web::get().to(|_: SmartSession| async {
                    HttpResponse::Ok()
                        .insert_header(("cross-origin-resource-policy", "same-site"))
                        .finish()
                }),
            )
            .route(
                "/context",
                web::get().to(|context: LaunchContext| async move { format!("{:?}", context.patient()) }),
            )
            .route(
                "/optional-patient",
                web::get().to(|patient: Option<Patient>| async move {
                    patient.map_or_else(|| "no patient".to_owned(), |patient| patient.reference())
                }),
            )
            .route(
                "/failing",
                web::get().to(|_: SmartSession| async { HttpResponse::InternalServerError().finish() }),
            )
            .route("/policy/{policy}", web::get().to(policy))
            .route(
                "/no-frame",
                web::get().to(|_: SmartSession| async {
                    HttpResponse::Ok().insert_header(("x-frame-options", "DENY")).finish()
                }),
            )
            .route("/maybe-patient", web::get().to(maybe_patient))
            .route("/without", web::get().to(|| async { "no launch asked for" })),
    );
}

async fn policy(_: SmartSession, path: web::Path<(String, String)>) -> HttpResponse {
    let (_, policy) = path.into_inner();
    HttpResponse::Ok().insert_header((POLICY, policy)).finish()
}

async fn maybe_patient(patient: Result<Patient, SmartSessionError>) -> String {
    match patient {
        Ok(patient) => patient.reference(),
        Err(error) => format!("{error}; absent: {}", error.is_absent()),
    }
}

#[actix_web::test]
async fn patient_missing_in_context_is_403_and_says_so() {
    let logs = Logs::collect();
    let app = App::builder()
        .sandbox(|sandbox| sandbox.token_response_field("patient", Value::Null))
        .routes(routes)
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let title = "No patient is selected";
    let sentence = "This page needs a patient, and your health record system named none. Please start again and choose a patient, or open \
                    the application from the chart that you need.";
    assert_page(&page, 403, "no-patient", title, sentence);
    assert!(
        page.body.contains("Start again</a>") && page.body.contains("/auth/launch"),
        "{}",
        page.body
    );
    // From a chart there is nothing to choose.
    let of_ehr = Browser::new();
    let page_of_ehr = of_ehr.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    assert_page(
        &page_of_ehr,
        403,
        "no-patient",
        title,
        "Please open the application again from the chart that you need.",
    );
    assert!(!page_of_ehr.body.contains("/auth/launch"), "{}", page_of_ehr.body);
    assert_problem(&browser.api(&page.url).await, 403, "no-patient", title);
    let form = browser.post(&page.url).await;
    assert_page(
        &form,
        403,
        "no-patient",
        title,
        "What you entered was not saved. This page needs a patient",
    );
    let text = logs.text();
    let told = |line: &str| line.contains("WARN") && line.contains("hint=\"request the scope `launch/patient`");
    assert!(
        text.lines()
            .filter(|line| line.contains("no patient in context"))
            .all(told)
            && text.contains("no patient in context"),
        "the log says what to do"
    );
    // The launch is open all the same.
    assert_eq!(browser.get(&beside(&page.url, "/optional")).await.body, "patient None");
    assert_eq!(
        browser.get(&beside(&page.url, "/x/optional-patient")).await.body,
        "no patient"
    );
    assert_eq!(browser.get(&beside(&page.url, "/x/context")).await.body, "None");
    let maybe = browser.get(&beside(&page.url, "/x/maybe-patient")).await;
    assert_eq!(maybe.body, "the launch has no patient in context; absent: false");
}

#[actix_web::test]
async fn encounter_missing_in_context_is_403_and_says_so() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let url = beside(&landing, "/encounter");
    let title = "No visit is selected";
    assert_page(
        &browser.get(&url).await,
        403,
        "no-encounter",
        title,
        "This page needs a visit (encounter)",
    );
    assert_problem(&browser.api(&url).await, 403, "no-encounter", title);
    let page = browser
        .navigate(&app.ehr_launch_url("amber-testwood", Some("visit-7")))
        .await;
    assert_eq!(
        browser.get(&beside(&page.url, "/encounter")).await.body,
        "encounter visit-7"
    );
    assert_eq!(
        browser.get(&beside(&page.url, "/two")).await.body,
        "amber-testwood Some(\"amber-testwood\") Some(\"visit-7\")"
    );
}

#[actix_web::test]
async fn answers_that_used_a_launch_are_not_stored_unless_the_handler_says_otherwise_of_what_is_no_page() {
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for (url, expected) in [
        (landing.clone(), "no-store"),
        (beside(&landing, "/x/cached"), "private, max-age=60"),
        (beside(&landing, "/x/failing"), "no-store"),
        (beside(&landing, "/x/context"), "no-store"),
        (beside(&landing, "/optional"), "no-store"),
        (beside(&landing, "/guarded/page"), "no-store"),
        (beside(&landing, "/x/without"), ""),
        (app.url("/plain"), ""),
        (app.url("/own-cache"), "public"),
    ] {
        // What a person navigates to comes back with *Back*, whatever kind it is.
        let of_page = match expected {
            "private, max-age=60" => "private, max-age=60, no-store",
            other => other,
        };
        for (answer, expected) in [(browser.get(&url).await, of_page), (browser.api(&url).await, expected)] {
            assert_eq!(
                answer.headers.get_all("cache-control").count(),
                usize::from(!expected.is_empty()),
                "{url}"
            );
            assert_eq!(answer.header("cache-control"), expected, "{url}");
            assert!(answer.set_cookies().is_empty(), "{url}: a launch cookie is set once");
        }
    }
}

#[actix_web::test]
async fn answers_that_used_a_launch_are_not_embedded_by_other_sites_unless_the_handler_says_otherwise() {
    const CORP: &str = "cross-origin-resource-policy";
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for (url, expected) in [
        (landing.clone(), "same-origin"),
        (beside(&landing, "/x/cached"), "same-origin"),
        (beside(&landing, "/x/shared"), "same-site"),
        (beside(&landing, "/x/failing"), "same-origin"),
        (beside(&landing, "/guarded/page"), "same-origin"),
        (beside(&landing, "/x/without"), ""),
        (app.url("/plain"), ""),
    ] {
        let answer = browser.get(&url).await;
        assert_eq!(answer.header(CORP), expected, "{url}");
        let headers = usize::from(!expected.is_empty());
        assert_eq!(answer.headers.get_all(CORP).count(), headers, "{url}");
    }

    let app = App::builder().config(|config| config.danger_allow_cross_site()).start();
    let landing = launched(&app, &browser).await;
    let answer = browser.get(&landing).await;
    assert_eq!((answer.header(CORP), answer.header("cache-control")), ("", "no-store"));
    assert_eq!(answer.header(POLICY), "");
}

const POLICY: &str = "content-security-policy";

#[actix_web::test]
async fn answers_that_used_a_launch_are_not_framed_by_other_sites_unless_the_handler_says_otherwise() {
    let policies = |answer: &crate::support::Answer| -> Vec<String> {
        let policies = answer.headers.get_all(POLICY);
        policies.map(|policy| policy.to_str().unwrap().to_owned()).collect()
    };
    let ours = "frame-ancestors 'self'";
    let app = App::builder().routes(routes).start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    for (url, expected) in [
        (landing.clone(), vec![ours]),
        (beside(&landing, "/x/failing"), vec![ours]),
        (beside(&landing, "/guarded/page"), vec![ours]),
        (
            beside(&landing, "/x/policy/default-src%20'self'"),
            vec!["default-src 'self'", ours],
        ),
        (
            beside(&landing, "/x/policy/img-src%20*;%20Frame-Ancestors%20https:"),
            vec!["img-src *; Frame-Ancestors https:"],
        ),
        (beside(&landing, "/x/no-frame"), vec![]),
        (beside(&landing, "/x/without"), vec![]),
        (app.url("/plain"), vec![]),
    ] {
        assert_eq!(policies(&browser.get(&url).await), expected, "{url}");
    }
    let app = App::builder()
        .config(|config| config.frame_ancestor("https://ehr.example"))
        .start();
    let landing = launched(&app, &browser).await;
    let ours = "frame-ancestors 'self' https://ehr.example";
    assert_eq!(policies(&browser.get(&landing).await), [ours]);
}
