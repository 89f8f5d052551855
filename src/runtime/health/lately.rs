//! What was seen within the last second, looked at once for all who ask: [`Lately`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    runtime::single_flight::{Joined, SingleFlight},
    time::{Clock, Timestamp},
};

/// How long what was seen is told again: strangers must not make much work.
const TOLD_AGAIN: Duration = Duration::from_secs(1);

/// What was seen last, and the look that is under way.
#[derive(Debug)]
pub(crate) struct Lately<T> {
    /// And when, by the steady clock.
    last: Mutex<Option<(Timestamp, T)>>,
    running: SingleFlight<(), T>,
}

impl<T: Copy + Send + Sync + 'static> Lately<T> {
    /// Looks, unless somebody does or has just done so.
    pub(super) async fn seen<F>(self: &Arc<Self>, clock: &Arc<dyn Clock>, look: impl Fn() -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        if let Some(known) = self.known(clock.steady()) {
            return known;
        }
        let waiter = match self.running.join(()) {
            Joined::Waiter(waiter) => waiter,
            Joined::Leader(leader, waiter) => {
                let (lately, clock, looking) = (Arc::clone(self), Arc::clone(clock), look());
                // It goes on when the one who asked first hangs up: the others wait for it.
                drop(tokio::spawn(async move {
                    let seen = looking.await;
                    lately.keep(clock.steady(), seen);
                    leader.complete(seen);
                }));
                waiter
            }
        };
        match waiter.result().await {
            Some(seen) => seen,
            // The worker that looked is stopping.
            None => look().await,
        }
    }

    fn known(&self, now: Timestamp) -> Option<T> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.and_then(|(at, seen)| (now.saturating_since(at) < TOLD_AGAIN).then_some(seen))
    }

    fn keep(&self, now: Timestamp, seen: T) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, seen));
    }
}

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self {
            last: Mutex::default(),
            running: SingleFlight::default(),
        }
    }
}
