//! A memory store that can be away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    EndReason, MemoryStore, Timestamp,
    store::{
        BrowserKey, CallbackOutcome, Claim, LaunchKey, LaunchRecord, LeaseOwner, LoadedLaunch, OthersOnOpen,
        PendingKey, PendingRecord, Replaced, StoreError, StoreFuture, StoreRules, TokenStoreBackend, Version,
    },
};

/// A memory store whose operations all fail while it is away. Clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct FailingStore {
    memory: Arc<MemoryStore>,
    away: Arc<AtomicBool>,
}

impl FailingStore {
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn unless_away<'a, T: 'a>(&'a self, operation: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        if self.away.load(Ordering::SeqCst) {
            Box::pin(async { Err(StoreError::Unavailable) })
        } else {
            operation
        }
    }
}

impl TokenStoreBackend for FailingStore {
    fn insert_pending<'a>(
        &'a self,
        key: PendingKey,
        record: PendingRecord,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.unless_away(self.memory.insert_pending(key, record, rules, now))
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, browser: BrowserKey, now: Timestamp) -> StoreFuture<'a, Claim> {
        self.unless_away(self.memory.claim_pending(key, browser, now))
    }

    fn release_pending<'a>(&'a self, key: PendingKey, now: Timestamp) -> StoreFuture<'a, ()> {
        self.unless_away(self.memory.release_pending(key, now))
    }

    fn finish_pending<'a>(&'a self, key: PendingKey, outcome: CallbackOutcome, now: Timestamp) -> StoreFuture<'a, ()> {
        self.unless_away(self.memory.finish_pending(key, outcome, now))
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, usize> {
        self.unless_away(self.memory.open_launch(key, record, others, rules, now))
    }

    fn load_launch<'a>(&'a self, key: LaunchKey, rules: StoreRules, now: Timestamp) -> StoreFuture<'a, LoadedLaunch> {
        self.unless_away(self.memory.load_launch(key, rules, now))
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, Replaced> {
        self.unless_away(self.memory.replace_launch(key, expected, record, rules, now))
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.unless_away(self.memory.end_launch(key, reason, rules, now))
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, usize> {
        self.unless_away(self.memory.end_all_of(browser, reason, rules, now))
    }

    fn acquire_lease<'a>(
        &'a self,
        key: LaunchKey,
        owner: LeaseOwner,
        ttl: Duration,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.unless_away(self.memory.acquire_lease(key, owner, ttl, now))
    }

    fn process_local(&self) -> Option<usize> {
        self.memory.process_local()
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        self.unless_away(self.memory.release_lease(key, owner))
    }
}
