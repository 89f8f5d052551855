//! How much work is running, by name, and a way to wait for none. For `shutdown` and its log lines; no metric.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::Notify;

use crate::meter;

/// The count of running work.
#[derive(Debug, Default)]
pub(super) struct Tally {
    running: Mutex<BTreeMap<&'static str, usize>>,
    idle_blocking: Condvar,
    idle: Notify,
}

/// One piece of running work, until dropped.
#[derive(Debug)]
pub(super) struct Work {
    name: &'static str,
    tally: Arc<Tally>,
    _metered: meter::Held,
}

impl Tally {
    pub(super) fn begin(self: &Arc<Self>, name: &'static str) -> Work {
        *self.counts().entry(name).or_default() += 1;
        Work {
            name,
            tally: Arc::clone(self),
            _metered: meter::ENGINE_RUNNING.hold([]),
        }
    }

    pub(super) fn running(&self) -> usize {
        self.counts().values().sum()
    }

    /// For example `exchange: 1, refresh: 3`.
    pub(super) fn describe(&self) -> String {
        let counts = self.counts();
        let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
        parts.join(", ")
    }

    /// Waits until nothing runs. For one waiter: the engine's thread.
    pub(super) async fn wait_idle(&self) {
        while self.running() > 0 {
            self.idle.notified().await;
        }
    }

    /// Waits until nothing runs, at most for `limit`, and says how much is running then. Blocks.
    pub(super) fn wait_idle_blocking(&self, limit: Duration) -> usize {
        let (counts, _) = self
            .idle_blocking
            .wait_timeout_while(self.counts(), limit, |counts| !counts.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        counts.values().sum()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!(
                work = self.name,
                "an operation of the engine panicked; please report it"
            );
        }
        let mut counts = self.tally.counts();
        if let Some(count) = counts.get_mut(self.name) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(self.name);
            }
        }
        if counts.is_empty() {
            self.tally.idle_blocking.notify_all();
            self.tally.idle.notify_one();
        }
    }
}
