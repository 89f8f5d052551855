//! How long something is tried again for: [`Patience`].

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The most that one attempt counts for. A process that is stopped in the middle of one has not tried meanwhile.
const ONE_ATTEMPT: Duration = Duration::from_secs(5);
/// The pauses: the first, and the longest. A request that waits for this launch waits little longer than this once the
/// store is back.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(250));

/// The time that is left for trying again, with pauses that grow.
pub(crate) struct Patience {
    left: Duration,
    pause: Duration,
    since: Instant,
}

impl Patience {
    pub(crate) fn of(left: Duration) -> Self {
        Self {
            left,
            pause: PAUSE.0,
            since: Instant::now(),
        }
    }

    /// Pauses, and says whether to try again.
    pub(crate) async fn allows_another(&mut self) -> bool {
        let attempt = self.since.elapsed().min(ONE_ATTEMPT);
        self.left = self.left.saturating_sub(attempt + self.pause);
        if self.left.is_zero() {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE.1);
        self.since = Instant::now();
        true
    }
}

#[cfg(test)]
mod tests;
