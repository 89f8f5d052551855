//! A store that hands every operation on to another one: [`Forwarding`].

use std::{fmt, time::Duration};

use super::Operation;
use crate::{
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
        LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced,
        SealingKeys, SetupFuture, StoreFuture, StoreRules, TokenStoreBackend, ValueKey, Version,
    },
    time::Timestamp,
};

/// A store in front of another one, for tests. What implements this is a [`TokenStoreBackend`].
///
/// Without more than [`inner`](Self::inner) it does what the store behind it does. Override [`pass`](Self::pass) to
/// count, delay or fail operations whatever they are about; override one operation to look at what it is given or
/// answers.
///
/// # Examples
///
/// A store that gives no leases:
///
/// ```
/// use actix_smart_auth::store::{MemoryStore, TokenStore, StoreError, StoreFuture, testing::{Forwarding, Operation}};
///
/// #[derive(Debug)]
/// struct WithoutLeases(MemoryStore);
///
/// impl Forwarding for WithoutLeases {
///     type Inner = MemoryStore;
///
///     fn inner(&self) -> &MemoryStore {
///         &self.0
///     }
///
///     fn pass<'a, T: Send + 'a>(&'a self, operation: Operation, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
///         match operation {
///             Operation::AcquireLease => Box::pin(async { Err(StoreError::Unavailable) }),
///             _ => work,
///         }
///     }
/// }
///
/// let store = TokenStore::new(WithoutLeases(MemoryStore::new()));
/// # let _ = store;
/// ```
pub trait Forwarding: fmt::Debug + Send + Sync + 'static {
    /// The store behind it.
    type Inner: TokenStoreBackend;

    /// The store behind it.
    fn inner(&self) -> &Self::Inner;

    /// Every operation passes here. `work` does it when it is awaited, and does nothing when it is dropped.
    ///
    /// Default: `work` itself.
    fn pass<'a, T: Send + 'a>(&'a self, operation: Operation, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let _ = operation;
        work
    }

    /// See [`TokenStoreBackend::sealing_keys`].
    fn sealing_keys(&self) -> Option<SealingKeys> {
        self.inner().sealing_keys()
    }

    /// See [`TokenStoreBackend::process_local`].
    fn process_local(&self) -> Option<usize> {
        self.inner().process_local()
    }

    /// See [`TokenStoreBackend::look_at_setup`].
    fn look_at_setup(&self) -> SetupFuture<'_> {
        self.inner().look_at_setup()
    }

    /// See [`TokenStoreBackend::open_launches`].
    fn open_launches(&self) -> Option<usize> {
        self.inner().open_launches()
    }

    /// See [`TokenStoreBackend::claim_pending`].
    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        self.inner().claim_pending(key, callback, until)
    }

    /// See [`TokenStoreBackend::release_pending`].
    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.inner().release_pending(key, callback, claimed_at)
    }

    /// See [`TokenStoreBackend::finish_pending`].
    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()> {
        self.inner().finish_pending(key, callback, outcome)
    }

    /// See [`TokenStoreBackend::launches_of`].
    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        self.inner().launches_of(browser, user)
    }

    /// See [`TokenStoreBackend::remember`].
    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.inner().remember(browser, memo, value, keep, rules)
    }

    /// See [`TokenStoreBackend::recall`].
    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.inner().recall(browser, memo)
    }

    /// See [`TokenStoreBackend::load_value`].
    fn load_value<'a>(&'a self, key: ValueKey) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.inner().load_value(key)
    }

    /// See [`TokenStoreBackend::swap_value`].
    fn swap_value<'a>(
        &'a self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.inner().swap_value(key, expected, value, until)
    }

    /// See [`TokenStoreBackend::open_launch`].
    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.inner().open_launch(key, record, others, rules)
    }

    /// See [`TokenStoreBackend::load_launch`].
    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        self.inner().load_launch(key, launch_use, rules)
    }

    /// See [`TokenStoreBackend::replace_launch`].
    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        self.inner().replace_launch(key, expected, record, rules)
    }

    /// See [`TokenStoreBackend::end_launch`].
    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        self.inner().end_launch(key, which, reason, rules)
    }

    /// See [`TokenStoreBackend::end_all_of`].
    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.inner().end_all_of(browser, reason, rules)
    }

    /// See [`TokenStoreBackend::acquire_lease`].
    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool> {
        self.inner().acquire_lease(key, owner, ttl)
    }

    /// See [`TokenStoreBackend::release_lease`].
    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        self.inner().release_lease(key, owner)
    }

    /// See [`TokenStoreBackend::time`].
    fn time(&self) -> StoreFuture<'_, ()> {
        self.inner().time()
    }
}

impl<F: Forwarding> TokenStoreBackend for F {
    fn sealing_keys(&self) -> Option<SealingKeys> {
        Forwarding::sealing_keys(self)
    }

    fn process_local(&self) -> Option<usize> {
        Forwarding::process_local(self)
    }

    fn look_at_setup(&self) -> SetupFuture<'_> {
        Forwarding::look_at_setup(self)
    }

    fn open_launches(&self) -> Option<usize> {
        Forwarding::open_launches(self)
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        self.pass(
            Operation::ClaimPending,
            Box::pin(async move { Forwarding::claim_pending(self, key, callback, until).await }),
        )
    }

    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.pass(
            Operation::ReleasePending,
            Box::pin(async move { Forwarding::release_pending(self, key, callback, claimed_at).await }),
        )
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()> {
        self.pass(
            Operation::FinishPending,
            Box::pin(async move { Forwarding::finish_pending(self, key, callback, outcome).await }),
        )
    }

    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        self.pass(
            Operation::LaunchesOf,
            Box::pin(async move { Forwarding::launches_of(self, browser, user).await }),
        )
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.pass(
            Operation::Remember,
            Box::pin(async move { Forwarding::remember(self, browser, memo, value, keep, rules).await }),
        )
    }

    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.pass(
            Operation::Recall,
            Box::pin(async move { Forwarding::recall(self, browser, memo).await }),
        )
    }

    fn load_value<'a>(&'a self, key: ValueKey) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.pass(
            Operation::LoadValue,
            Box::pin(async move { Forwarding::load_value(self, key).await }),
        )
    }

    fn swap_value<'a>(
        &'a self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.pass(
            Operation::SwapValue,
            Box::pin(async move { Forwarding::swap_value(self, key, expected, value, until).await }),
        )
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.pass(
            Operation::OpenLaunch,
            Box::pin(async move { Forwarding::open_launch(self, key, record, others, rules).await }),
        )
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        self.pass(
            Operation::LoadLaunch,
            Box::pin(async move { Forwarding::load_launch(self, key, launch_use, rules).await }),
        )
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        self.pass(
            Operation::ReplaceLaunch,
            Box::pin(async move { Forwarding::replace_launch(self, key, expected, record, rules).await }),
        )
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        self.pass(
            Operation::EndLaunch,
            Box::pin(async move { Forwarding::end_launch(self, key, which, reason, rules).await }),
        )
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.pass(
            Operation::EndAllOf,
            Box::pin(async move { Forwarding::end_all_of(self, browser, reason, rules).await }),
        )
    }

    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool> {
        self.pass(
            Operation::AcquireLease,
            Box::pin(async move { Forwarding::acquire_lease(self, key, owner, ttl).await }),
        )
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        self.pass(
            Operation::ReleaseLease,
            Box::pin(async move { Forwarding::release_lease(self, key, owner).await }),
        )
    }

    fn time(&self) -> StoreFuture<'_, ()> {
        self.pass(Operation::Time, Box::pin(async move { Forwarding::time(self).await }))
    }
}
