//! The operations over all shards.
//!
//! Lock order: a browser's shard, then one shard of launches; never two of those at once, never two browsers'. What
//! leaves a shard of launches by itself (run out, evicted) is taken out of its browser's list after all locks are given
//! back, so a list may for a moment name what is no longer there: a reader of a list looks each entry up.
//!
//! Opening, listing, and ending all of a browser hold its shard from beginning to end, so they are one step for each
//! other. Loading, replacing and leasing need the launch's shard only; what they find run out they take out of its browser's list
//! afterwards, as above. Opening and replacing first take the lock of what launches have alike, alone. Claims and memos have shards of
//! their own. Values have one lock: there are as many as the application has EHRs, not as many as it has people.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    interned::Interned,
    launches::{Closed, Launches},
    limits::MemoryStoreLimits,
    memos::Memos,
    pendings::Pendings,
    values::Values,
};
use crate::{
    protocol::{scope::Scopes, token::TokenSet},
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey,
        LaunchOrigin, LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, ListedUser, LoadedLaunch, Memo, OthersOnOpen,
        PendingKey, Replaced, StoreRules, ValueKey, Version, shards::Shards,
    },
    time::Timestamp,
};

/// Enough that workers seldom meet, and that nobody waits for long while one of them grows: its table is copied then, which takes
/// milliseconds where it has some thousand entries that no cache holds. A limit below `ENTRIES` per shard is cut into fewer.
const SHARDS: usize = 512;
const ENTRIES: usize = 1024;
/// For so many names of browsers there are lists, for each launch that may be open. A launch needs them for two (of its browser's cookie and
/// of its session), for as long as it may be open. They live on when it has ended, and a browser gets new names when another person works in it:
/// there is room for those of four launches, one after the other, in the place of one. What is noted of a sign-in, under a third name, goes first.
const NAMES: usize = 8;

/// What all clones of a store share.
pub(super) struct Shared {
    /// The launches of a browser, in the order of insertion. Removed when empty.
    browsers: Shards<HashMap<BrowserKey, Vec<LaunchKey>>>,
    launches: Shards<Launches>,
    pendings: Shards<Pendings>,
    memos: Shards<Memos>,
    values: Mutex<Values>,
    alike: Mutex<Alike>,
}

/// What launches of one EHR have alike.
struct Alike {
    origins: Interned<Arc<LaunchOrigin>>,
    granted: Interned<Scopes>,
}

/// How many of each there are; run-out ones that nothing has cleared away yet included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) browsers: usize,
    pub(super) launches: usize,
    pub(super) ended: usize,
    pub(super) pending: usize,
    /// Browsers that have lists.
    pub(super) lists: usize,
}

impl Shared {
    pub(super) fn new(limits: MemoryStoreLimits) -> Self {
        let (launch_shards, launch_share) = cut(limits.launches);
        let (pending_shards, pending_share) = cut(limits.pending);
        let (name_shards, name_share) = match launch_shards {
            1 => (1, launch_share.saturating_mul(NAMES)),
            shards => (shards.saturating_mul(NAMES), launch_share),
        };
        Self {
            browsers: Shards::new(SHARDS, HashMap::new),
            launches: Shards::new(launch_shards, || Launches::new(launch_share)),
            pendings: Shards::new(pending_shards, || Pendings::new(pending_share)),
            memos: Shards::new(name_shards, || Memos::new(name_share)),
            values: Mutex::default(),
            alike: Mutex::new(Alike {
                origins: Interned::new(),
                granted: Interned::new(),
            }),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            browsers: self.browsers.sum(HashMap::len),
            launches: self.launches.sum(Launches::open_count),
            ended: self.launches.sum(Launches::ended_count),
            pending: self.pendings.sum(Pendings::count),
            lists: self.memos.sum(Memos::count),
        }
    }

    pub(super) fn open_launches(&self) -> usize {
        self.launches.sum(Launches::open_count)
    }

    pub(super) fn claim_pending(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        until: Timestamp,
        now: Timestamp,
    ) -> Claim {
        self.pendings.lock(key.as_bytes()).claim(key, callback, until, now)
    }

    pub(super) fn release_pending(&self, key: PendingKey, callback: CallbackKey, claimed_at: Timestamp) {
        self.pendings.lock(key.as_bytes()).release(key, callback, claimed_at);
    }

    pub(super) fn finish_pending(&self, key: PendingKey, callback: CallbackKey, outcome: CallbackOutcome) {
        self.pendings.lock(key.as_bytes()).finish(key, callback, outcome);
    }

    pub(super) fn launches_of(&self, browser: BrowserKey, user: Option<[u8; 32]>, now: Timestamp) -> Vec<ListedLaunch> {
        let browsers = self.browsers.lock(browser.as_bytes());
        let listed = browsers.get(&browser).into_iter().flatten().copied();
        listed
            .filter_map(|key| {
                let glance = self.launches.lock(key.as_bytes()).glance(key, now)?;
                Some(ListedLaunch::new(key, glance.last_used, compare(user, glance.user)))
            })
            .collect()
    }

    pub(super) fn remember(
        &self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
        now: Timestamp,
    ) -> Vec<Vec<u8>> {
        let lifetimes = rules.lifetimes;
        let until = now
            .saturating_add(lifetimes.launch_absolute)
            .saturating_add(lifetimes.ended);
        let mut memos = self.memos.lock(browser.as_bytes());
        memos.remember((browser, memo), value, keep, until, now)
    }

    pub(super) fn recall(&self, browser: BrowserKey, memo: Memo, now: Timestamp) -> Vec<Vec<u8>> {
        self.memos.lock(browser.as_bytes()).recall((browser, memo), now)
    }

    pub(super) fn load_value(&self, key: ValueKey, now: Timestamp) -> Option<Vec<u8>> {
        self.values().load(key, now)
    }

    pub(super) fn swap_value(
        &self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
        now: Timestamp,
    ) -> bool {
        self.values().swap(key, expected.as_deref(), value, until, now)
    }

    fn values(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open_launch(
        &self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
        now: Timestamp,
    ) -> EndedLaunches {
        let (browser, user) = (record.browser, record.user);
        let record = self.with_what_is_alike(record);
        let (mut closed, mut ended, mut evicted) = (Vec::new(), Vec::new(), Vec::new());
        {
            let mut browsers = self.browsers.lock(browser.as_bytes());
            if self.launches.lock(key.as_bytes()).knows(key) {
                return EndedLaunches::nothing();
            }
            let held = browsers.entry(browser).or_default();
            let mut end = |other: LaunchKey, reason| {
                let mut shard = self.launches.lock(other.as_bytes());
                ended.extend(shard.end(other, reason, &rules.lifetimes, now, &mut closed));
            };
            let mut staying = Vec::with_capacity(held.len());
            for other in held.iter().copied() {
                let Some(glance) = self.launches.lock(other.as_bytes()).glance(other, now) else {
                    continue;
                };
                match ends_as(others, user, glance.user) {
                    Some(reason) => end(other, reason),
                    None => staying.push((other, glance.last_used)),
                }
            }
            while staying.len() >= rules.limits.launches.max(1) {
                let Some(longest_unused) = staying
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, (_, last_used))| *last_used)
                    .map(|(at, _)| at)
                else {
                    break;
                };
                let (other, _) = staying.remove(longest_unused);
                end(other, EndReason::Evicted);
            }
            *held = exactly(staying.into_iter().map(|(other, _)| other), key);
            self.launches
                .lock(key.as_bytes())
                .insert(key, record, &rules.lifetimes, now, (&mut evicted, &mut closed));
        }
        // These are of any browser, and stand in its list.
        let pushed_out = handed_out(&evicted);
        closed.extend(evicted);
        self.unlist_launches(closed);
        let mut ended = handed_out(&ended);
        ended.extend(pushed_out);
        ended
    }

    pub(super) fn load_launch(
        &self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
        now: Timestamp,
    ) -> LoadedLaunch {
        let mut closed = Vec::new();
        let loaded = self
            .launches
            .lock(key.as_bytes())
            .load(key, launch_use, &rules.lifetimes, now, &mut closed);
        self.unlist_launches(closed);
        loaded
    }

    pub(super) fn replace_launch(
        &self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        rules: StoreRules,
        now: Timestamp,
    ) -> Replaced {
        let mut closed = Vec::new();
        let mut record = Arc::new(self.with_what_is_alike(record));
        let replaced =
            self.launches
                .lock(key.as_bytes())
                .replace(key, expected, &mut record, &rules.lifetimes, now, &mut closed);
        self.unlist_launches(closed);
        replaced
    }

    pub(super) fn end_launch(
        &self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> LaunchEnd {
        let mut closed = Vec::new();
        let ended = {
            let mut shard = self.launches.lock(key.as_bytes());
            if shard.is_newer(key, which, now) {
                return LaunchEnd::Newer;
            }
            shard.end(key, reason, &rules.lifetimes, now, &mut closed)
        };
        let records = ended.iter().map(Closed::handed_out).collect::<Vec<_>>();
        closed.extend(ended);
        self.unlist_launches(closed);
        LaunchEnd::Ended(records.into())
    }

    pub(super) fn end_all_of(
        &self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
        now: Timestamp,
    ) -> EndedLaunches {
        let mut closed = Vec::new();
        let mut ended = Vec::new();
        {
            let mut browsers = self.browsers.lock(browser.as_bytes());
            let held = browsers.remove(&browser).unwrap_or_default();
            for key in held {
                let mut shard = self.launches.lock(key.as_bytes());
                ended.extend(shard.end(key, reason, &rules.lifetimes, now, &mut closed));
            }
        }
        self.unlist_launches(closed);
        handed_out(&ended)
    }

    pub(super) fn acquire_lease(&self, key: LaunchKey, owner: LeaseOwner, ttl: Duration, now: Timestamp) -> bool {
        self.launches.lock(key.as_bytes()).acquire_lease(key, owner, ttl, now)
    }

    pub(super) fn release_lease(&self, key: LaunchKey, owner: LeaseOwner) {
        self.launches.lock(key.as_bytes()).release_lease(key, owner);
    }

    /// The record with what other launches have as well, once for all of them. Takes its lock alone.
    fn with_what_is_alike(&self, record: LaunchRecord) -> LaunchRecord {
        let mut alike = self.alike.lock().unwrap_or_else(PoisonError::into_inner);
        LaunchRecord {
            origin: alike.origins.shared(record.origin),
            tokens: TokenSet {
                granted: alike.granted.shared(record.tokens.granted),
                ..record.tokens
            },
            ..record
        }
    }

    fn unlist_launches(&self, closed: Vec<Closed>) {
        for Closed { browser, key, .. } in closed {
            self.unlist(browser, |held| {
                if !self.launches.lock(key.as_bytes()).is_listed(key, browser) {
                    held.retain(|listed| *listed != key);
                }
            });
        }
    }

    fn unlist(&self, browser: BrowserKey, take_out: impl FnOnce(&mut Vec<LaunchKey>)) {
        if let Entry::Occupied(mut entry) = self.browsers.lock(browser.as_bytes()).entry(browser) {
            take_out(entry.get_mut());
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

fn handed_out(ended: &[Closed]) -> EndedLaunches {
    ended.iter().map(Closed::handed_out).collect::<Vec<_>>().into()
}

/// Into how many shards a limit is cut, and the share of each. A small limit stays whole and so is exact.
fn cut(limit: usize) -> (usize, usize) {
    let shards = (limit / ENTRIES).clamp(1, SHARDS);
    (shards, (limit / shards).max(1))
}

/// Why a launch ends when one of `user` opens, if it does.
fn ends_as(others: OthersOnOpen, user: Option<[u8; 32]>, other_user: Option<[u8; 32]>) -> Option<EndReason> {
    match others {
        OthersOnOpen::Keep => None,
        OthersOnOpen::EndAll => Some(EndReason::Replaced),
        OthersOnOpen::EndOtherUsers => (compare(user, other_user) == ListedUser::Other).then_some(EndReason::OtherUser),
    }
}

fn compare(user: Option<[u8; 32]>, other: Option<[u8; 32]>) -> ListedUser {
    match (user, other) {
        (Some(user), Some(other)) if user == other => ListedUser::Same,
        (Some(_), Some(_)) => ListedUser::Other,
        _ => ListedUser::Unknown,
    }
}

/// A list without spare room: most browsers have one entry, and a growing `Vec` would reserve four.
fn exactly<K>(kept: impl ExactSizeIterator<Item = K>, new: K) -> Vec<K> {
    let mut list = Vec::with_capacity(kept.len() + 1);
    list.extend(kept);
    list.push(new);
    list
}
