use tokio::time::{Instant, sleep};

use super::*;
use crate::launch::refresh::test_launch::TestLaunch;

const STEP: Duration = Duration::from_secs(1);

impl TestLaunch {
    /// Whether somebody else gets the lease now, for a moment.
    async fn is_free(&self) -> bool {
        let other = Lease::of(self.runtime(), self.key);
        let is_free = other.acquire().await.unwrap();
        other.give_up().await.unwrap();
        is_free
    }

    /// Both times pass, and whoever waits for the one goes on.
    async fn pass(&self, step: Duration) {
        self.clock.advance(step);
        sleep(step).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_held_for_as_long_as_the_work_takes_and_free_afterwards() {
    let launch = TestLaunch::open(|_| {}).await;
    let lease = Lease::of(launch.runtime(), launch.key);
    assert!(lease.acquire().await.unwrap());
    let began = Instant::now();
    let work = async {
        while began.elapsed() < 5 * LEASE {
            launch.pass(STEP).await;
            assert!(!launch.is_free().await, "after {:?}", began.elapsed());
        }
    };
    lease.held_during(work).await;
    assert!(launch.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_nobody_renews_runs_out() {
    let launch = TestLaunch::open(|_| {}).await;
    assert!(Lease::of(launch.runtime(), launch.key).acquire().await.unwrap());
    launch.pass(LEASE.saturating_sub(STEP)).await;
    assert!(!launch.is_free().await);
    launch.pass(STEP).await;
    assert!(launch.is_free().await);
}
