//! What a request gets that asks for a usable token.

use super::{
    test_launch::{NOW, TestLaunch},
    *,
};

/// A launch whose token has run out, and which nothing renews. Somebody has written to it since the request has loaded it.
async fn dead_and_written_since(change: impl FnOnce(&mut LaunchRecord)) -> (TestLaunch, Stored) {
    let launch = TestLaunch::open(|record| {
        record.tokens.expires_at = NOW;
        record.tokens.refresh_token = None;
    })
    .await;
    let loaded = launch.stored().await;
    let mut newer = (*loaded.0).clone();
    change(&mut newer);
    launch.write(loaded.1, newer).await;
    (launch, loaded)
}

async fn fresh(launch: &TestLaunch, loaded: Stored) -> Result<Arc<LaunchRecord>, LaunchError> {
    let refresher = launch.config.refresher();
    refresher.ensure_fresh(launch.key, loaded, LaunchUse::Counts).await
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_somebody_has_written_to_since_it_was_judged_dead_goes_on_with_the_token_that_is_stored() {
    let usable = NOW.saturating_add(Duration::from_secs(3600));
    let (launch, loaded) = dead_and_written_since(|record| record.tokens.expires_at = usable).await;
    let got = fresh(&launch, loaded).await.unwrap();
    assert_eq!(got.tokens.expires_at(), usable);
}

#[tokio::test(start_paused = true)]
async fn no_request_gets_a_token_that_has_run_out_also_where_somebody_has_just_written_it() {
    let (launch, loaded) = dead_and_written_since(|_| {}).await;
    let got = fresh(&launch, loaded).await;
    assert!(
        matches!(
            got,
            Err(LaunchError::Unavailable {
                cause: RefreshFailure::Unanswered,
                retry_after: SHORTLY,
                ..
            })
        ),
        "{got:?}"
    );
    // The next request ends what it has loaded.
    let loaded = launch.stored().await;
    let got = fresh(&launch, loaded).await;
    assert!(
        matches!(got, Err(LaunchError::Ended(EndReason::TokenExpired))),
        "{got:?}"
    );
}

/// A launch whose token is due, works for a minute more, and whose EHR does not answer yet.
async fn due_for_a_minute() -> TestLaunch {
    TestLaunch::open(|record| {
        record.tokens.requested_at = NOW.saturating_sub(Duration::from_secs(3540));
        record.tokens.expires_at = NOW.saturating_add(Duration::from_secs(60));
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_token_runs_out_while_it_waits_gets_the_new_one_when_it_comes_in_the_time_of_those_without_one()
{
    let launch = due_for_a_minute().await;
    let held = launch.hold_answers();
    let loaded = launch.stored().await;
    // While this waits for its end, the time of `tokio` stands still.
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let ehr = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        launch.clock.advance(Duration::from_secs(60));
        tokio::time::sleep(Duration::from_secs(2)).await;
        drop(tokio::task::spawn_blocking(move || is_done.recv()));
        drop(held);
    };
    let (got, ()) = tokio::join!(fresh(&launch, loaded), ehr);
    drop(done);
    let record = got.unwrap();
    assert!(record.tokens.is_usable(launch.runtime().now()), "{record:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_as_long_in_all_as_its_token_allows_when_the_time_is_over() {
    let runs_out_after = async |passed| {
        let launch = due_for_a_minute().await;
        let _held = launch.hold_answers();
        let loaded = launch.stored().await;
        let began = tokio::time::Instant::now();
        let clock = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            launch.clock.advance(passed);
        };
        let (got, ()) = tokio::join!(fresh(&launch, loaded), clock);
        (got.is_ok(), began.elapsed().as_secs())
    };
    // From the last half minute of its life on a token is not handed out any more.
    assert_eq!(runs_out_after(Duration::from_secs(20)).await, (true, 2));
    assert_eq!(runs_out_after(Duration::from_secs(60)).await, (false, 10));
}
