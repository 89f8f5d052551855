use super::*;
use crate::launch::refresh::test_launch::TestLaunch;

const REASON: EndReason = EndReason::TokenExpired;

async fn ended(launch: &TestLaunch, version: Version) -> (usize, RefreshOutcome) {
    let ending = end_and_hand_out(launch.runtime(), launch.key, version, REASON).await;
    let (ended, outcome) = ending.unwrap();
    (ended.count(), outcome)
}

#[tokio::test(start_paused = true)]
async fn the_version_that_was_judged_dead_ends() {
    let launch = TestLaunch::open(|_| {}).await;
    let (_, version) = launch.stored().await;
    let (count, outcome) = ended(&launch, version).await;
    assert_eq!(count, 1);
    assert!(matches!(outcome, RefreshOutcome::Ended(REASON)), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_newer_version_than_the_one_that_was_judged_dead_goes_on() {
    let launch = TestLaunch::open(|_| {}).await;
    let (record, judged) = launch.stored().await;
    let newer = launch.write(judged, (*record).clone()).await;
    let (count, outcome) = ended(&launch, judged).await;
    assert_eq!(count, 0);
    assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
    assert_eq!(launch.stored().await.1, newer);
}

/// A person who signed out while the EHR was asked is not told that the token ran out, and is not sent to a new launch.
#[tokio::test(start_paused = true)]
async fn a_launch_that_has_ended_before_keeps_the_reason_that_it_had() {
    let launch = TestLaunch::open(|_| {}).await;
    let (_, version) = launch.stored().await;
    let store = &launch.runtime().store;
    store.end_launch(launch.key, EndReason::LoggedOut).await.unwrap();
    let (count, outcome) = ended(&launch, version).await;
    assert_eq!(count, 0);
    assert!(
        matches!(outcome, RefreshOutcome::Ended(EndReason::LoggedOut)),
        "{outcome:?}"
    );
}
