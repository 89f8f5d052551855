//! What nobody sees in texts from outside (it turns the direction of others, or has no width) reaches neither a page nor
//! the log.

use actix_smart_auth::Ehr;
use serde_json::json;

use super::{
    callback_refused::{callback_with, exchange_error},
    requests,
};
use crate::support::{App, Browser, Logs};

/// `call 4321 now or never`, with an override, a zero width space, a line separator, a tag and a soft hyphen.
fn turned(marker: &str) -> String {
    format!("{marker} call \u{202E}4321\u{202C} n\u{200B}ow\u{2028}or \u{E0041}ne\u{AD}ver")
}

fn plain(marker: &str) -> String {
    format!("{marker} call 4321 now or never")
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn has_invisible(text: &str) -> bool {
    // As they are, or as a debug output writes them.
    let escapes = ["\\u{202e}", "\\u{200b}", "\\u{2028}", "\\u{e0041}", "\\u{ad}"];
    text.contains(['\u{202E}', '\u{202C}', '\u{200B}', '\u{2028}', '\u{E0041}', '\u{AD}'])
        || escapes.iter().any(|escape| text.contains(escape))
}

/// The lines of this crate that have the marker; there is at least one.
fn logged(logs: &Logs, marker: &str) -> String {
    let text = logs.text();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" actix_smart_auth::") && line.contains(marker))
        .collect();
    assert!(!lines.is_empty(), "{marker} is not in the log");
    lines.join("\n")
}

#[actix_web::test]
async fn an_explanation_of_the_ehr_is_shown_without_what_nobody_sees() {
    let app = App::start();
    for (answer, wrote) in [
        (
            format!("error=server_error&error_description={}", encoded(&turned("a"))),
            format!("server_error: “{}”", plain("a")),
        ),
        ("code=unknown".to_owned(), format!("invalid_scope: “{}”", plain("b"))),
    ] {
        let browser = Browser::new();
        exchange_error(&app, 400, "invalid_scope", &turned("b"));
        let callback = callback_with(&app, &browser, &answer).await;
        let page = browser.get(&callback).await.body;
        assert!(page.contains(&wrote) && !has_invisible(&page), "{page}");
        let problem = browser.api(&callback).await.body;
        assert!(problem.contains(&wrote) && !has_invisible(&problem), "{problem}");
    }
}

#[actix_web::test]
async fn an_iss_is_logged_without_what_nobody_sees_and_cut() {
    let (logs, app) = (Logs::collect(), App::start());
    let browser = Browser::new();
    let iss = format!(
        "https://iss-with-invisible.example/{}{}",
        turned("c"),
        "x".repeat(1_000)
    );
    for parameter in ["launch=1&iss", "ehr"] {
        let url = app.url(&format!("/auth/launch?{parameter}={}", encoded(&iss)));
        let page = browser.get(&url).await;
        assert_eq!((page.status, has_invisible(&page.body)), (400, false), "{}", page.body);
    }
    let lines = logged(&logs, "iss-with-invisible");
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains(&plain("c")) && !has_invisible(&lines), "{lines}");
    assert!(
        lines.contains(&"x".repeat(200)) && !lines.contains(&"x".repeat(300)),
        "{lines}"
    );
}

#[actix_web::test]
async fn an_iss_with_something_invisible_is_not_the_registered_one() {
    let app = App::start();
    let iss = format!("{}\u{200B}", app.sandbox.fhir_base_url());
    let url = app.url(&format!("/auth/launch?launch=1&iss={}", encoded(&iss)));
    assert_eq!(Browser::new().get(&url).await.status, 400);
    assert_eq!(requests(&app), 0);
}

#[actix_web::test]
async fn what_is_wrong_with_metadata_is_logged_without_what_it_says() {
    let logs = Logs::collect();
    let mut capabilities = vec![turned("capability-1"), format!("capability-2 {}", "y".repeat(1_000))];
    capabilities.extend((0..1_000).map(|number| format!("invented capability {number}")));
    let app = App::builder()
        .sandbox(|sandbox| {
            sandbox
                .metadata_field("capabilities", json!(capabilities))
                .metadata_field("code_challenge_methods_supported", json!([turned("capability-3")]))
        })
        .start();
    assert_eq!(Browser::new().get(&app.url("/auth/launch")).await.status, 303);
    let line = logged(&logs, "does not list `S256`");
    assert!(line.contains("does not follow SMART App Launch 2.2"), "{line}");
    assert!(!line.contains("capability-") && !line.contains("invented"), "{line}");
    assert!(!has_invisible(&line) && line.len() < 1_000, "{line}");
}

#[actix_web::test]
async fn an_issuer_is_logged_without_what_nobody_sees() {
    let logs = Logs::collect();
    let issuer = format!("https://issuer-with-invisible.example/{}", turned("d"));
    let app = App::builder()
        .sandbox(move |sandbox| sandbox.metadata_field("issuer", issuer))
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!((page.status, has_invisible(&page.body)), (502, false), "{}", page.body);
    let line = logged(&logs, "issuer-with-invisible");
    let message = line.split("error=").nth(1).unwrap();
    assert!(message.contains(&plain("d")) && !has_invisible(message), "{line}");
}

#[actix_web::test]
async fn the_name_of_an_ehr_is_shown_without_what_nobody_sees() {
    let app = App::builder()
        .another_ehr(|redirect_uri| {
            Ehr::builder("https://other.example/fhir")
                .name(turned("North Hospital"))
                .client_id("other")
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs")
        })
        .start();
    let url = app.url(&format!("/auth/launch?q={}", encoded("hosp\u{202E}\u{202C}")));
    let page = Browser::new().get(&app.url("/auth/launch")).await.body;
    assert!(
        page.contains(&plain("North Hospital")) && !has_invisible(&page),
        "{page}"
    );
    let page = Browser::new().get(&url).await.body;
    assert!(page.contains("value=\"hosp\"") && !has_invisible(&page), "{page}");
}
