//! Processes whose clocks are wrong: what is signed out of goes by the store's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_smart_auth::time::{Clock, ManualClock, Timestamp};

use super::*;

/// The clock of a process, which can be wrong by so many seconds.
#[derive(Debug, Clone)]
struct Wrong {
    of: ManualClock,
    seconds: Arc<AtomicI64>,
}

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        let millis = self.of.now().as_millis();
        Timestamp::from_millis(millis.saturating_add_signed(self.seconds.load(SeqCst) * 1000))
    }

    fn steady(&self) -> Timestamp {
        self.of.steady()
    }
}

/// An application whose clock can be wrong. The sandbox's is right.
fn with_wrong_clock() -> (App, Wrong) {
    let clock = Wrong {
        of: crate::support::clock(),
        seconds: Arc::default(),
    };
    let (for_app, of) = (clock.clone(), clock.of.clone());
    let app = App::builder()
        .sandbox(move |sandbox| sandbox.clock(of))
        .config(move |config| config.clock(for_app))
        .start();
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
        clock.seconds.store(wrong_by, SeqCst);
        logout_ends_now(&app, &browser).await;
        clock.seconds.store(0, SeqCst);
        clock.of.advance(Duration::from_secs(1));
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
        clock.of.advance(Duration::from_secs(1));
        clock.seconds.store(begun_by, SeqCst);
        let begun = browser.get(&app.url("/auth/launch")).await;
        let callback = browser
            .navigate_until(begun.location(), &app.url("/auth/callback"))
            .await;
        clock.of.advance(Duration::from_secs(1));
        clock.seconds.store(signed_out_by, SeqCst);
        logout_ends_now(&app, &browser).await;
        clock.seconds.store(0, SeqCst);
        let refused = browser.get(&callback).await;
        assert_ne!(
            refused.status,
            303,
            "{begun_by} {signed_out_by}: {}",
            refused.location()
        );
    }
}
