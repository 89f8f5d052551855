//! *Start again* demands no less than the sign-in did that came to nothing: whoever presses it may be somebody else.

use std::time::Duration;

use actix_smart_auth::{Patient, SmartSession, sandbox::AutomaticAnswer, store::TokenStore};
use actix_web::web;

use super::{IDLE, again, asked, login, timed_out};
use crate::support::{Answer, App, Browser, FlakyStore, Opened, WrongClock, clock};

const AGAIN: &str = "href=\"/auth/launch?sign_in=again\"";
const PLAIN: &str = "href=\"/auth/launch\"";

async fn callback(app: &App, browser: &Browser, url: &str) -> String {
    browser.navigate_until(url, &app.url("/auth/callback")).await
}

#[track_caller]
fn demands_it(page: &Answer, what: &str) {
    assert!(page.body.contains(AGAIN), "{what}: {}", page.body);
}

/// What begins goes by the store's clock, and a demand by that of the process.
#[actix_web::test]
async fn after_cancel_it_demands_it_again_whatever_the_clocks_say() {
    for wrong_by in [0, 3, -7, 1000, -1000] {
        let wrong = WrongClock::of(clock());
        wrong.set(wrong_by);
        let opened = timed_out(again().config(move |config| config.clock(wrong))).await;
        opened.app.sandbox.set_automatic_answer(AutomaticAnswer::Deny);
        let callback = callback(&opened.app, &opened.browser, &opened.url("/patient")).await;
        assert_eq!(asked(&opened.app), login());
        for what in ["cancelled", "and reloaded"] {
            let page = opened.browser.get(&callback).await;
            assert!(
                page.body.contains("Code: access-denied"),
                "{wrong_by} {what}: {}",
                page.body
            );
            demands_it(&page, &format!("{wrong_by} {what}"));
        }
    }
}

async fn without_its_cookie(opened: &Opened, query: &str) -> Answer {
    let callback = callback(&opened.app, &opened.browser, &opened.url("/patient")).await;
    opened.browser.forget("_signin");
    let end = callback.find('?').unwrap();
    let query = if query.is_empty() { &callback[end..] } else { query };
    opened.browser.get(&format!("{}{query}", &callback[..end])).await
}

#[actix_web::test]
async fn a_callback_of_which_nothing_is_known_any_more_demands_it_where_the_registration_may() {
    for (query, code) in [
        ("", "sign-in-expired"),
        ("?error=access_denied", "bad-callback"),
        ("?nothing=1", "bad-callback"),
    ] {
        let page = without_its_cookie(&timed_out(again()).await, query).await;
        assert!(page.body.contains(&format!("Code: {code}<")), "{}", page.body);
        demands_it(&page, query);
        let without = App::builder().config(|config| config.idle_lifetime(Duration::from_secs(IDLE)));
        let without = timed_out(without).await;
        let page = without_its_cookie(&without, query).await;
        assert!(page.body.contains(PLAIN), "{query}: {}", page.body);
    }
}

fn chart(app: &mut web::ServiceConfig) {
    app.route(
        "/chart",
        web::get().to(|patient: Patient| async move { patient.reference() }),
    )
    .route(
        "/chart/end",
        web::post().to(|session: SmartSession| async move { session.end().await.unwrap().to_string() }),
    );
}

/// Where there is one launch per browser the answer is not given again: the page says what became of the launch.
#[actix_web::test]
async fn the_same_callback_after_the_launch_has_ended_demands_it_where_a_new_launch_would() {
    let store = FlakyStore::default();
    let given = TokenStore::new(store.clone());
    let app = again()
        .config(move |config| {
            let config = config.danger_one_launch_per_browser().landing("/chart");
            config.store(given).idle_lifetime(Duration::from_secs(300))
        })
        .routes(chart)
        .start();
    let browser = Browser::new();
    let first = callback(&app, &browser, &app.url("/auth/launch")).await;
    assert_eq!(browser.navigate(&first).await.status, 200);
    app.advance(300);
    let page = browser.get(&first).await;
    assert!(page.body.contains("Code: idle<"), "{}", page.body);
    demands_it(&page, "unused");

    let second = callback(&app, &browser, &app.url("/auth/launch")).await;
    assert_eq!(browser.navigate(&second).await.status, 200);
    browser.post(&app.url("/chart/end")).await;
    let page = browser.get(&second).await;
    assert!(page.body.contains("Code: signed-out<"), "{}", page.body);
    assert!(page.body.contains(PLAIN), "nothing was demanded: {}", page.body);

    let third = callback(&app, &browser, &app.url("/auth/launch?sign_in=again")).await;
    assert_eq!(browser.navigate(&third).await.status, 200);
    browser.post(&app.url("/chart/end")).await;
    demands_it(&browser.get(&third).await, "demanded before");

    let fourth = callback(&app, &browser, &app.url("/auth/launch")).await;
    assert_eq!(browser.navigate(&fourth).await.status, 200);
    store.forget_launches();
    demands_it(&browser.get(&fourth).await, "forgotten");
}
