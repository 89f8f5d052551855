//! Pages in the look of the application.

use actix_smart_auth::pages::{Page, Pages};

use crate::support::{App, Browser};

#[derive(Debug)]
struct OurPages;

impl Pages for OurPages {
    fn render(&self, page: &Page) -> Option<String> {
        let link = page.action.as_ref().map_or("", |action| action.href.as_str());
        (page.code != "unknown-ehr").then(|| format!("OURS {} {} {link}", page.status, page.code))
    }
}

#[actix_web::test]
async fn they_replace_the_crates_own_for_people_and_not_for_scripts() {
    let app = App::builder().config(|config| config.pages(OurPages)).start();
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/callback?state=x&code=y")).await;
    // The browser has no session: its cookies did not come back.
    assert_eq!(
        (page.status, page.body.as_str()),
        (401, "OURS 401 cookies-missing /auth/launch")
    );
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("style-src 'self' 'unsafe-inline'") && !policy.contains("script-src"),
        "{policy}"
    );

    let api = browser.api(&app.url("/auth/callback?state=x&code=y")).await;
    assert_eq!(api.header("content-type"), "application/problem+json");
    assert_eq!(api.json()["code"], "cookies-missing");

    let own = browser
        .get(&app.url("/auth/launch?iss=https://other.example&launch=x"))
        .await;
    assert_eq!(own.status, 400);
    assert!(
        own.body.contains("Code: unknown-ehr"),
        "`None` is the crate's own page: {}",
        own.body
    );
    let own_policy = own.header("content-security-policy");
    assert!(own_policy.contains("style-src 'sha256-"), "{own_policy}");
}

#[actix_web::test]
async fn frame_ancestors_are_named_when_configured() {
    let app = App::builder()
        .config(|config| {
            config
                .frame_ancestor("https://ehr.example")
                .frame_ancestor("https://two.example")
        })
        .start();
    let page = Browser::new().get(&app.url("/auth/callback?state=x&code=y")).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.ends_with("frame-ancestors 'self' https://ehr.example https://two.example"),
        "{policy}"
    );
}
