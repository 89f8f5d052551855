use tracing::Level;

use super::*;
use crate::{
    launch::refresh::test_launch::{NOW, TestLaunch, sent_until},
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
    let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh).await;
    assert!(matches!(saved, Saved::Written(record) if record.refresh == wanted));
    assert_eq!(launch.stored().await.0.refresh, wanted);
}

#[tokio::test(start_paused = true)]
async fn a_note_whose_answer_got_lost_is_recognised_as_written() {
    let (launch, basis, version, fresh) = failed().await;
    launch.troubles.lose_the_next_answer();
    let wanted = fresh.refresh;
    let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh).await;
    assert!(matches!(saved, Saved::Written(record) if record.refresh == wanted));
}

#[tokio::test(start_paused = true)]
async fn a_note_is_not_written_over_that_of_another_process_that_sends_the_token_now() {
    let (launch, basis, version, fresh) = failed().await;
    let mut others = (*basis).clone();
    others.refresh.sent = Some(sent_until(NOW.saturating_add(UNTIL_SAVED)));
    let noted = others.refresh;
    launch.write(version, others).await;
    let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh).await;
    assert!(matches!(saved, Saved::Superseded(record) if record.refresh == noted));
    assert_eq!(launch.stored().await.0.refresh, noted);
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
                let saved = until_written(launch.runtime(), launch.key, version, &basis, fresh).await;
                assert_eq!(matches!(saved, Saved::GaveUp), is_lost);
            });
        });
        assert_eq!(logged.matches("could not be saved yet").count(), 1, "{logged}");
        assert_eq!(logged.contains("repair the token store"), is_lost, "{logged}");
    }
}
