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
