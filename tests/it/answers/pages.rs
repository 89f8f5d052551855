//! Pages in the look of the application, and pages inside the EHR's frame.

use actix_smart_auth::pages::{Page, Pages};

use super::{assert_problem, assert_retry_after};
use crate::support::{App, Browser, FlakyStore};

#[derive(Debug)]
struct OurPages;

impl Pages for OurPages {
    fn render(&self, page: &Page) -> Option<String> {
        let start = page.action.as_ref().map(|action| action.href.as_str());
        (page.status != 400).then(|| format!("ours: {} {} {start:?}", page.status, page.code))
    }
}

#[actix_web::test]
async fn pages_of_the_application_keep_status_and_headers_and_scripts_get_the_same_problem() {
    let store = FlakyStore::default();
    let given = actix_smart_auth::store::TokenStore::new(store.clone());
    let app = App::builder()
        .config(|config| config.pages(OurPages).store(given))
        .start();
    let browser = Browser::new();
    let url = app.url("/~AAAAAAAAAAAAAAAAAAAAAA/patient");
    let page = browser.post(&url).await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (401, "ours: 401 no-launch Some(\"/auth/launch\")")
    );
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self' 'unsafe-inline';"),
        "{policy}"
    );
    assert!(!policy.contains("script"), "{policy}");
    assert_problem(&browser.api(&url).await, 401, "no-launch", "You are not signed in here");
    let callback = super::callback_of(&app, &browser).await;
    store.set_away(true);
    let outage = browser.get(&callback).await;
    assert_eq!(
        (outage.status, outage.body.as_str()),
        (503, "ours: 503 store-unavailable Some(\"\")")
    );
    assert_retry_after(&outage, 5..=5);
    // What the application does not render stays the crate's own.
    let own = browser.get(&app.url("/auth/launch?launch=x")).await;
    assert!(own.body.contains("<h1>This link cannot be opened</h1>"), "{}", own.body);
}

#[actix_web::test]
async fn pages_name_the_frames_that_may_show_them() {
    let app = App::builder()
        .config(|config| {
            config
                .frame_ancestor("https://one.example")
                .frame_ancestor("https://two.example")
        })
        .start();
    let page = Browser::new().get(&app.url("/auth/launch?launch=x")).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.ends_with("; frame-ancestors 'self' https://one.example https://two.example"),
        "{policy}"
    );
    let page = Browser::new().get(&App::start().url("/auth/launch?launch=x")).await;
    assert!(!page.header("content-security-policy").contains("frame-ancestors"));
}
