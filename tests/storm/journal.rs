//! What the store acknowledged, written down by the application process itself.
//!
//! A process that is killed cannot be asked afterwards; its file can. So a lost launch is put down to a kill only when
//! the new tokens really were not saved before it.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::Mutex,
};

use actix_smart_auth::{
    store::{
        EndedLaunches, LaunchKey, LaunchRecord, OthersOnOpen, Replaced, StoreFuture, StoreRules, TokenStoreBackend,
        Version, testing::Forwarding,
    },
    time::{Clock as _, SystemClock},
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

impl<S: TokenStoreBackend> Forwarding for Journaled<S> {
    type Inner = S;

    fn inner(&self) -> &S {
        &self.store
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
}
