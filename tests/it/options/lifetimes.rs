//! How long things live, to the second, and how many of them.

use std::time::Duration;

use crate::support::{Answer, App, Browser};

/// An application whose EHR gives codes that outlive every sign-in.
fn app() -> App {
    App::builder()
        .sandbox(|sandbox| sandbox.code_lifetime(Duration::from_secs(100_000)))
        .start()
}

async fn callback(app: &App, browser: &Browser) -> String {
    browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await
}

fn is_expired(page: &Answer) {
    assert_eq!(page.status, 401);
    assert!(page.body.contains("Code: sign-in-expired"), "{}", page.body);
}

#[actix_web::test]
async fn a_person_has_ten_minutes_to_sign_in() {
    for (seconds, opens) in [(599, true), (600, false)] {
        let (app, browser) = (app(), Browser::new());
        let callback = callback(&app, &browser).await;
        app.advance(seconds);
        let page = browser.navigate(&callback).await;
        if opens {
            assert_eq!(page.body, "patient amber-testwood", "after {seconds} s");
        } else {
            is_expired(&page);
        }
        assert_eq!(app.exchanges(), usize::from(opens), "after {seconds} s");
    }
}

#[actix_web::test]
async fn the_ninth_pending_sign_in_pushes_the_first_one_out() {
    let (app, browser, other) = (app(), Browser::new(), Browser::new());
    let elsewhere = callback(&app, &other).await;
    let mut callbacks = Vec::new();
    for _ in 0..9 {
        callbacks.push(callback(&app, &browser).await);
        app.advance(1);
    }
    is_expired(&browser.navigate(&callbacks[0]).await);
    assert_eq!(app.exchanges(), 0);
    for callback in &callbacks[1..] {
        assert_eq!(browser.navigate(callback).await.body, "patient amber-testwood");
    }
    assert_eq!(other.navigate(&elsewhere).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn a_launch_that_nobody_uses_ends_after_an_hour() {
    let (app, browser) = (app(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    app.advance(3599);
    assert_eq!(browser.api(&page.url).await.status, 200);
    // Which was a use.
    app.advance(3599);
    assert_eq!(browser.api(&page.url).await.status, 200);
    app.advance(3600);
    let ended = browser.api(&page.url).await;
    assert_eq!((ended.status, ended.json()["code"].as_str()), (401, Some("idle")));
}

#[actix_web::test]
async fn any_launch_ends_after_twelve_hours() {
    let (app, browser) = (app(), Browser::new());
    let page = browser.navigate(&app.url("/auth/launch")).await;
    for _ in 0..12 {
        app.advance(3599);
        assert_eq!(browser.api(&page.url).await.status, 200);
    }
    app.advance(11);
    assert_eq!(browser.api(&page.url).await.status, 200, "one second before");
    app.advance(1);
    let ended = browser.api(&page.url).await;
    assert_eq!((ended.status, ended.json()["code"].as_str()), (401, Some("too-old")));
}

#[actix_web::test]
async fn lifetimes_can_be_configured() {
    let app = App::builder()
        .config(|config| {
            config
                .pending_lifetime(Duration::from_secs(30))
                .idle_lifetime(Duration::from_secs(20))
                .absolute_lifetime(Duration::from_secs(50))
        })
        .start();
    let browser = Browser::new();
    let late = callback(&app, &browser).await;
    app.advance(30);
    is_expired(&browser.navigate(&late).await);
    let page = browser.navigate(&app.url("/auth/launch")).await;
    for _ in 0..2 {
        app.advance(19);
        assert_eq!(browser.api(&page.url).await.status, 200);
    }
    app.advance(12);
    assert_eq!(browser.api(&page.url).await.json()["code"], "too-old");
    let page = browser.navigate(&app.url("/auth/launch")).await;
    app.advance(20);
    assert_eq!(browser.api(&page.url).await.json()["code"], "idle");
}

#[actix_web::test]
async fn the_seventeenth_launch_ends_the_one_unused_the_longest() {
    let (app, browser) = (app(), Browser::new());
    let mut pages = Vec::new();
    for _ in 0..16 {
        app.advance(1);
        pages.push(browser.navigate(&app.url("/auth/launch")).await.url);
    }
    app.advance(1);
    assert_eq!(browser.api(&pages[0]).await.status, 200);
    app.advance(1);
    browser.navigate(&app.url("/auth/launch")).await;
    let evicted = browser.api(&pages[1]).await;
    assert_eq!(
        (evicted.status, evicted.json()["code"].as_str()),
        (401, Some("too-many"))
    );
    assert_eq!(browser.api(&pages[0]).await.status, 200);
    assert_eq!(browser.api(&pages[2]).await.status, 200);
}
