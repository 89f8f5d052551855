//! One shard of the short lists that are kept with browsers.

use std::collections::VecDeque;

use lru::LruCache;

use super::browser_lists::{BrowserLists, Value};
use crate::{
    store::{BrowserKey, Memo},
    time::Timestamp,
};

/// How many browsers whose lists ran out one write clears away.
const SWEEP: usize = 4;

/// The lists, by browser.
pub(super) struct Memos {
    /// By the last value that was noted. Every list is kept equally long from its last value on, so the browser at the end is also
    /// the one whose lists run out first.
    kept: LruCache<BrowserKey, BrowserLists>,
    limit: usize,
}

impl Memos {
    /// An empty shard for `limit` browsers; past it the one for which nothing was noted for the longest is forgotten.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: LruCache::unbounded(),
            limit,
        }
    }

    /// How many browsers have lists.
    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn remember(
        &mut self,
        (browser, memo): (BrowserKey, Memo),
        value: Vec<u8>,
        keep: usize,
        until: Timestamp,
        now: Timestamp,
    ) -> Vec<Vec<u8>> {
        // Taken out before room is made: a browser that is written to now is not the one to forget.
        let lists = self.kept.pop(&browser).unwrap_or_default();
        self.make_room(now);
        let (mut values, others): (VecDeque<_>, VecDeque<_>) = lists
            .iter()
            .filter(|there| now < there.until)
            .partition(|there| there.memo == memo);
        values.retain(|there| *there.value != *value);
        values.push_back(Value {
            memo,
            until,
            value: &value,
        });
        let too_many = values.len().saturating_sub(keep.max(1));
        let dropped = values.drain(..too_many).map(|gone| gone.value.to_vec()).collect();
        let values = values.into_iter().map(|there| Value { until, ..there });
        let lists = others.into_iter().chain(values).collect();
        self.kept.push(browser, lists);
        dropped
    }

    pub(super) fn recall(&self, (browser, memo): (BrowserKey, Memo), now: Timestamp) -> Vec<Vec<u8>> {
        let lists = self.kept.peek(&browser).into_iter().flat_map(BrowserLists::iter);
        lists
            .filter(|there| there.memo == memo && now < there.until)
            .map(|there| there.value.to_vec())
            .collect()
    }

    fn make_room(&mut self, now: Timestamp) {
        for _ in 0..SWEEP {
            let is_due = |lists: &BrowserLists| lists.until().is_none_or(|until| until <= now);
            let is_full = self.kept.len() >= self.limit;
            if !self.kept.peek_lru().is_some_and(|(_, lists)| is_full || is_due(lists)) {
                break;
            }
            self.kept.pop_lru();
        }
    }
}

#[cfg(test)]
mod tests;
