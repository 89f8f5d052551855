//! What the store answered to writes of launches, written down by the application process itself.
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
    EndReason,
    store::{
        EndWhich, EndedLaunches, LaunchEnd, LaunchKey, LaunchRecord, OthersOnOpen, Replaced, Stamped, StoreError,
        StoreFuture, StoreRules, TokenStoreBackend, Version, testing::Forwarding,
    },
    time::{Clock as _, SystemClock},
};
use serde::{Deserialize, Serialize};

use crate::slots::slot_of;

/// An answer of the store to a process that wanted to write the record of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Write {
    /// When it came, in milliseconds since the epoch.
    pub(crate) at: u64,
    /// Which process asked.
    pub(crate) agent: String,
    /// The launch. Good for nothing else.
    pub(crate) launch: String,
    /// Where a Redis Cluster has it.
    pub(crate) slot: u16,
    pub(crate) what: What,
    pub(crate) reply: Reply,
}

/// What a process wanted to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    /// The launch, for the first time.
    Opening { refresh_token: String },
    /// That this refresh token is being sent.
    Note { refresh_token: String },
    /// What came of a refresh: a record with this refresh token, and without such a note.
    Outcome { refresh_token: String },
    /// That the launch has ended.
    End { reason: String },
}

/// What the store said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    Written,
    /// Somebody else has written.
    Conflict,
    /// The launch is not open any more.
    Gone,
    /// Nothing that could be used.
    Failed,
}

impl Write {
    /// The refresh token that the store has since then, where it acknowledged one.
    pub(crate) fn acknowledged(&self) -> Option<&str> {
        self.what.refresh_token().filter(|_| self.reply == Reply::Written)
    }

    /// Why the launch has ended, where the store acknowledged that.
    pub(crate) fn acknowledged_end(&self) -> Option<&str> {
        match &self.what {
            What::End { reason } if self.reply == Reply::Written => Some(reason),
            _ => None,
        }
    }
}

impl What {
    fn of(record: &LaunchRecord) -> Option<Self> {
        let refresh_token = record.tokens.refresh_token()?.expose_secret().to_owned();
        Some(match record.refresh.sent {
            Some(_) => Self::Note { refresh_token },
            None => Self::Outcome { refresh_token },
        })
    }

    pub(crate) fn refresh_token(&self) -> Option<&str> {
        match self {
            Self::Opening { refresh_token } | Self::Note { refresh_token } | Self::Outcome { refresh_token } => {
                Some(refresh_token)
            }
            Self::End { .. } => None,
        }
    }
}

/// Reads what processes wrote.
///
/// # Panics
///
/// When they wrote nothing: each has made the file before it did anything else.
pub(crate) fn read(path: &Path) -> Vec<Write> {
    let text = std::fs::read_to_string(path).unwrap();
    // The last line of a process that was killed may be a part of one.
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// A store that writes down what it answers.
#[derive(Debug)]
pub(crate) struct Journaled<S> {
    store: S,
    agent: String,
    file: Mutex<File>,
}

impl<S> Journaled<S> {
    pub(crate) fn new(store: S, path: &Path, agent: &str) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Self {
            store,
            agent: agent.to_owned(),
            file: Mutex::new(file),
        }
    }

    fn note(&self, launch: LaunchKey, what: Option<What>, reply: Reply) {
        let Some(what) = what else { return };
        let write = Write {
            at: SystemClock.now().as_millis(),
            agent: self.agent.clone(),
            launch: format!("{launch:?}"),
            slot: slot_of(launch.slot_tag()),
            what,
            reply,
        };
        let line = serde_json::to_string(&write).unwrap() + "\n";
        // In one piece, and without a buffer that would die with the process.
        self.file.lock().unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// What the store said, where `said` is what an answer says.
fn reply<T>(answer: &Result<Stamped<T>, StoreError>, said: impl FnOnce(&T) -> Reply) -> Reply {
    answer.as_ref().map_or(Reply::Failed, |answer| said(&answer.value))
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
            let what = What::of(&record).and_then(|what| {
                let refresh_token = what.refresh_token()?.to_owned();
                Some(What::Opening { refresh_token })
            });
            let answer = self.store.open_launch(key, record, others, rules).await;
            self.note(key, what, reply(&answer, |_| Reply::Written));
            answer
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
            let what = What::of(&record);
            let answer = self.store.replace_launch(key, expected, record, rules).await;
            let said = reply(&answer, |replaced| match replaced {
                Replaced::Written(_) => Reply::Written,
                Replaced::Conflict => Reply::Conflict,
                _ => Reply::Gone,
            });
            self.note(key, what, said);
            answer
        })
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        Box::pin(async move {
            let what = What::End {
                reason: format!("{reason:?}"),
            };
            let answer = self.store.end_launch(key, which, reason, rules).await;
            let said = reply(&answer, |end| match end {
                LaunchEnd::Ended(ended) if ended.count() > 0 => Reply::Written,
                LaunchEnd::Ended(_) => Reply::Gone,
                _ => Reply::Conflict,
            });
            self.note(key, Some(what), said);
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Directory;

    #[test]
    #[should_panic(expected = "NotFound")]
    fn a_journal_that_is_not_there_is_no_empty_one() {
        read(&Directory::new().0.join("journal"));
    }
}
