//! Launches in the memory of one process.

mod browser_lists;
mod interned;
mod launches;
mod limits;
mod memos;
mod pendings;
mod shared;
#[cfg(test)]
mod tests;
mod values;

use std::{fmt, sync::Arc, time::Duration};

pub use self::limits::MemoryStoreLimits;
use self::shared::{Counts, Shared};
use crate::{
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
        LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced,
        SealingKeys, Stamped, StoreFuture, StoreRules, TokenStoreBackend, ValueKey, Version,
    },
    time::{Clock, SteadyClock, SystemClock, Timestamp},
};

/// Launches in the memory of this process: for one process, lost when it ends.
///
/// Cheap to clone; clones share the same launches, so make it *outside* of the closure of `HttpServer::new`, which
/// runs once per worker. Bounded by [`MemoryStoreLimits`]. It never fails.
///
/// What has run out is no longer answered from that very moment; its memory is taken back a few entries with every
/// write, never in one long pause.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::store::{MemoryStore, TokenStore, MemoryStoreLimits};
///
/// let store = TokenStore::new(MemoryStore::with_limits(MemoryStoreLimits::default().launches(10_000)));
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    sealing_keys: SealingKeys,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(MemoryStoreLimits::default())
    }

    /// An empty store with these limits.
    #[must_use]
    pub fn with_limits(limits: MemoryStoreLimits) -> Self {
        Self {
            shared: Arc::new(Shared::new(limits)),
            // As short-lived as the launches here.
            sealing_keys: SealingKeys::random(),
            clock: Arc::new(SteadyClock(Arc::new(SystemClock))),
        }
    }

    /// Sets where the store's time comes from. Default: the system's monotonic clock, which nobody can set.
    ///
    /// A configuration without a store of its own gives its memory store the clock that it has
    /// ([`SmartConfigBuilder::clock`](crate::SmartConfigBuilder::clock)).
    #[must_use]
    pub fn timed_by(self, clock: impl Clock) -> Self {
        Self {
            clock: Arc::new(SteadyClock(Arc::new(clock))),
            ..self
        }
    }

    /// Does the work in the first poll, without awaiting anything: no lock outlives a poll.
    fn answer<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&Shared, Timestamp) -> T + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let now = self.clock.now();
            Ok(Stamped::new(work(&self.shared, now), now))
        })
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how much there is, nothing of what.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            browsers,
            launches,
            ended,
            pending,
            lists,
        } = self.shared.counts();
        f.debug_struct("MemoryStore")
            .field("browsers", &browsers)
            .field("launches", &launches)
            .field("ended", &ended)
            .field("pending", &pending)
            .field("lists", &lists)
            .finish()
    }
}

impl TokenStoreBackend for MemoryStore {
    fn time(&self) -> StoreFuture<'_, ()> {
        self.answer(|_, _| ())
    }

    fn open_launches(&self) -> Option<usize> {
        Some(self.shared.open_launches())
    }

    fn process_local(&self) -> Option<usize> {
        Some(Arc::as_ptr(&self.shared) as usize)
    }

    fn sealing_keys(&self) -> Option<SealingKeys> {
        Some(self.sealing_keys.clone())
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        self.answer(move |shared, now| shared.claim_pending(key, callback, until, now))
    }

    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.answer(move |shared, _| shared.release_pending(key, callback, claimed_at))
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()> {
        self.answer(move |shared, _| shared.finish_pending(key, callback, outcome))
    }

    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        self.answer(move |shared, now| shared.launches_of(browser, user, now))
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.answer(move |shared, now| shared.remember(browser, memo, value, keep, rules, now))
    }

    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.answer(move |shared, now| shared.recall(browser, memo, now))
    }

    fn load_value<'a>(&'a self, key: ValueKey) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.answer(move |shared, now| shared.load_value(key, now))
    }

    fn swap_value<'a>(
        &'a self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |shared, now| shared.swap_value(key, expected, value, until, now))
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.answer(move |shared, now| shared.open_launch(key, record, others, rules, now))
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        self.answer(move |shared, now| shared.load_launch(key, launch_use, rules, now))
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        self.answer(move |shared, now| shared.replace_launch(key, expected, record, rules, now))
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        self.answer(move |shared, now| shared.end_launch(key, which, reason, rules, now))
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.answer(move |shared, now| shared.end_all_of(browser, reason, rules, now))
    }

    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool> {
        self.answer(move |shared, now| shared.acquire_lease(key, owner, ttl, now))
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        self.answer(move |shared, _| shared.release_lease(key, owner))
    }
}
