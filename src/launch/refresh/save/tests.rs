use tracing::Level;

use super::*;
use crate::{
    launch::refresh::test_launch::{NOW, TestLaunch, sent_until},
    protocol::secret::AccessToken,
    store::testing::Operation,
    transport::captured_logs::capture_logs,
};

/// A launch whose refresh token was sent, and the note that this failed.
async fn failed() -> (TestLaunch, Arc<LaunchRecord>, Version, LaunchRecord) {
    let launch = TestLaunch::open(|record| record.refresh.sent = Some(sent_until(NOW))).await;
    let (basis, version) = launch.stored().await;
    let mut fresh = (*basis).clone();
    (fresh.refresh.sent, fresh.refresh.failures) = (None, 1);
    fresh.refresh.unanswered_since = Some(NOW);
    (launch, basis, version, fresh)
}

/// Without it the next request would send the same refresh token again.
#[tokio::test(start_paused = true)]
async fn a_note_is_written_on_top_of_what_changed_beside_the_tokens() {
    let (launch, basis, version, fresh) = failed().await;
    launch.troubles.overtake_the_next_write();
    let wanted = fresh.refresh;
    let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh, || ()).await;
    assert!(matches!(saved, Saved::Written(record) if record.refresh == wanted));
    assert_eq!(launch.stored().await.0.refresh, wanted);
}

#[tokio::test(start_paused = true)]
async fn a_note_whose_answer_got_lost_is_recognised_as_written() {
    let (launch, basis, version, fresh) = failed().await;
    launch.troubles.lose_the_next_answer();
    let wanted = fresh.refresh;
    let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh, || ()).await;
    assert!(matches!(saved, Saved::Written(record) if record.refresh == wanted));
}

#[tokio::test(start_paused = true)]
async fn a_note_is_not_written_over_that_of_another_process_that_sends_the_token_now() {
    let (launch, basis, version, fresh) = failed().await;
    let mut others = (*basis).clone();
    others.refresh.sent = Some(sent_until(NOW.saturating_add(UNTIL_SAVED)));
    let noted = others.refresh;
    launch.write(version, others).await;
    let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh, || ()).await;
    assert!(matches!(saved, Saved::Superseded(record) if record.refresh == noted));
    assert_eq!(launch.stored().await.0.refresh, noted);
}

/// Otherwise the next request would send a token again that the EHR may have taken: nothing that is stored says that it was sent. Where others
/// have written since, they have settled what came of it.
#[tokio::test(start_paused = true)]
async fn a_note_is_written_where_the_store_has_lost_that_the_token_was_sent() {
    for (known_at, is_written) in [(Version(2), true), (Version(0), false)] {
        let launch = TestLaunch::open(|_| ()).await;
        let (stored, version) = launch.stored().await;
        assert_eq!((version, stored.refresh.sent), (Version(1), None));
        let mut basis = (*stored).clone();
        basis.refresh.sent = Some(sent_until(NOW));
        let mut fresh = basis.clone();
        (fresh.refresh.sent, fresh.refresh.failures) = (None, 1);
        fresh.refresh.unanswered_since = Some(NOW);
        let saved = until_written(launch.runtime(), launch.key, known_at, &basis, fresh, || ()).await;
        assert_eq!(matches!(saved, Saved::Written(_)), is_written);
        let noted = is_written.then_some(NOW);
        assert_eq!(launch.stored().await.0.refresh.unanswered_since, noted);
    }
}

/// As where servers disagree about who has the record. The first times somebody was merely faster.
#[test]
fn a_record_that_changes_before_each_attempt_is_written_with_pauses_in_between() {
    for (times, pauses) in [(3, false), (4, true), (9, true)] {
        let logged = capture_logs(Level::WARN, || {
            let paused = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build();
            paused.unwrap().block_on(async {
                let (launch, basis, version, fresh) = failed().await;
                launch.troubles.overtake_the_next_writes(times);
                let began = tokio::time::Instant::now();
                let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh, || ()).await;
                assert!(matches!(saved, Saved::Written(_)));
                assert_eq!(began.elapsed() > Duration::ZERO, pauses, "{times}");
            });
        });
        assert_eq!(logged.contains("could not be saved yet"), pauses, "{times} {logged}");
    }
}

/// New tokens, or a note, of a process that knew the launch at a later version and with other tokens than the store has by now.
async fn saved_over(is_a_note: bool, known_at: Version, asked_for: Duration) -> (TestLaunch, Saved) {
    let launch = TestLaunch::open(|record| record.tokens.requested_at = NOW).await;
    let (stored, _) = launch.stored().await;
    let mut basis = (*stored).clone();
    basis.tokens.access_token = AccessToken::new("the lost one".to_owned());
    basis.tokens.requested_at = NOW.saturating_add(asked_for);
    basis.refresh.sent = Some(sent_until(NOW));
    let mut fresh = basis.clone();
    fresh.refresh.sent = None;
    if !is_a_note {
        fresh.tokens.access_token = AccessToken::new("the newest one".to_owned());
        fresh.tokens.requested_at = NOW.saturating_add(asked_for * 2 + Duration::from_millis(1));
    }
    let saved = until_written(launch.runtime(), launch.key, known_at, &basis, fresh, || ()).await;
    (launch, saved)
}

/// Nobody else has them, and the older ones are spent.
#[tokio::test(start_paused = true)]
async fn new_tokens_are_written_over_the_older_ones_that_a_store_has_gone_back_to() {
    let (launch, saved) = saved_over(false, Version(3), Duration::from_millis(1)).await;
    assert!(matches!(saved, Saved::Written(_)));
    let (stored, version) = launch.stored().await;
    assert_eq!(stored.tokens.access_token().expose_secret(), "the newest one");
    assert_eq!((stored.refresh.sent, version), (None, Version(2)));
}

/// Who notes the older refresh token as sent comes in between, after the first look has found the store gone back.
#[tokio::test(start_paused = true)]
async fn new_tokens_are_written_also_where_another_process_notes_the_older_token_in_between() {
    let launch = TestLaunch::open(|record| record.tokens.requested_at = NOW).await;
    let (stored, _) = launch.stored().await;
    let mut basis = (*stored).clone();
    basis.tokens.requested_at = NOW.saturating_add(Duration::from_millis(1));
    basis.refresh.sent = Some(sent_until(NOW));
    let mut fresh = basis.clone();
    fresh.refresh.sent = None;
    fresh.tokens.access_token = AccessToken::new("the newest one".to_owned());
    fresh.tokens.requested_at = NOW.saturating_add(Duration::from_millis(2));
    launch.troubles.overtake_the_next_writes(2);
    let saved = until_written(launch.runtime(), launch.key, Version(8), &basis, fresh, || ()).await;
    assert!(matches!(saved, Saved::Written(_)));
    let (stored, _) = launch.stored().await;
    assert_eq!(stored.tokens.access_token().expose_secret(), "the newest one");
}

/// Another process has written them: its launch goes on with them.
#[tokio::test(start_paused = true)]
async fn new_tokens_are_not_written_over_others_that_may_be_newer_than_those_that_were_sent() {
    let later = Duration::from_millis(1);
    // The launch is at version 1. As new as those that were sent; then as often written as they were; then a note without tokens.
    for (is_a_note, known_at, asked_for) in [
        (false, Version(3), Duration::ZERO),
        (false, Version(0), later),
        (true, Version(3), later),
    ] {
        let (launch, saved) = saved_over(is_a_note, known_at, asked_for).await;
        assert!(matches!(saved, Saved::Superseded(_)), "{is_a_note} {known_at:?}");
        let (stored, version) = launch.stored().await;
        assert_ne!(stored.tokens.access_token().expose_secret(), "the newest one");
        assert_eq!(version, Version(1));
    }
}

#[test]
fn that_it_could_not_be_saved_is_said_once_and_that_it_is_lost_at_the_end() {
    for (failures, is_lost) in [(1, false), (5, false), (10_000, true)] {
        let logged = capture_logs(Level::WARN, || {
            let paused = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build();
            paused.unwrap().block_on(async {
                let (launch, basis, version, fresh) = failed().await;
                launch.troubles.fail(Operation::ReplaceLaunch, failures);
                let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh, || ()).await;
                assert_eq!(matches!(saved, Saved::GaveUp), is_lost);
            });
        });
        assert_eq!(logged.matches("could not be saved yet").count(), 1, "{logged}");
        assert_eq!(logged.contains("repair the token store"), is_lost, "{logged}");
    }
}
