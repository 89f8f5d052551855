use super::*;
use crate::{Ehr, SmartConfig, time::ManualClock};

fn config(clock: &ManualClock) -> SmartConfig {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    SmartConfig::builder().ehr(ehr).clock(clock.clone()).build().unwrap()
}

#[test]
fn the_rest_is_tried_as_long_as_nothing_failed_or_failing_took_no_time() {
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let config = config(&clock);
    let failed = Err::<(), _>(StoreError::Unavailable);
    let mut parts = Parts::each_of_use(config.runtime());
    assert_eq!(parts.done(failed), None);
    assert_eq!(parts.done(Ok(7)), Some(7));
    clock.advance(ENOUGH - Duration::from_millis(1));
    assert!(!parts.are_over());
    clock.advance(Duration::from_millis(1));
    assert!(parts.are_over());
    assert_eq!(parts.result(), Err(StoreError::Unavailable));
    // What works may take its time.
    let mut slow = Parts::each_of_use(config.runtime());
    clock.advance(10 * ENOUGH);
    assert_eq!(slow.done(Ok(7)), Some(7));
    assert!(!slow.are_over() && slow.result().is_ok());
    assert_eq!(slow.done(failed), None);
    assert!(slow.are_over());
}

#[test]
fn where_none_is_of_use_without_the_others_the_first_failure_is_the_end() {
    let config = config(&ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
    let mut parts = Parts::all_or_none(config.runtime());
    assert!(!parts.are_over());
    parts.done(Err::<(), _>(StoreError::Full));
    assert!(parts.are_over());
}
