//! A token store that keeps everything it is given: the secrets, to look for, and what `Debug` says, to look in.

use std::sync::{Arc, Mutex};

use actix_smart_auth::{
    LaunchUse,
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndedLaunches, LaunchKey, LaunchRecord, ListedLaunch,
        LoadedLaunch, MemoryStore, OthersOnOpen, PendingKey, Replaced, StoreFuture, StoreRules, TokenStoreBackend as _,
        Version, testing::Forwarding,
    },
    time::Timestamp,
};

use super::secrets::Secrets;

#[derive(Clone)]
pub(super) struct Spy {
    memory: Arc<MemoryStore>,
    shown: Arc<Mutex<Vec<String>>>,
    pub(super) secrets: Secrets,
    /// Who signed in. No secret: applications show it, and no line of the log does.
    pub(super) users: Secrets,
}

impl Default for Spy {
    fn default() -> Self {
        Self {
            memory: Arc::new(crate::support::memory_store()),
            shown: Arc::default(),
            secrets: Secrets::default(),
            users: Secrets::default(),
        }
    }
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
        if let Some(user) = &record.identity {
            for name in [Some(user.subject()), user.name(), user.preferred_username()] {
                // Shorter ones are in other words.
                if let Some(name) = name.filter(|name| name.len() >= 8) {
                    self.users.add("user", name);
                }
            }
        }
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

impl Forwarding for Spy {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.memory
    }

    /// The applications of a test share one, as they would share a server.
    fn process_local(&self) -> Option<usize> {
        None
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        self.show((&key, &callback));
        let claim = self.memory.claim_pending(key, callback, until);
        Box::pin(async move {
            let claim = claim.await;
            self.show(&claim);
            claim
        })
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
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
        self.memory.finish_pending(key, callback, outcome)
    }

    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        let listed = self.memory.launches_of(browser, user);
        Box::pin(async move {
            let listed = listed.await;
            self.show(&listed);
            listed
        })
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        self.learn(&record);
        self.memory.open_launch(key, record, others, rules)
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        let loaded = self.memory.load_launch(key, launch_use, rules);
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
    ) -> StoreFuture<'a, Replaced> {
        self.learn(&record);
        self.memory.replace_launch(key, expected, record, rules)
    }
}
