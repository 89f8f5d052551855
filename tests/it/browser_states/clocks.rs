//! Processes whose clocks differ.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_smart_auth::{Clock, ManualClock, Timestamp};

use super::*;

/// A clock that can be ahead of another one.
#[derive(Debug, Clone)]
struct Ahead {
    of: ManualClock,
    seconds: Arc<AtomicU64>,
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.of
            .now()
            .saturating_add(Duration::from_secs(self.seconds.load(SeqCst)))
    }

    fn steady(&self) -> Timestamp {
        self.of.steady()
    }
}

/// Signs out of all by a clock that is ahead, and signs in again by the right one.
async fn signed_in_after_a_sign_out_ahead_by(seconds: u64) -> u16 {
    let ahead = Arc::new(AtomicU64::new(0));
    let clock = Ahead {
        of: crate::support::clock(),
        seconds: Arc::clone(&ahead),
    };
    let (for_app, of) = (clock.clone(), clock.of.clone());
    let app = App::builder()
        .sandbox(move |sandbox| sandbox.clock(of))
        .config(move |config| config.clock(for_app))
        .start();
    let browser = Browser::new();
    let base = open(&app, &browser).await;
    ahead.store(seconds, SeqCst);
    logout_ends_now(&app, &browser).await;
    ahead.store(0, SeqCst);
    clock.of.advance(Duration::from_secs(1));
    assert_eq!(state(&browser, &base).await.0, 401);
    browser.navigate(&app.url("/auth/launch")).await.status
}

async fn logout_ends_now(app: &App, browser: &Browser) {
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert!(answer.body.contains("You have signed out"), "{}", answer.body);
}

#[actix_web::test]
async fn a_sign_out_noted_by_a_clock_that_was_wrong_keeps_nobody_out() {
    assert_eq!(signed_in_after_a_sign_out_ahead_by(3600).await, 200);
    assert_eq!(signed_in_after_a_sign_out_ahead_by(63).await, 200);
}

/// Within what clocks may differ by nobody can say which came first. Who signs in again a moment later gets in.
#[actix_web::test]
async fn a_sign_out_within_what_clocks_may_differ_by_counts() {
    assert_eq!(signed_in_after_a_sign_out_ahead_by(60).await, 401);
    assert_eq!(signed_in_after_a_sign_out_ahead_by(0).await, 200);
}
