//! The store that is tested, at any time that a test says: [`Subject`].

use std::time::Duration;

use crate::{
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
        LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced,
        StoreError, StoreFuture, StoreRules, TokenStore, TokenStoreBackend, ValueKey, Version,
    },
    time::{ManualClock, Timestamp},
};

/// A store and the clock that it was made to go by. Each operation sets the clock first. Clones share both.
#[derive(Debug, Clone)]
pub struct Subject {
    store: TokenStore,
    clock: ManualClock,
}

impl Subject {
    /// Makes the store, with the clock that it has to take for its own.
    pub fn new<B: TokenStoreBackend>(make: impl FnOnce(ManualClock) -> B) -> Self {
        let clock = ManualClock::default();
        Self {
            store: TokenStore::new(make(clock.clone())),
            clock,
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &TokenStore {
        &self.store
    }

    /// Sets the store's time.
    pub fn set_time(&self, now: Timestamp) {
        self.clock.set(now);
    }

    fn at(&self, now: Timestamp) -> &dyn TokenStoreBackend {
        self.set_time(now);
        self.store.backend()
    }
}

async fn value<T>(operation: StoreFuture<'_, T>) -> Result<T, StoreError> {
    Ok(operation.await?.value)
}

/// The operations of a [`TokenStoreBackend`], each at a moment. Each fails as the operation does.
#[expect(clippy::missing_errors_doc, reason = "said above, for all of them")]
impl Subject {
    /// See [`TokenStoreBackend::claim_pending`].
    pub async fn claim_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        value(self.at(now).claim_pending(key, callback, until)).await
    }

    /// See [`TokenStoreBackend::release_pending`].
    pub async fn release_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> Result<(), StoreError> {
        value(self.store.backend().release_pending(key, callback, claimed_at)).await
    }

    /// See [`TokenStoreBackend::finish_pending`].
    pub async fn finish_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        value(self.at(now).finish_pending(key, callback, outcome)).await
    }

    /// See [`TokenStoreBackend::launches_of`].
    pub async fn launches_of(
        &self,
        browser: BrowserKey,
        user: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Vec<ListedLaunch>, StoreError> {
        value(self.at(now).launches_of(browser, user)).await
    }

    /// See [`TokenStoreBackend::remember`].
    pub async fn remember(
        &self,
        browser: BrowserKey,
        memo: Memo,
        given: Vec<u8>,
        keep: usize,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        value(self.at(now).remember(browser, memo, given, keep, rules)).await
    }

    /// See [`TokenStoreBackend::recall`].
    pub async fn recall(&self, browser: BrowserKey, memo: Memo, now: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
        value(self.at(now).recall(browser, memo)).await
    }

    /// See [`TokenStoreBackend::load_value`].
    pub async fn load_value(&self, key: ValueKey, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        value(self.at(now).load_value(key)).await
    }

    /// See [`TokenStoreBackend::swap_value`].
    pub async fn swap_value(
        &self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        new: Option<Vec<u8>>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        value(self.at(now).swap_value(key, expected, new, until)).await
    }

    /// See [`TokenStoreBackend::open_launch`].
    pub async fn open_launch(
        &self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<EndedLaunches, StoreError> {
        value(self.at(now).open_launch(key, record, others, rules)).await
    }

    /// See [`TokenStoreBackend::load_launch`].
    pub async fn load_launch(
        &self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<LoadedLaunch, StoreError> {
        value(self.at(now).load_launch(key, launch_use, rules)).await
    }

    /// See [`TokenStoreBackend::replace_launch`].
    pub async fn replace_launch(
        &self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<Replaced, StoreError> {
        value(self.at(now).replace_launch(key, expected, record, rules)).await
    }

    /// Ends a launch whatever its version. See [`TokenStoreBackend::end_launch`].
    pub async fn end_launch(
        &self,
        key: LaunchKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<EndedLaunches, StoreError> {
        match value(self.at(now).end_launch(key, EndWhich::Any, reason, rules)).await? {
            LaunchEnd::Ended(ended) => Ok(ended),
            LaunchEnd::Newer => panic!("an end that is meant for any version ends any version"),
        }
    }

    /// Ends one version of a launch. See [`TokenStoreBackend::end_launch`].
    pub async fn end_version(
        &self,
        key: LaunchKey,
        version: Version,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<LaunchEnd, StoreError> {
        let which = EndWhich::Version(version);
        value(self.at(now).end_launch(key, which, reason, rules)).await
    }

    /// See [`TokenStoreBackend::end_all_of`].
    pub async fn end_all_of(
        &self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> Result<EndedLaunches, StoreError> {
        value(self.at(now).end_all_of(browser, reason, rules)).await
    }

    /// See [`TokenStoreBackend::acquire_lease`].
    pub async fn acquire_lease(
        &self,
        key: LaunchKey,
        owner: LeaseOwner,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        value(self.at(now).acquire_lease(key, owner, ttl)).await
    }

    /// See [`TokenStoreBackend::release_lease`].
    pub async fn release_lease(&self, key: LaunchKey, owner: LeaseOwner) -> Result<(), StoreError> {
        value(self.store.backend().release_lease(key, owner)).await
    }
}
