use super::*;
use crate::{time::ManualClock, transport::captured_logs::capture_logs};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u32) -> Timestamp {
    START.saturating_add(seconds * SECOND)
}

fn new() -> (ManualClock, StoreTime) {
    let clock = ManualClock::new(START);
    (clock.clone(), StoreTime::new(Arc::new(clock), StorePlace::Elsewhere))
}

#[test]
fn until_the_store_has_answered_the_wall_clock_has_to_do() {
    let (clock, time) = new();
    clock.step_forward(7 * SECOND);
    assert!(!time.is_known());
    assert_eq!(time.now(), at(7));
}

#[test]
fn the_time_goes_on_from_what_the_store_said_whatever_the_wall_clock_does() {
    let (clock, time) = new();
    time.learn(clock.steady(), at(1000));
    clock.step_back(3600 * SECOND);
    clock.advance(5 * SECOND);
    assert_eq!(time.now(), at(1005));
    clock.step_forward(7200 * SECOND);
    assert_eq!(time.now(), at(1005));
}

#[test]
fn an_answer_that_took_long_moves_the_time_only_as_far_as_it_proves() {
    let (clock, time) = new();
    time.learn(clock.steady(), at(100));
    let asked = clock.steady();
    clock.advance(10 * SECOND);
    // Anything from 100 to 110 is possible at the store now.
    time.learn(asked, at(104));
    assert_eq!(time.now(), at(110));
    // It cannot have been 112 at the end if it was 101 and 10 seconds have passed at most.
    let asked = clock.steady();
    clock.advance(10 * SECOND);
    time.learn(asked, at(109));
    assert_eq!(time.now(), at(119));
    let asked = clock.steady();
    time.learn(asked, at(500));
    assert_eq!(time.now(), at(500));
}

#[test]
fn a_difference_of_more_than_five_seconds_is_said_with_both_times_and_not_at_each_answer() {
    let (clock, time) = new();
    let log = capture_logs(tracing::Level::WARN, || {
        time.learn(clock.steady(), at(5));
        clock.advance(11 * SECOND);
        time.learn(clock.steady(), at(16));
    });
    assert_eq!(log, "");
    let log = capture_logs(tracing::Level::WARN, || {
        clock.advance(11 * SECOND);
        time.learn(clock.steady(), at(28));
        clock.advance(11 * SECOND);
        time.learn(clock.steady(), at(39));
    });
    assert_eq!(log.matches("differ").count(), 1, "{log}");
    assert!(log.contains("22:13:42 GMT") && log.contains("22:13:48 GMT"), "{log}");
}

#[test]
fn a_store_whose_clock_is_set_is_followed_and_that_is_said() {
    let (clock, time) = new();
    time.learn(clock.steady(), at(0));
    let log = capture_logs(tracing::Level::WARN, || {
        clock.advance(SECOND);
        time.learn(clock.steady(), at(6));
    });
    assert_eq!((log.as_str(), time.now()), ("", at(6)));
    let log = capture_logs(tracing::Level::WARN, || {
        clock.advance(SECOND);
        time.learn(clock.steady(), at(1));
    });
    assert!(log.contains("was set") && log.contains("seconds=-6"), "{log}");
    assert_eq!(time.now(), at(1));
}

#[test]
fn an_answer_that_was_long_under_way_is_no_difference() {
    let (clock, time) = new();
    let asked = clock.steady();
    clock.advance(20 * SECOND);
    assert_eq!(capture_logs(tracing::Level::WARN, || time.learn(asked, at(0))), "");
}

#[test]
fn servers_of_one_store_whose_clocks_differ_do_not_fill_the_log() {
    let (clock, time) = new();
    let log = capture_logs(tracing::Level::WARN, || {
        for answer in 0..100 {
            time.learn(clock.steady(), at(60 * (answer % 2)));
        }
    });
    assert_eq!(log.matches("was set").count(), 10, "{log}");
}
