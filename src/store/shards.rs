//! One value cut into shards, each behind its own lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shards, found by a key that is a hash and so spreads evenly.
pub(in crate::store) struct Shards<S> {
    /// Apart from the rest so that there always is one, and finding a shard cannot fail.
    first: Mutex<S>,
    rest: Box<[Mutex<S>]>,
}

impl<S> Shards<S> {
    /// `count` shards; at least one.
    pub(in crate::store) fn new(count: usize, make: impl Fn() -> S) -> Self {
        Self {
            first: Mutex::new(make()),
            rest: (1..count).map(|_| Mutex::new(make())).collect(),
        }
    }

    /// The shard of a key, locked.
    pub(in crate::store) fn lock(&self, key: &[u8; 32]) -> MutexGuard<'_, S> {
        let [low, high, ..] = *key;
        let at = usize::from(u16::from_le_bytes([low, high])) % (self.rest.len() + 1);
        lock(self.rest.get(at).unwrap_or(&self.first))
    }

    /// What `count` gives, summed over all shards, one lock at a time.
    pub(in crate::store) fn sum(&self, count: impl Fn(&S) -> usize) -> usize {
        std::iter::once(&self.first)
            .chain(&self.rest)
            .map(|shard| count(&lock(shard)))
            .sum()
    }
}

/// A panic elsewhere leaves a shard usable: each step in it keeps the maps consistent, or at worst leaves an entry in
/// a queue, which is dropped when it comes to the front.
fn lock<S>(shard: &Mutex<S>) -> MutexGuard<'_, S> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
