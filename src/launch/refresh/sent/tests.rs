use super::*;
use crate::{
    launch::refresh::test_launch::{NOW, TestLaunch, sent_until},
    store::testing::Operation,
    time::Timestamp,
};

const EARLIER: Timestamp = Timestamp::from_millis(NOW.as_millis() - 600_000);

/// A launch whose record says that its refresh token is being sent, and the version before that was noted.
async fn noted() -> (TestLaunch, Version) {
    let launch = TestLaunch::open(|_| {}).await;
    let (record, before) = launch.stored().await;
    launch.write(before, with(&record, sent_until(NOW))).await;
    (launch, before)
}

async fn take_it_back(launch: &TestLaunch, before: Version) {
    let runtime = Arc::clone(launch.runtime());
    take_back(runtime, launch.key, before, sent_until(NOW)).await;
}

#[tokio::test(start_paused = true)]
async fn the_note_of_another_process_is_not_taken_for_ones_own() {
    let launch = TestLaunch::open(|_| {}).await;
    let (record, version) = launch.stored().await;
    launch.write(version, with(&record, sent_until(NOW))).await;
    let outcome = note(launch.runtime(), launch.key, &record, version).await.unwrap();
    assert!(matches!(outcome, Noted::LookAgain));
    assert_eq!(launch.stored().await.0.refresh.sent, Some(sent_until(NOW)));
}

#[tokio::test(start_paused = true)]
async fn a_note_whose_record_nobody_else_has_written_is_there() {
    let launch = TestLaunch::open(|_| {}).await;
    let (record, version) = launch.stored().await;
    let outcome = note(launch.runtime(), launch.key, &record, version).await.unwrap();
    let Noted::Yes { record, version, .. } = outcome else {
        panic!("it was not noted");
    };
    let (stored, stored_version) = launch.stored().await;
    assert_eq!((stored.refresh, stored_version), (record.refresh, version));
    assert!(stored.refresh.sent.is_some());
}

/// Nobody has seen the answer to what was sent before: the record goes on saying so, whatever comes of this attempt.
#[tokio::test]
async fn what_an_earlier_holder_sent_is_known_as_unanswered_from_its_first_time_on() {
    let launch = TestLaunch::open(|_| {}).await;
    let (fresh, _) = launch.stored().await;
    for (sent, unanswered_since, known) in [
        (None, None, None),
        (Some(sent_until(NOW)), None, Some(NOW)),
        (None, Some(EARLIER), Some(EARLIER)),
        (Some(sent_until(NOW)), Some(EARLIER), Some(EARLIER)),
    ] {
        let mut record = (*fresh).clone();
        (record.refresh.sent, record.refresh.unanswered_since) = (sent, unanswered_since);
        let next = RefreshSent::new(NOW, NOW, 8);
        let noted = with(&record, next).refresh;
        assert_eq!((noted.sent, noted.unanswered_since), (Some(next), known));
        assert_eq!(not_sent(&record).refresh.unanswered_since, known);
    }
}

#[tokio::test(start_paused = true)]
async fn a_note_is_taken_back_once_the_store_is_there_again() {
    for operation in [Operation::LoadLaunch, Operation::ReplaceLaunch] {
        let (launch, before) = noted().await;
        launch.troubles.fail(operation, 10);
        take_it_back(&launch, before).await;
        assert_eq!(launch.stored().await.0.refresh.sent, None, "{operation:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn taking_back_a_note_is_given_up_after_five_minutes() {
    let (launch, before) = noted().await;
    launch.troubles.fail(Operation::LoadLaunch, 10_000);
    let began = Instant::now();
    take_it_back(&launch, before).await;
    let took = began.elapsed();
    assert!(
        took <= UNTIL_TAKEN_BACK && took > UNTIL_TAKEN_BACK - Duration::from_secs(1),
        "{took:?}"
    );
    launch.troubles.fail(Operation::LoadLaunch, 0);
    assert_eq!(launch.stored().await.0.refresh.sent, Some(sent_until(NOW)));
}

#[tokio::test(start_paused = true)]
async fn a_note_is_taken_back_although_somebody_writes_to_the_record_at_the_same_moment() {
    let (launch, before) = noted().await;
    launch.troubles.overtake_the_next_write();
    take_it_back(&launch, before).await;
    assert_eq!(launch.stored().await.0.refresh.sent, None);
}

/// The write of the note may still be under way: it must not find the version that it expects.
#[tokio::test(start_paused = true)]
async fn a_note_that_has_not_come_yet_cannot_come_any_more_once_it_is_taken_back() {
    let launch = TestLaunch::open(|_| {}).await;
    let (record, before) = launch.stored().await;
    take_it_back(&launch, before).await;
    let late = with(&record, sent_until(NOW));
    let writing = launch.runtime().store.replace_launch(launch.key, before, late);
    assert!(matches!(writing.await.unwrap(), Replaced::Conflict));
    assert_eq!(launch.stored().await.0.refresh.sent, None);
}

#[tokio::test(start_paused = true)]
async fn what_others_have_written_instead_of_a_note_stays_as_it_is() {
    let launch = TestLaunch::open(|_| {}).await;
    let (record, before) = launch.stored().await;
    let others = RefreshSent::new(NOW, NOW, 8);
    let version = launch.write(before, with(&record, others)).await;
    take_it_back(&launch, before).await;
    let (stored, stored_version) = launch.stored().await;
    assert_eq!((stored.refresh.sent, stored_version), (Some(others), version));
}
