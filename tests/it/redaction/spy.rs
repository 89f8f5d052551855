//! A token store that keeps everything it is given: the secrets, to look for, and what `Debug` says, to look in.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_smart_auth::{
    EndReason, MemoryStore, Timestamp,
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, JustEnded, LaunchKey, LaunchRecord, LaunchUse, LeaseOwner,
        ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced, SealingKeys, StoreFuture, StoreRules,
        TokenStoreBackend, Version,
    },
};

use super::secrets::Secrets;

#[derive(Clone, Default)]
pub(super) struct Spy {
    memory: Arc<MemoryStore>,
    shown: Arc<Mutex<Vec<String>>>,
    pub(super) secrets: Secrets,
}

impl Spy {
    /// `Debug` of everything that went in, and of the store.
    pub(super) fn shown(&self) -> String {
        let mut shown = self.shown.lock().unwrap().join("\n");
        shown.push_str(&format!("{:?}", self.memory));
        shown
    }

    /// The latest refresh token.
    pub(super) fn refresh_token(&self) -> String {
        self.secrets.last("refresh token")
    }

    fn show(&self, what: impl std::fmt::Debug) {
        self.shown.lock().unwrap().push(format!("{what:?}\n{what:#?}"));
    }

    fn learn(&self, record: &LaunchRecord) {
        self.show(record);
        let tokens = &record.tokens;
        self.secrets.add("access token", tokens.access_token().expose_secret());
        if let Some(token) = tokens.refresh_token() {
            self.secrets.add("refresh token", token.expose_secret());
        }
        if let Some(token) = tokens.raw_id_token() {
            self.secrets.add("id token", token.expose_secret());
        }
    }
}

impl std::fmt::Debug for Spy {
    /// As the store that it stands for: it is shown as a part of the configuration.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.memory.fmt(f)
    }
}

impl TokenStoreBackend for Spy {
    fn sealing_keys(&self) -> Option<SealingKeys> {
        self.memory.sealing_keys()
    }

    fn claim_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        until: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'a, Claim> {
        self.show((&key, &callback));
        let claim = self.memory.claim_pending(key, callback, until, now);
        Box::pin(async move {
            let claim = claim.await;
            self.show(&claim);
            claim
        })
    }

    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.memory.release_pending(key, callback, claimed_at)
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
        now: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.show(&outcome);
        if let CallbackOutcome::Landed {
            secret, new_browser, ..
        } = &outcome
        {
            self.secrets.add("launch cookie", secret.expose_secret());
            if let Some(id) = new_browser {
                self.secrets.add("browser cookie", id.expose_secret());
            }
        }
        self.memory.finish_pending(key, callback, outcome, now)
    }

    fn launches_of<'a>(
        &'a self,
        browser: BrowserKey,
        user: Option<[u8; 32]>,
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<ListedLaunch>> {
        let listed = self.memory.launches_of(browser, user, now);
        Box::pin(async move {
            let listed = listed.await;
            self.show(&listed);
            listed
        })
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.memory.remember(browser, memo, value, keep, rules, now)
    }

    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo, now: Timestamp) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.memory.recall(browser, memo, now)
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, JustEnded> {
        self.learn(&record);
        self.memory.open_launch(key, record, others, rules, now)
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, LoadedLaunch> {
        let loaded = self.memory.load_launch(key, launch_use, rules, now);
        Box::pin(async move {
            let loaded = loaded.await;
            self.show(&loaded);
            loaded
        })
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, Replaced> {
        self.learn(&record);
        self.memory.replace_launch(key, expected, record, rules, now)
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, JustEnded> {
        self.memory.end_launch(key, reason, rules, now)
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> StoreFuture<'a, JustEnded> {
        self.memory.end_all_of(browser, reason, rules, now)
    }

    fn acquire_lease<'a>(
        &'a self,
        key: LaunchKey,
        owner: LeaseOwner,
        ttl: Duration,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        self.memory.acquire_lease(key, owner, ttl, now)
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        self.memory.release_lease(key, owner)
    }
}
