//! Processes whose clocks are wrong: what is signed out of goes by the store's.

use std::time::Duration;

use super::*;
use crate::support::WrongClock;

/// An application whose clock can be wrong. The sandbox's is right.
fn with_wrong_clock() -> (App, WrongClock) {
    let clock = WrongClock::of(crate::support::clock());
    let for_app = clock.clone();
    let app = App::builder().config(move |config| config.clock(for_app)).start();
    (app, clock)
}

async fn logout_ends_now(app: &App, browser: &Browser) {
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert!(answer.body.contains("You have signed out"), "{}", answer.body);
}

#[actix_web::test]
async fn a_sign_out_by_a_process_whose_clock_is_wrong_keeps_nobody_out_afterwards() {
    for wrong_by in [3600, 63, 30, -3600] {
        let (app, clock) = with_wrong_clock();
        let browser = Browser::new();
        let base = open(&app, &browser).await;
        clock.set(wrong_by * 1000);
        logout_ends_now(&app, &browser).await;
        clock.set(0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(state(&browser, &base).await.0, 401);
        let again = browser.navigate(&app.url("/auth/launch")).await;
        assert_eq!(again.status, 200, "wrong by {wrong_by}");
    }
}

#[actix_web::test]
async fn a_sign_in_that_was_begun_before_a_sign_out_opens_nothing_whatever_the_clocks_say() {
    for (begun_by, signed_out_by) in [(3600, 0), (-3600, 0), (0, 3600), (0, -3600)] {
        let (app, clock) = with_wrong_clock();
        let browser = Browser::new();
        open(&app, &browser).await;
        clock.advance(Duration::from_secs(1));
        clock.set(begun_by * 1000);
        let begun = browser.get(&app.url("/auth/launch")).await;
        let callback = browser
            .navigate_until(begun.location(), &app.url("/auth/callback"))
            .await;
        clock.advance(Duration::from_secs(1));
        clock.set(signed_out_by * 1000);
        logout_ends_now(&app, &browser).await;
        clock.set(0);
        let refused = browser.get(&callback).await;
        assert_ne!(
            refused.status,
            303,
            "{begun_by} {signed_out_by}: {}",
            refused.location()
        );
    }
}
