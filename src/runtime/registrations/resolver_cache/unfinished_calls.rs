//! Which calls of the resolver have not ended: [`UnfinishedCalls`].
//!
//! A call that blocks for ever keeps its thread and its turn. So that one EHR takes one turn and not all of them, it is not
//! asked for again while that is so.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many calls about one key may go on at once: what was said to be forgotten is asked for while the answer of before is
/// still to come.
const MOST: usize = 2;

/// The calls that have not ended, by what they ask for.
#[derive(Debug)]
pub(super) struct UnfinishedCalls<K>(Arc<Mutex<HashMap<K, Calls>>>);

#[derive(Debug, Default)]
struct Calls {
    count: usize,
    /// Whether the time of one of them is over.
    overdue: bool,
}

/// One call, until dropped: by the thread that it is on.
#[derive(Debug)]
pub(super) struct UnfinishedCall<K: Eq + Hash> {
    key: K,
    calls: Arc<Mutex<HashMap<K, Calls>>>,
}

impl<K: Eq + Hash + Clone> UnfinishedCalls<K> {
    /// One more call, unless one is stuck.
    pub(super) fn enter(&self, key: &K) -> Option<UnfinishedCall<K>> {
        let mut all = locked(&self.0);
        let calls = all.entry(key.clone()).or_default();
        if calls.overdue || calls.count >= MOST {
            return None;
        }
        calls.count += 1;
        Some(UnfinishedCall {
            key: key.clone(),
            calls: Arc::clone(&self.0),
        })
    }

    /// The time of a call is over. It is stuck until it ends.
    pub(super) fn give_up(&self, key: &K) {
        if let Some(calls) = locked(&self.0).get_mut(key) {
            calls.overdue = true;
        }
    }
}

impl<K: Eq + Hash> Drop for UnfinishedCall<K> {
    fn drop(&mut self) {
        let mut all = locked(&self.calls);
        if let Some(calls) = all.get_mut(&self.key) {
            calls.count -= 1;
            if calls.count == 0 {
                all.remove(&self.key);
            }
        }
    }
}

impl<K> Default for UnfinishedCalls<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

fn locked<K>(calls: &Mutex<HashMap<K, Calls>>) -> MutexGuard<'_, HashMap<K, Calls>> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
