//! The promises of a store, kept by [`PostgresStore`].

use std::time::Duration;

use super::{
    PostgresStore,
    call::{Call, Function},
};
use crate::{
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
        LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced,
        SealingKeys, SetupFuture, StoreFuture, StoreRules, TokenStoreBackend, ValueKey, Version,
    },
    time::Timestamp,
};

// No future here holds anything that a dropped one would leave behind: a statement that was sent runs or does not.
impl TokenStoreBackend for PostgresStore {
    fn sealing_keys(&self) -> Option<SealingKeys> {
        self.inner.sealer.keys()
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        Box::pin(self.claim(key, callback, until))
    }

    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        Box::pin(self.release(key, callback, claimed_at))
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.finish(key, callback, &outcome).await })
    }

    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        Box::pin(self.list(browser, user))
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        Box::pin(self.note(browser, memo, value, keep, rules))
    }

    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>> {
        Box::pin(self.noted(browser, memo))
    }

    fn load_value<'a>(&'a self, key: ValueKey) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(self.value(key))
    }

    fn swap_value<'a>(
        &'a self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> StoreFuture<'a, bool> {
        Box::pin(self.swap(key, expected, value, until))
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        Box::pin(self.open(key, record, others, rules))
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        Box::pin(self.load(key, launch_use, rules))
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        _rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        Box::pin(self.replace(key, expected, record))
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        Box::pin(self.end(key, which, reason, rules))
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        Box::pin(self.end_all(browser, reason, rules))
    }

    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool> {
        Box::pin(self.take_lease(key, owner, ttl))
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        Box::pin(self.give_up_lease(key, owner))
    }

    fn look_at_setup(&self) -> SetupFuture<'_> {
        Box::pin(self.setup())
    }

    fn time(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.call(Call::new(Function::Time)).await?.read(|_| Ok(())) })
    }
}
