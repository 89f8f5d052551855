//! One shard of the short lists that are kept with browsers.

use std::collections::{BTreeSet, HashMap, VecDeque};

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
    /// Each runs out no sooner than the one before it. What is noted of launches is kept for equally long, so it stands here: one table for both
    /// is smaller.
    in_order: LruCache<BrowserKey, BrowserLists>,
    /// Those that run out sooner than one that was noted before: what is noted of sign-ins is kept for minutes.
    sooner: HashMap<BrowserKey, BrowserLists>,
    /// The same by the moment at which the last of its lists runs out.
    sooner_by_end: BTreeSet<(Timestamp, BrowserKey)>,
    limit: usize,
}

impl Memos {
    /// An empty shard for `limit` browsers; past it the one whose lists run out first is forgotten. So those of sign-ins, which anybody
    /// makes by the thousand who can sign in, push out each other, and never more than one of somebody at work.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            in_order: LruCache::unbounded(),
            sooner: HashMap::new(),
            sooner_by_end: BTreeSet::new(),
            limit,
        }
    }

    /// How many browsers have lists.
    pub(super) fn count(&self) -> usize {
        self.in_order.len() + self.sooner.len()
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
        let lists = self.take(browser).unwrap_or_default();
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
        let lists: BrowserLists = others.into_iter().chain(values).collect();
        self.put(browser, lists);
        dropped
    }

    pub(super) fn recall(&self, (browser, memo): (BrowserKey, Memo), now: Timestamp) -> Vec<Vec<u8>> {
        let lists = self.in_order.peek(&browser).or_else(|| self.sooner.get(&browser));
        let lists = lists.into_iter().flat_map(BrowserLists::iter);
        lists
            .filter(|there| there.memo == memo && now < there.until)
            .map(|there| there.value.to_vec())
            .collect()
    }

    fn put(&mut self, browser: BrowserKey, lists: BrowserLists) {
        let Some(until) = lists.until() else { return };
        let last = self.in_order.peek_mru().and_then(|(_, last)| last.until());
        if last.is_none_or(|last| last <= until) {
            self.in_order.push(browser, lists);
        } else {
            self.sooner_by_end.insert((until, browser));
            self.sooner.insert(browser, lists);
        }
    }

    fn take(&mut self, browser: BrowserKey) -> Option<BrowserLists> {
        if let Some(lists) = self.in_order.pop(&browser) {
            return Some(lists);
        }
        let lists = self.sooner.remove(&browser)?;
        if let Some(until) = lists.until() {
            self.sooner_by_end.remove(&(until, browser));
        }
        Some(lists)
    }

    /// Whose lists run out first, and when.
    fn first(&self) -> Option<(Timestamp, BrowserKey)> {
        let in_order = self.in_order.peek_lru();
        let in_order = in_order.and_then(|(browser, lists)| Some((lists.until()?, *browser)));
        in_order.into_iter().chain(self.sooner_by_end.first().copied()).min()
    }

    fn make_room(&mut self, now: Timestamp) {
        for _ in 0..SWEEP {
            let Some((_, ran_out)) = self.first().filter(|(until, _)| *until <= now) else {
                break;
            };
            self.take(ran_out);
        }
        while self.count() >= self.limit
            && let Some((_, ends_first)) = self.first()
        {
            self.take(ends_first);
        }
    }
}

#[cfg(test)]
mod tests;
