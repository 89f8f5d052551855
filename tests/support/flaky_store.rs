//! A store in memory that fails or is slow on demand, operation by operation.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_smart_auth::{
    LaunchUse,
    store::{
        LaunchKey, LaunchRecord, LoadedLaunch, MemoryStore, Replaced, StoreError, StoreFuture, StoreRules,
        TokenStoreBackend as _, ValueKey, Version,
        testing::{Forwarding, Operation},
    },
    time::Timestamp,
};
use tokio::sync::Notify;

/// The operations of a store, with a note that a refresh token is being sent apart from other replacements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    Time,
    Claim,
    ReleasePending,
    Finish,
    List,
    Remember,
    Recall,
    LoadValue,
    SwapValue,
    Open,
    Load,
    /// Replacing a record by one that says that its refresh token is being sent.
    NoteSent,
    /// Any other.
    Replace,
    End,
    EndAll,
    Lease,
    ReleaseLease,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// Nothing is done.
    Fail,
    /// Nothing is done: the store does not take the credentials.
    Refuse,
    /// Nothing is done, and trying again does not help.
    Damage,
    /// It is done, but the answer gets lost. Once.
    LoseAnswer,
    /// Nothing is done, and nobody says so; it is done after all when the next value has been loaded. Once, for swapped values.
    DoLate,
    /// It is done after so long.
    Slow(Duration),
    /// It is done when [`FlakyStore::let_go`] lets it, whatever the trouble is then.
    Hold,
    /// It is done, the answer gets lost, and the store does it again by itself. Only for replacing a record.
    Repeat,
    /// It panics.
    Panic,
}

/// Clones share the same launches and the same troubles.
#[derive(Debug, Clone)]
pub struct FlakyStore {
    inner: MemoryStore,
    state: Arc<Mutex<State>>,
    gate: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    away: bool,
    forgotten: bool,
    troubles: HashMap<Op, Trouble>,
    calls: HashMap<Op, usize>,
    /// Every value that belongs to no browser, as it came.
    values: Vec<Vec<u8>>,
    late: Option<LateSwap>,
}

/// What is done late.
#[derive(Debug)]
struct LateSwap {
    key: ValueKey,
    expected: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    until: Timestamp,
}

impl Default for FlakyStore {
    fn default() -> Self {
        Self {
            inner: super::memory_store(),
            state: Arc::default(),
            gate: Arc::default(),
        }
    }
}

impl FlakyStore {
    /// From now on, until [`heal`](Self::heal).
    pub fn trouble(&self, op: Op, trouble: Trouble) {
        self.state.lock().unwrap().troubles.insert(op, trouble);
    }

    /// Every operation fails, or none does.
    pub fn set_away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    /// The store knows no launch any more, as after a `FLUSHALL`.
    pub fn forget_launches(&self) {
        self.state.lock().unwrap().forgotten = true;
    }

    /// One operation works again.
    pub fn heal_only(&self, op: Op) {
        self.state.lock().unwrap().troubles.remove(&op);
    }

    pub fn heal(&self) {
        self.state.lock().unwrap().troubles.clear();
    }

    /// What is held and was counted in [`calls`](Self::calls) is done now. What comes later is held still.
    pub fn let_go(&self) {
        self.gate.notify_waiters();
    }

    /// How often an operation was asked for, in vain or not.
    pub fn calls(&self, op: Op) -> usize {
        self.state.lock().unwrap().calls.get(&op).copied().unwrap_or(0)
    }

    /// Every value that belongs to no browser, as it came.
    pub fn values(&self) -> Vec<Vec<u8>> {
        self.state.lock().unwrap().values.clone()
    }

    fn through<'a, T: Send + 'a>(&'a self, op: Op, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            // Before it is counted: from then on it may be let go.
            let let_go = self.gate.notified();
            let trouble = {
                let mut state = self.state.lock().unwrap();
                *state.calls.entry(op).or_default() += 1;
                if state.away {
                    Some(Trouble::Fail)
                } else {
                    state.troubles.get(&op).copied()
                }
            };
            match trouble {
                None => work.await,
                Some(Trouble::Slow(pause)) => {
                    tokio::time::sleep(pause).await;
                    work.await
                }
                Some(Trouble::Hold) => {
                    let_go.await;
                    work.await
                }
                Some(Trouble::Fail) => Err(StoreError::Unavailable),
                Some(Trouble::Repeat) => work.await,
                Some(Trouble::Panic) => panic!("as the test wants it"),
                Some(Trouble::Refuse) => Err(StoreError::Refused),
                Some(Trouble::Damage) => Err(StoreError::Unreadable),
                Some(Trouble::DoLate) => {
                    self.state.lock().unwrap().troubles.remove(&op);
                    Err(StoreError::Unavailable)
                }
                Some(Trouble::LoseAnswer) => {
                    self.state.lock().unwrap().troubles.remove(&op);
                    work.await?;
                    Err(StoreError::Unavailable)
                }
            }
        })
    }
}

impl Forwarding for FlakyStore {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    /// Each process has a memory of its own, and here several share one.
    fn process_local(&self) -> Option<usize> {
        None
    }

    fn pass<'a, T: Send + 'a>(&'a self, operation: Operation, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let op = match operation {
            Operation::Time => Op::Time,
            Operation::ClaimPending => Op::Claim,
            Operation::ReleasePending => Op::ReleasePending,
            Operation::FinishPending => Op::Finish,
            Operation::LaunchesOf => Op::List,
            Operation::Remember => Op::Remember,
            Operation::Recall => Op::Recall,
            Operation::LoadValue => Op::LoadValue,
            Operation::SwapValue => Op::SwapValue,
            Operation::OpenLaunch => Op::Open,
            Operation::LoadLaunch => Op::Load,
            Operation::EndLaunch => Op::End,
            Operation::EndAllOf => Op::EndAll,
            Operation::AcquireLease => Op::Lease,
            Operation::ReleaseLease => Op::ReleaseLease,
            // Which of the two it is stands in the record.
            Operation::ReplaceLaunch => return work,
            other => panic!("{other:?} is new, and nothing disturbs it"),
        };
        self.through(op, work)
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        let work = self.inner.load_launch(key, launch_use, rules);
        Box::pin(async move {
            let loaded = work.await?;
            let forgotten = self.state.lock().unwrap().forgotten;
            Ok(loaded.map(|loaded| if forgotten { LoadedLaunch::NotFound } else { loaded }))
        })
    }

    fn swap_value<'a>(
        &'a self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> StoreFuture<'a, bool> {
        let mut state = self.state.lock().unwrap();
        state.values.extend(value.clone());
        if let Some(Trouble::DoLate) = state.troubles.get(&Op::SwapValue) {
            let (expected, value) = (expected.clone(), value.clone());
            state.late = Some(LateSwap {
                key,
                expected,
                value,
                until,
            });
        }
        self.inner.swap_value(key, expected, value, until)
    }

    fn load_value<'a>(&'a self, key: ValueKey) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let loaded = self.inner.load_value(key).await;
            let late = self.state.lock().unwrap().late.take();
            if let Some(late) = late {
                let LateSwap {
                    key,
                    expected,
                    value,
                    until,
                } = late;
                let _ = self.inner.swap_value(key, expected, value, until).await;
            }
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
        if self.state.lock().unwrap().forgotten {
            let time = self.inner.time();
            return Box::pin(async move { Ok(time.await?.map(|()| Replaced::Gone)) });
        }
        if matches!(
            self.state.lock().unwrap().troubles.get(&Op::NoteSent),
            Some(Trouble::Repeat)
        ) && record.refresh.sent.is_some()
        {
            let again = self.inner.replace_launch(key, expected, record.clone(), rules);
            let first = self.inner.replace_launch(key, expected, record, rules);
            return self.through(
                Op::NoteSent,
                Box::pin(async move {
                    first.await?;
                    again.await
                }),
            );
        }
        let op = record.refresh.sent.map_or(Op::Replace, |_| Op::NoteSent);
        self.through(op, self.inner.replace_launch(key, expected, record, rules))
    }
}
