//! Errors that an EHR sends to the callback, with and without `state`.

use super::{callback_of, says};
use crate::support::{App, Browser, Logs};

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What is logged of a callback, by its description: no EHR is known for it.
#[track_caller]
fn the_line(logs: &Logs, saying: &str) -> String {
    let text = logs.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains(saying)).collect();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines[0].to_owned()
}

#[actix_web::test]
async fn a_no_without_state_is_a_page_about_that_and_a_line_at_info() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let text = "The resource owner k01 denied";
    let url = app.url(&format!(
        "/auth/callback?error=access_denied&error_description={}",
        encoded(text)
    ));
    let page = browser.get(&url).await;
    assert_eq!(page.status, 400);
    for part in [
        "<h1>Access was declined</h1>",
        "declined at your health record system",
        "Your health record system wrote: access_denied",
        "Code: bad-callback<",
        "Start again",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("k01"), "anybody may have written it: {}", page.body);
    let line = the_line(&logs, text);
    says(&line, &[" INFO ", "code=\"access_denied\"", "error_description="]);
    let api = browser.api(&url).await;
    assert_eq!((api.status, api.json()["code"].as_str()), (400, Some("bad-callback")));
}

#[actix_web::test]
async fn an_error_without_state_is_named_in_page_and_log() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let url = app.url("/auth/callback?error=bad_audience&error_description=Bad+audience+value+k11&error_uri=urn:e:1");
    let page = browser.get(&url).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("wrote: bad_audience"), "{}", page.body);
    let line = the_line(&logs, "Bad audience value k11");
    says(
        &line,
        &[
            " WARN ",
            "code=\"bad_audience\"",
            "error_uri=\"urn:e:1\"",
            "Quirks::aud",
        ],
    );
}

#[actix_web::test]
async fn what_to_do_follows_from_the_error() {
    let (app, browser) = (App::start(), Browser::new());
    for (error, sentence) in [
        ("login_required", "wants you to sign in there"),
        ("consent_required", "wants you to sign in there"),
        ("temporarily_unavailable", "Wait a little first. Please start again"),
        ("invalid_scope", "tell the support team"),
        ("%3Cb%3E", "tell the support team"),
    ] {
        let page = browser.get(&app.url(&format!("/auth/callback?error={error}"))).await;
        assert_eq!(page.status, 400, "{error}");
        assert!(page.body.contains(sentence), "{error}: {}", page.body);
        assert!(page.body.contains("Start again"), "{error}: {}", page.body);
    }
    let page = browser.get(&app.url("/auth/callback?code=abc")).await;
    assert!(page.body.contains("has no `state`"), "{}", page.body);
}

#[actix_web::test]
async fn strangers_write_ten_lines_and_no_state_code_or_sentence_into_the_log() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    for _ in 0..15 {
        let stranger = Browser::new();
        stranger
            .get(&app.url("/auth/callback?error=access_denied&error_description=flood+of+k01s"))
            .await;
    }
    assert_eq!(logs.text().matches("flood of k01s").count(), 10);
    for query in [
        format!("error={state}"),
        format!("error=x&error_description={state}"),
        format!("error=x&error_uri=https://e.example/&code={state}&error_description=about+{state}"),
    ] {
        let page = browser.get(&app.url(&format!("/auth/callback?{query}"))).await;
        assert_eq!(page.status, 400);
        assert!(!page.body.contains(state), "{}", page.body);
    }
    assert!(!logs.text().contains(state));
}

#[actix_web::test]
async fn a_persons_no_is_logged_at_info_and_another_error_with_advice_at_warn() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    for (error, level, advice) in [("access_denied", " INFO ", false), ("invalid_scope", " WARN ", true)] {
        let callback = callback_of(&app, &browser).await;
        let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let text = format!("said {error} for patient 4711");
        let query = format!("error={error}&error_description={}&state={state}", encoded(&text));
        browser.get(&app.url(&format!("/auth/callback?{query}"))).await;
        let said = format!("error_description=\"said {error} for patient …\"");
        let line = the_line(&logs, &said);
        says(
            &line,
            &[level, &format!("code=\"{error}\""), &app.sandbox.fhir_base_url()],
        );
        assert_eq!(line.contains("advice="), advice, "{line}");
        assert!(!line.contains("Quirks::aud"), "{line}");
    }
}

#[actix_web::test]
async fn an_error_under_an_unknown_state_is_named_in_the_log() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    callback_of(&app, &browser).await;
    browser
        .get(&app.url("/auth/callback?error=error_of_k04&state=unknown"))
        .await;
    says(
        &the_line(&logs, "error_of_k04"),
        &["no sign-in that this browser began"],
    );
}

/// Some EHRs say that of an `aud` that ends in another way than theirs.
#[actix_web::test]
async fn an_invalid_request_is_told_to_compare_the_fhir_base_url_to_the_last_slash() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let text = "Bad audience value k23";
    let url = format!(
        "/auth/callback?error=invalid_request&error_description={}&state={state}",
        encoded(text)
    );
    browser.get(&app.url(&url)).await;
    let line = the_line(&logs, text);
    says(
        &line,
        &[
            " WARN ",
            "advice=",
            "the FHIR base URL with the EHR's own spelling of it, the last slash included",
            "`Quirks::aud`",
        ],
    );
}
