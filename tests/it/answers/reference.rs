//! What stands on a page that says what went wrong, and in the log beside its cause.

use actix_smart_auth::pages::Reference;

use super::{callback_of, callback_refused::exchange_error};
use crate::support::{Answer, App, Browser, Logs};

/// The reference of a page, as somebody reads it out.
#[track_caller]
fn on(page: &Answer) -> Reference {
    let (_, rest) = page
        .body
        .split_once("Reference: ")
        .unwrap_or_else(|| panic!("{}", page.body));
    rest.split('<').next().unwrap().parse().unwrap()
}

/// The lines of the log that have it.
fn lines(logs: &Logs, reference: Reference) -> Vec<String> {
    let field = format!("reference={reference}");
    let text = logs.text();
    text.lines()
        .filter(|line| line.contains(&field))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn assert_cause(logs: &Logs, reference: Reference, cause: &str, code: &str) {
    let lines = lines(logs, reference);
    assert!(lines.iter().any(|line| line.contains(cause)), "{lines:#?}");
    let answered = lines
        .iter()
        .filter(|line| line.contains("a request was answered with what went wrong"));
    let answered: Vec<_> = answered.collect();
    assert_eq!(answered.len(), 1, "{lines:#?}");
    assert!(answered[0].contains(&format!("code=\"{code}\"")), "{answered:?}");
}

#[actix_web::test]
async fn the_page_of_a_launch_that_was_refused_leads_to_its_cause_in_the_log() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let page = browser
        .get(&app.url("/auth/launch?iss=https://unheard-of.example"))
        .await;
    assert_cause(&logs, on(&page), "unheard-of.example", "unknown-ehr");
    let again = browser
        .get(&app.url("/auth/launch?iss=https://unheard-of.example"))
        .await;
    assert_ne!(on(&page), on(&again));
}

/// The cause is found on another thread than the one that answers.
#[actix_web::test]
async fn the_page_of_a_code_that_was_not_taken_leads_to_what_the_ehr_wrote() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    exchange_error(&app, 400, "invalid_grant", "the marker of this test");
    let page = browser.get(&callback_of(&app, &browser).await).await;
    assert_cause(&logs, on(&page), "the marker of this test", "code-refused");
}

#[actix_web::test]
async fn a_script_gets_the_reference_in_its_problem() {
    let (logs, app) = (Logs::collect(), App::start());
    let problem = Browser::new()
        .api(&app.url("/~AAAAAAAAAAAAAAAAAAAAAA/patient"))
        .await
        .json();
    let reference: Reference = problem["reference"].as_str().unwrap().parse().unwrap();
    assert_cause(&logs, reference, "no-launch", "no-launch");
}

#[actix_web::test]
async fn in_a_flood_the_log_has_the_references_of_the_first_ten_pages_and_says_that_it_leaves_out_others() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let mut found = Vec::new();
    for _ in 0..13 {
        // A form is never sent on to sign in.
        let page = browser.post(&app.url("/~AAAAAAAAAAAAAAAAAAAAAA/patient")).await;
        let lines = lines(&logs, on(&page));
        found.push(
            lines
                .iter()
                .any(|line| line.contains("a request was answered with what went wrong")),
        );
    }
    assert_eq!(found, [[true; 10].as_slice(), &[false; 3]].concat());
    assert!(logs.text().contains("repetitions are not logged for up to 10 s"));
}

#[actix_web::test]
async fn a_page_that_asks_or_confirms_has_no_reference() {
    let (app, browser) = (App::start(), Browser::new());
    let iss = app.sandbox.fhir_base_url();
    let question = browser.get(&app.url(&format!("/auth/launch?iss={iss}"))).await;
    assert_eq!(question.status, 200, "{}", question.body);
    assert!(!question.body.contains("Reference"), "{}", question.body);
}
