//! What the browser or the caller gets: the answer table, row by row, for a document navigation, a form and an API call.

mod callback;
mod callback_refused;
mod context;
mod cross_site;
mod ended;
mod failed_inside;
mod fhir_errors;
mod forgotten;
mod frames;
mod guard;
mod hanging;
mod headers;
mod invisible;
mod language;
mod launch;
mod logout;
mod no_launch;
mod outage;
mod pages;
mod reference;
mod reloads;
mod scope_guard;
mod scope_required;
mod speculative;
mod websocket;

use actix_smart_auth::{LaunchId, sandbox::Endpoint};

use crate::support::{Answer, App, Browser};

/// Launches standalone; the address of the landing page, `…/~<launch id>/patient`.
async fn launched(app: &App, browser: &Browser) -> String {
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.url
}

/// Launches from the EHR.
async fn launched_from_ehr(app: &App, browser: &Browser) -> String {
    let page = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.url
}

/// Another page of the same launch.
fn beside(landing: &str, path: &str) -> String {
    format!("{}{path}", landing.strip_suffix("/patient").unwrap())
}

fn launch_id(landing: &str) -> LaunchId {
    let id = landing.split("/~").nth(1).unwrap().split('/').next().unwrap();
    LaunchId::parse(id).unwrap()
}

/// Up to the redirect back from the EHR, which is not opened.
async fn callback_of(app: &App, browser: &Browser) -> String {
    browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await
}

/// How many requests the sandbox has received at all.
fn requests(app: &App) -> usize {
    app.sandbox.received_requests().len()
}

/// How many of them asked for the metadata.
fn metadata_requests(app: &App) -> usize {
    let all = app.sandbox.received_requests();
    all.iter()
        .filter(|request| request.endpoint == Endpoint::Metadata)
        .count()
}

/// A page for a person, with everything that all of them have. `sentence` is a part of its text, unescaped.
#[track_caller]
fn assert_page(answer: &Answer, status: u16, code: &str, title: &str, sentence: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "strict-origin");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("script"), "{policy}");
    assert_eq!(answer.location(), "");
    assert_no_launch_cookie(answer);
    let escaped = |text: &str| text.replace('\'', "&#39;");
    let body = &answer.body;
    assert!(body.contains(&format!("<h1>{}</h1>", escaped(title))), "{body}");
    assert!(body.contains(&escaped(sentence)), "{body}");
    assert!(body.contains(&format!("Code: {code}<")), "{body}");
    assert!(!body.contains("<script"), "{body}");
}

/// What a script gets; returned for a closer look.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str, title: &str) -> serde_json::Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.location(), "");
    assert_no_launch_cookie(answer);
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code);
    assert_eq!(problem["title"], title);
    assert_eq!(problem["type"], format!("urn:actix-smart-auth:{code}"));
    assert!(
        problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')),
        "{problem}"
    );
    problem
}

#[track_caller]
fn assert_redirect(answer: &Answer, location: &str) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.location(), location);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.body, "");
}

#[track_caller]
fn assert_retry_after(answer: &Answer, range: std::ops::RangeInclusive<u64>) {
    let seconds = answer.header("retry-after").parse().unwrap();
    assert!(range.contains(&seconds), "Retry-After: {seconds}");
}

#[track_caller]
fn assert_no_launch_cookie(answer: &Answer) {
    assert_eq!(answer.launch_cookies(), Vec::<String>::new());
}

/// A link of a page to a new launch.
fn start_link(href: &str) -> String {
    format!(
        "<a class=\"action\" href=\"{}\">Start again</a>",
        href.replace('&', "&amp;")
    )
}
