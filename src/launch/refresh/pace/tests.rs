use super::*;
use crate::store::{RefreshSent, acceptance::sample};

const HOUR: u64 = 3_600_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A launch whose token was asked for at 0 and lives for `life` milliseconds.
fn launch(life: u64, refresh: RefreshState) -> LaunchRecord {
    let mut record = sample::launch(sample::browser(), at(0));
    record.tokens.expires_at = at(life);
    record.refresh = refresh;
    record
}

fn verdict(record: &LaunchRecord, millis: u64) -> Verdict {
    judge(record, Wanted::WhenDue, || None, at(millis))
}

#[test]
fn a_long_token_is_due_when_less_than_five_minutes_are_left() {
    let record = launch(HOUR, RefreshState::default());
    assert_eq!(verdict(&record, HOUR - 300_000), Verdict::Fresh);
    assert_eq!(verdict(&record, HOUR - 299_999), Verdict::Refresh);
}

#[test]
fn a_short_token_is_due_in_the_second_half_of_its_life() {
    let record = launch(60_000, RefreshState::default());
    assert_eq!(verdict(&record, 30_000), Verdict::Fresh);
    assert_eq!(verdict(&record, 30_001), Verdict::Refresh);
}

#[test]
fn without_a_refresh_token_a_launch_lives_as_long_as_its_token_is_usable() {
    let mut record = launch(HOUR, RefreshState::default());
    record.tokens.refresh_token = None;
    assert_eq!(verdict(&record, HOUR - 30_001), Verdict::Fresh);
    assert_eq!(verdict(&record, HOUR - 30_000), Verdict::Dead);
}

#[test]
fn no_attempt_is_made_before_the_delay_after_a_failure_has_passed() {
    let refresh = RefreshState {
        failures: 1,
        not_before: Some(at(HOUR - 100_000)),
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    assert_eq!(verdict(&record, HOUR - 100_001), Verdict::NotBefore(at(HOUR - 100_000)));
    assert_eq!(verdict(&record, HOUR - 100_000), Verdict::Refresh);
}

#[test]
fn successes_keep_their_distance_only_while_the_token_is_usable() {
    let refresh = RefreshState {
        last_success: Some(at(HOUR - 60_000)),
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    assert_eq!(verdict(&record, HOUR - 30_001), Verdict::NotBefore(at(HOUR)));
    assert_eq!(verdict(&record, HOUR - 30_000), Verdict::Refresh);
}

#[test]
fn successes_are_a_minute_apart_or_half_the_life_of_a_token_that_has_less_than_two() {
    for (life, apart) in [(HOUR, 60_000), (120_000, 60_000), (100_000, 50_000), (20_000, 10_000)] {
        let refresh = RefreshState {
            last_success: Some(at(0)),
            ..RefreshState::default()
        };
        let record = launch(life, refresh);
        let wanted = |millis| judge(&record, Wanted::Now, || None, at(millis));
        assert_eq!(wanted(apart - 1), Verdict::NotBefore(at(apart)), "{life}");
        assert_eq!(wanted(apart), Verdict::Refresh, "{life}");
    }
}

#[test]
fn an_unanswered_refresh_token_is_not_sent_again_while_the_access_token_is_usable() {
    let refresh = RefreshState {
        unanswered_since: Some(at(HOUR - 290_000)),
        failures: 1,
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    assert_eq!(verdict(&record, HOUR - 30_001), Verdict::NotBefore(at(HOUR - 30_000)));
    assert_eq!(verdict(&record, HOUR - 30_000), Verdict::Refresh);
}

#[test]
fn a_refresh_token_that_was_refused_in_another_form_is_not_sent_again_while_the_access_token_is_usable() {
    let refresh = RefreshState {
        refused_at: Some(at(HOUR - 290_000)),
        failures: 1,
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    assert_eq!(verdict(&record, HOUR - 30_001), Verdict::NotBefore(at(HOUR - 30_000)));
    assert_eq!(verdict(&record, HOUR - 30_000), Verdict::Refresh);
}

#[test]
fn a_refresh_token_that_is_under_way_is_waited_for_until_its_answer_may_come_no_more() {
    let refresh = RefreshState {
        sent: Some(RefreshSent::new(at(HOUR - 60_000), at(HOUR + 10_000), 7)),
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    assert_eq!(verdict(&record, HOUR - 300_000), Verdict::Fresh);
    for millis in [HOUR - 299_999, HOUR - 30_000, HOUR + 9_999] {
        assert_eq!(
            verdict(&record, millis),
            Verdict::Sent(at(HOUR + 10_000)),
            "at {millis}"
        );
    }
    assert_eq!(verdict(&record, HOUR + 10_000), Verdict::Refresh);
}

#[test]
fn one_whose_answer_never_came_is_not_sent_again_while_the_access_token_is_usable() {
    let refresh = RefreshState {
        sent: Some(RefreshSent::new(at(HOUR - 290_000), at(HOUR - 220_000), 7)),
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    assert_eq!(verdict(&record, HOUR - 220_001), Verdict::Sent(at(HOUR - 220_000)));
    assert_eq!(verdict(&record, HOUR - 220_000), Verdict::NotBefore(at(HOUR - 30_000)));
    assert_eq!(verdict(&record, HOUR - 30_000), Verdict::Refresh);
}

#[test]
fn an_application_that_asks_now_gets_a_refresh_long_before_it_is_due() {
    let record = launch(HOUR, RefreshState::default());
    assert_eq!(judge(&record, Wanted::Now, || None, at(1)), Verdict::Refresh);
    let recent = launch(
        HOUR,
        RefreshState {
            last_success: Some(at(1)),
            ..RefreshState::default()
        },
    );
    assert_eq!(
        judge(&recent, Wanted::Now, || None, at(60_000)),
        Verdict::NotBefore(at(60_001))
    );
    assert_eq!(judge(&recent, Wanted::Now, || None, at(60_001)), Verdict::Refresh);
}

#[test]
fn an_interval_of_the_ehr_takes_the_place_of_the_minute() {
    let refresh = RefreshState {
        last_success: Some(at(1)),
        ..RefreshState::default()
    };
    let record = launch(HOUR, refresh);
    let judge_after = |seconds: u64, millis: u64| {
        let least = || Some(Duration::from_secs(seconds));
        judge(&record, Wanted::Now, least, at(millis))
    };
    assert_eq!(judge_after(120, 120_000), Verdict::NotBefore(at(120_001)));
    assert_eq!(judge_after(120, 120_001), Verdict::Refresh);
    assert_eq!(judge_after(10, 10_000), Verdict::NotBefore(at(10_001)));
    assert_eq!(judge_after(10, 10_001), Verdict::Refresh);
    // Longer than the token lives: the person has to be able to go on.
    assert_eq!(judge_after(7_200, HOUR - 30_001), Verdict::NotBefore(at(7_200_001)));
    assert_eq!(judge_after(7_200, HOUR - 30_000), Verdict::Refresh);
}

#[test]
fn a_failure_is_spaced_too_but_only_while_the_token_is_usable() {
    let record = launch(HOUR, RefreshState::default());
    let next = |least: Option<u64>, millis: u64| {
        let least = least.map(Duration::from_secs);
        next_after_failure(&record, Duration::from_secs(2), least, at(millis))
    };
    assert_eq!(next(None, 5_000), at(7_000));
    assert_eq!(next(Some(60), 5_000), at(65_000));
    assert_eq!(next(Some(1), 5_000), at(7_000));
    assert_eq!(next(Some(60), HOUR - 40_000), at(HOUR - 30_000));
    assert_eq!(next(Some(60), HOUR - 10_000), at(HOUR - 8_000));
}

#[test]
fn delays_double_up_to_a_minute_and_what_the_ehr_asks_for_wins() {
    let seconds: Vec<_> = (1..=9).map(|failures| delay_after(failures, None).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(delay_after(u32::MAX, None).as_secs(), 60);
    assert_eq!(delay_after(1, Some(Duration::from_secs(120))).as_secs(), 120);
    assert_eq!(delay_after(1, Some(Duration::ZERO)).as_secs(), 1);
}
