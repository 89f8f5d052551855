//! In which language and whose look the pages are, and that some load themselves again.

use std::time::Duration;

use actix_smart_auth::{
    pages::{Brand, Language, LanguageChoice},
    sandbox::{Fault, FaultPoint, Times, When},
    store::TokenStore,
};
use actix_web::http::Method;

use super::{assert_retry_after, callback_of, launched};
use crate::support::{Answer, App, Browser, FlakyStore};

async fn accepting(browser: &Browser, url: &str, languages: &str) -> Answer {
    let headers = [("sec-fetch-mode", "navigate"), ("accept-language", languages)];
    browser.send(Method::GET, url, &headers, None).await
}

#[actix_web::test]
async fn a_page_and_a_problem_are_in_the_language_that_was_asked_for_and_the_code_is_the_same() {
    let (app, browser) = (App::start(), Browser::new());
    let url = app.url("/auth/launch?launch=x");
    let german = accepting(&browser, &url, "de-AT,en;q=0.5").await;
    assert!(german.body.contains("<html lang=\"de\">"), "{}", german.body);
    assert!(
        german.body.contains("<h1>Dieser Link lässt sich nicht öffnen</h1>"),
        "{}",
        german.body
    );
    assert!(german.body.contains("Code: bad-launch<"), "{}", german.body);
    assert_eq!(german.header("content-language"), "de");
    assert_eq!(german.header("vary"), "Accept-Language");
    let english = accepting(&browser, &url, "fr").await;
    assert!(english.body.contains("<html lang=\"en\">"), "{}", english.body);
    assert_eq!(english.header("content-language"), "en");
    let headers = [("accept", "application/json"), ("accept-language", "de")];
    let problem = browser.send(Method::GET, &url, &headers, None).await;
    assert_eq!(problem.header("content-language"), "de");
    let problem = problem.json();
    assert_eq!(
        (problem["code"].as_str(), problem["status"].as_u64()),
        (Some("bad-launch"), Some(400))
    );
    assert_eq!(problem["title"], "Dieser Link lässt sich nicht öffnen");
}

#[actix_web::test]
async fn the_application_decides_about_the_language_and_its_name_is_on_the_page() {
    let brand = Brand::new("Growth charts").support("Call 555-0100.");
    let app = App::builder()
        .config(|config| config.brand(brand).language(LanguageChoice::Always(Language::German)))
        .start();
    let page = accepting(&Browser::new(), &app.url("/auth/launch?launch=x"), "en").await;
    assert_eq!((page.header("content-language"), page.header("vary")), ("de", ""));
    assert!(page.body.contains(" – Growth charts</title>"), "{}", page.body);
    assert!(page.body.contains("Hilfe: Call 555-0100."), "{}", page.body);
}

#[actix_web::test]
async fn a_page_about_an_outage_loads_itself_again_five_times_and_a_form_and_a_script_get_no_such_header() {
    let (app, store) = with_store();
    let browser = Browser::new();
    let url = launched(&app, &browser).await;
    store.set_away(true);
    assert_eq!(browser.api(&url).await.header("refresh"), "");
    assert_eq!(browser.post(&url).await.header("refresh"), "");
    for least in [5, 10, 20, 40, 60] {
        let page = browser.get(&url).await;
        assert_retry_after(&page, 5..=5);
        let (wait, address) = page.header("refresh").split_once(";url=").unwrap();
        assert!(url.ends_with(address) && address.starts_with("/~"), "{address}");
        let wait: u64 = wait.parse().unwrap();
        assert!((least..=least + least / 2).contains(&wait), "{wait} of {least}");
        let sentence = format!("This page tries again by itself in {wait} seconds.");
        assert!(page.body.contains(&sentence), "{}", page.body);
    }
    let last = browser.get(&url).await;
    assert_eq!((last.status, last.header("refresh")), (503, ""));
    assert!(!last.body.contains("by itself in"), "{}", last.body);
}

/// How long the page waits before it loads itself again.
fn wait_of(page: &Answer) -> Option<u64> {
    let (wait, _) = page.header("refresh").split_once(";url=")?;
    wait.parse().ok()
}

#[actix_web::test]
async fn pages_of_another_tab_do_not_count_and_a_page_that_succeeds_may_load_itself_again_as_often_as_at_first() {
    let (app, store) = with_store();
    let browser = Browser::new();
    let one = launched(&app, &browser).await;
    let other = launched(&app, &browser).await;
    store.set_away(true);
    for _ in 0..5 {
        assert!(wait_of(&browser.get(&one).await).is_some());
    }
    assert_eq!(wait_of(&browser.get(&one).await), None);
    let wait = wait_of(&browser.get(&other).await);
    assert!(wait.is_some_and(|wait| (5..=7).contains(&wait)), "{wait:?}");
    store.set_away(false);
    assert_eq!(browser.get(&one).await.status, 200);
    store.set_away(true);
    let wait = wait_of(&browser.get(&one).await);
    assert!(wait.is_some_and(|wait| (5..=7).contains(&wait)), "{wait:?}");
    let wait = wait_of(&browser.get(&other).await);
    assert!(wait.is_some_and(|wait| (10..=15).contains(&wait)), "{wait:?}");
}

#[actix_web::test]
async fn what_a_browser_fetches_in_advance_neither_loads_itself_again_nor_counts() {
    let (app, store) = with_store();
    let browser = Browser::new();
    let url = launched(&app, &browser).await;
    store.set_away(true);
    for _ in 0..6 {
        let headers = [("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")];
        let page = browser.send(Method::GET, &url, &headers, None).await;
        assert_eq!((page.status, page.header("refresh")), (503, ""));
    }
    assert!(wait_of(&browser.get(&url).await).is_some_and(|wait| wait < 10));
}

#[actix_web::test]
async fn a_launch_never_begins_again_by_itself() {
    let (app, browser) = (App::start(), Browser::new());
    // So that the browser brings cookies.
    launched(&app, &browser).await;
    app.config.forget_metadata(&app.sandbox.fhir_base_url());
    app.sandbox.inject(
        FaultPoint::Metadata,
        When::Before,
        Fault::Hang(Duration::ZERO),
        Times::Always,
    );
    let page = browser.get(&app.url("/auth/launch")).await;
    assert_retry_after(&page, 5..=5);
    assert_eq!((page.status, page.header("refresh")), (503, ""));
    assert!(page.body.contains("Try again"), "{}", page.body);
}

fn with_store() -> (App, FlakyStore) {
    let store = FlakyStore::default();
    let given = TokenStore::new(store.clone());
    (App::builder().config(|config| config.store(given)).start(), store)
}

#[actix_web::test]
async fn a_callback_never_comes_again_by_itself() {
    let (app, store) = with_store();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    store.set_away(true);
    let page = browser.get(&callback).await;
    assert_retry_after(&page, 5..=5);
    assert_eq!((page.status, page.header("refresh")), (503, ""));
}
