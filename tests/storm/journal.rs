//! What the store acknowledged, written down by the application process itself.
//!
//! A process that is killed cannot be asked afterwards; its file can. So a lost launch is put down to a kill only when
//! the new tokens really were not saved before it.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::Mutex,
    time::Duration,
};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndWhich, EndedLaunches, LaunchEnd, LaunchKey, LaunchRecord,
        LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey, Replaced, SealingKeys, StoreFuture,
        StoreRules, TokenStoreBackend, Version,
    },
    time::{Clock as _, SystemClock, Timestamp},
};

/// One acknowledged write.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    /// Milliseconds since the epoch.
    pub(crate) at: u64,
    pub(crate) refresh_token: String,
}

/// Reads what processes wrote.
pub(crate) fn read(path: &Path) -> Vec<Saved> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let saved = |line: &str| {
        let (at, token) = line.split_once(' ')?;
        Some(Saved {
            at: at.parse().ok()?,
            refresh_token: token.to_owned(),
        })
    };
    text.lines().filter_map(saved).collect()
}

/// A store that writes down which refresh tokens it has.
#[derive(Debug)]
pub(crate) struct Journaled<S> {
    store: S,
    file: Mutex<File>,
}

impl<S> Journaled<S> {
    pub(crate) fn new(store: S, path: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Self {
            store,
            file: Mutex::new(file),
        }
    }

    fn acknowledged(&self, token: Option<String>) {
        if let Some(token) = token {
            let line = format!("{} {token}\n", SystemClock.now().as_millis());
            // In one piece, and without a buffer that would die with the process.
            self.file.lock().unwrap().write_all(line.as_bytes()).unwrap();
        }
    }
}

fn refresh_token(record: &LaunchRecord) -> Option<String> {
    record
        .tokens
        .refresh_token()
        .map(|token| token.expose_secret().to_owned())
}

impl<S: TokenStoreBackend> TokenStoreBackend for Journaled<S> {
    fn sealing_keys(&self) -> Option<SealingKeys> {
        self.store.sealing_keys()
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        self.store.claim_pending(key, callback, until)
    }

    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        self.store.release_pending(key, callback, claimed_at)
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()> {
        self.store.finish_pending(key, callback, outcome)
    }

    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        self.store.launches_of(browser, user)
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.store.remember(browser, memo, value, keep, rules)
    }

    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>> {
        self.store.recall(browser, memo)
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        Box::pin(async move {
            let token = refresh_token(&record);
            let ended = self.store.open_launch(key, record, others, rules).await?;
            self.acknowledged(token);
            Ok(ended)
        })
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        self.store.load_launch(key, launch_use, rules)
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        Box::pin(async move {
            let token = refresh_token(&record);
            let replaced = self.store.replace_launch(key, expected, record, rules).await?;
            if matches!(replaced.value, Replaced::Written(_)) {
                self.acknowledged(token);
            }
            Ok(replaced)
        })
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        self.store.end_launch(key, which, reason, rules)
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.store.end_all_of(browser, reason, rules)
    }

    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool> {
        self.store.acquire_lease(key, owner, ttl)
    }

    fn time(&self) -> StoreFuture<'_, ()> {
        self.store.time()
    }

    fn process_local(&self) -> Option<usize> {
        self.store.process_local()
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        self.store.release_lease(key, owner)
    }
}
