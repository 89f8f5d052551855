//! One shard of the short lists that are kept with browsers.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::packed::Packed;
use crate::{
    store::{BrowserKey, Memo},
    time::Timestamp,
};

/// How many lists that ran out one write clears away.
const SWEEP: usize = 4;

type Key = (BrowserKey, Memo);

/// The lists, by browser and kind.
pub(super) struct Memos {
    kept: HashMap<Key, List>,
    by_end: BTreeSet<(Timestamp, Key)>,
    limit: usize,
}

struct List {
    /// The oldest first.
    values: Packed,
    until: Timestamp,
}

impl Memos {
    /// An empty shard for `limit` lists; past it the one that runs out first is forgotten.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: HashMap::new(),
            by_end: BTreeSet::new(),
            limit,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn remember(
        &mut self,
        key: Key,
        value: Vec<u8>,
        keep: usize,
        until: Timestamp,
        now: Timestamp,
    ) -> Vec<Vec<u8>> {
        // Taken out before room is made: a list that is written to now is not the one to forget.
        let there = self.take(key).filter(|list| now < list.until);
        self.make_room(now);
        let others = there.iter().flat_map(|list| list.values.iter());
        let mut values: VecDeque<&[u8]> = others.filter(|there| **there != *value).collect();
        values.push_back(&value);
        let too_many = values.len().saturating_sub(keep.max(1));
        let dropped = values.drain(..too_many).map(<[u8]>::to_vec).collect();
        let values = values.into_iter().collect();
        self.by_end.insert((until, key));
        self.kept.insert(key, List { values, until });
        dropped
    }

    pub(super) fn recall(&self, key: Key, now: Timestamp) -> Vec<Vec<u8>> {
        let list = self.kept.get(&key).filter(|list| now < list.until);
        list.map(|list| list.values.iter().map(<[u8]>::to_vec).collect())
            .unwrap_or_default()
    }

    fn make_room(&mut self, now: Timestamp) {
        for _ in 0..SWEEP {
            let is_due = |at| at <= now || self.kept.len() >= self.limit;
            if !self.by_end.first().is_some_and(|(at, _)| is_due(*at)) {
                break;
            }
            if let Some((_, key)) = self.by_end.pop_first() {
                drop(self.take(key));
            }
        }
    }

    fn take(&mut self, key: Key) -> Option<List> {
        let list = self.kept.remove(&key)?;
        self.by_end.remove(&(list.until, key));
        Some(list)
    }
}

#[cfg(test)]
mod tests;
