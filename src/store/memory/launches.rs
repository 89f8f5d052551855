//! One shard of the launches.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use lru::LruCache;

use crate::{
    store::{
        BrowserKey, EndReason, EndWhich, EndedLaunch, EndedRecord, LaunchKey, LaunchRecord, LaunchUse, LeaseOwner,
        Lifetimes, LoadedLaunch, Replaced, Version,
    },
    time::Timestamp,
};

/// How many entries that ran out one write clears away. More than one write makes, so that they do not pile up.
const SWEEP: usize = 8;

/// Open launches, and the memory of ended ones.
pub(super) struct Launches {
    /// By last use. Looks and writes that are no use of a launch `peek`, which leaves it in its place.
    open: LruCache<LaunchKey, Open>,
    ended: HashMap<LaunchKey, Remembered>,
    /// Ended launches by the moment at which they are forgotten.
    by_end: BTreeSet<(Timestamp, LaunchKey)>,
    limit: usize,
}

/// A launch that is no longer open, still to be taken out of its browser's list when no lock is held.
///
/// Carries the record so that wiping its secrets does not happen under a lock either, and so that it can be handed out.
pub(super) struct Closed {
    pub(super) browser: BrowserKey,
    pub(super) key: LaunchKey,
    pub(super) record: Arc<LaunchRecord>,
}

impl Closed {
    pub(super) fn handed_out(&self) -> EndedRecord {
        EndedRecord::new(self.key, Arc::clone(&self.record))
    }
}

/// What opening another launch needs to know of an open one.
pub(super) struct Glance {
    pub(super) user: Option<[u8; 32]>,
    pub(super) last_used: Timestamp,
}

struct Open {
    record: Arc<LaunchRecord>,
    version: Version,
    /// As it was opened, whatever a replacing record says.
    opened_at: Timestamp,
    last_used: Timestamp,
    /// When it ends if nobody uses it again, and why.
    runs_out: Timestamp,
    runs_out_as: EndReason,
    /// In a box of its own: few launches have one at a time.
    lease: Option<Box<(LeaseOwner, Timestamp)>>,
}

struct Remembered {
    launch: Arc<EndedLaunch>,
    until: Timestamp,
}

impl Open {
    fn used(&mut self, lifetimes: &Lifetimes, now: Timestamp) {
        self.last_used = self.last_used.max(now);
        let idle = self.last_used.saturating_add(lifetimes.launch_idle);
        let too_old = self.opened_at.saturating_add(lifetimes.launch_absolute);
        (self.runs_out, self.runs_out_as) = if idle < too_old {
            (idle, EndReason::Idle)
        } else {
            (too_old, EndReason::TooOld)
        };
    }
}

impl Launches {
    /// An empty shard for `limit` open launches and as many ended ones.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            // The limit holds at each opening: what is evicted has to be told of.
            open: LruCache::unbounded(),
            ended: HashMap::new(),
            by_end: BTreeSet::new(),
            limit,
        }
    }

    pub(super) fn open_count(&self) -> usize {
        self.open.len()
    }

    pub(super) fn ended_count(&self) -> usize {
        self.ended.len()
    }

    /// Whether the key was opened before, as far as is remembered.
    pub(super) fn knows(&self, key: LaunchKey) -> bool {
        self.open.contains(&key) || self.ended.contains_key(&key)
    }

    /// A look at a launch without using it. `None` unless it is open.
    pub(super) fn glance(&self, key: LaunchKey, now: Timestamp) -> Option<Glance> {
        let open = self.open.peek(&key).filter(|open| now < open.runs_out)?;
        Some(Glance {
            user: open.record.user,
            last_used: open.last_used,
        })
    }

    /// Whether the launch is (still) kept as one of this browser.
    pub(super) fn is_listed(&self, key: LaunchKey, browser: BrowserKey) -> bool {
        self.open.peek(&key).is_some_and(|open| open.record.browser == browser)
    }

    /// Whether the launch is open with another version than the one that is meant.
    pub(super) fn is_newer(&self, key: LaunchKey, which: EndWhich, now: Timestamp) -> bool {
        let open = self.open.peek(&key).filter(|open| now < open.runs_out);
        open.is_some_and(|open| !which.is(open.version))
    }

    /// Opens a launch, making room for it. False when the key is known: nothing was written. Those that were open still and made room are
    /// in `evicted`.
    pub(super) fn insert(
        &mut self,
        key: LaunchKey,
        record: LaunchRecord,
        lifetimes: &Lifetimes,
        now: Timestamp,
        (evicted, closed): (&mut Vec<Closed>, &mut Vec<Closed>),
    ) -> bool {
        self.sweep(lifetimes, now, closed);
        if self.knows(key) {
            return false;
        }
        while self.open.len() >= self.limit
            && let Some((&longest_unused, _)) = self.open.peek_lru()
        {
            // It has not run out: those that have go first, and have made room.
            evicted.extend(self.close(longest_unused, EndReason::Evicted, now, lifetimes.ended, now));
        }
        let mut open = Open {
            version: Version::FIRST,
            opened_at: record.opened_at,
            last_used: now,
            runs_out: now,
            runs_out_as: EndReason::TooOld,
            lease: None,
            record: Arc::new(record),
        };
        open.used(lifetimes, now);
        self.open.push(key, open);
        true
    }

    /// The request path: one look-up while the launch is open.
    pub(super) fn load(
        &mut self,
        key: LaunchKey,
        launch_use: LaunchUse,
        lifetimes: &Lifetimes,
        now: Timestamp,
        closed: &mut Vec<Closed>,
    ) -> LoadedLaunch {
        let is_use = launch_use.counts();
        let found = if is_use {
            self.open.get_mut(&key)
        } else {
            self.open.peek_mut(&key)
        };
        if let Some(open) = found {
            if now < open.runs_out {
                if is_use {
                    open.used(lifetimes, now);
                }
                return LoadedLaunch::Open {
                    record: Arc::clone(&open.record),
                    version: open.version,
                };
            }
            closed.extend(self.settle(key, lifetimes, now));
        }
        match self.ended.get(&key) {
            Some(remembered) if now < remembered.until => LoadedLaunch::Ended(Arc::clone(&remembered.launch)),
            _ => LoadedLaunch::NotFound,
        }
    }

    /// Swaps the record in if the version is right; what comes back in `record` is for dropping without the lock.
    pub(super) fn replace(
        &mut self,
        key: LaunchKey,
        expected: Version,
        record: &mut Arc<LaunchRecord>,
        lifetimes: &Lifetimes,
        now: Timestamp,
        closed: &mut Vec<Closed>,
    ) -> Replaced {
        self.sweep(lifetimes, now, closed);
        let Some(open) = self.open.peek_mut(&key).filter(|open| now < open.runs_out) else {
            return Replaced::Gone;
        };
        if open.version != expected {
            return Replaced::Conflict;
        }
        open.version = Version(expected.0.saturating_add(1));
        // The browser's list depends on it.
        if let Some(record) = Arc::get_mut(record) {
            record.browser = open.record.browser;
        }
        std::mem::swap(&mut open.record, record);
        Replaced::Written(open.version)
    }

    /// Ends a launch if it is open. `None` if it was not (one that ran out keeps its own reason).
    pub(super) fn end(
        &mut self,
        key: LaunchKey,
        reason: EndReason,
        lifetimes: &Lifetimes,
        now: Timestamp,
        closed: &mut Vec<Closed>,
    ) -> Option<Closed> {
        closed.extend(self.settle(key, lifetimes, now));
        let ended = self.close(key, reason, now, lifetimes.ended, now);
        self.sweep(lifetimes, now, closed);
        ended
    }

    pub(super) fn acquire_lease(&mut self, key: LaunchKey, owner: LeaseOwner, ttl: Duration, now: Timestamp) -> bool {
        let Some(open) = self.open.peek_mut(&key).filter(|open| now < open.runs_out) else {
            return false;
        };
        let lease = open.lease.as_deref();
        let free = lease.is_none_or(|(holder, until)| *holder == owner || *until <= now);
        if free {
            open.lease = Some(Box::new((owner, now.saturating_add(ttl))));
        }
        free
    }

    pub(super) fn release_lease(&mut self, key: LaunchKey, owner: LeaseOwner) {
        if let Some(open) = self.open.peek_mut(&key)
            && open.lease.as_deref().is_some_and(|(holder, _)| *holder == owner)
        {
            open.lease = None;
        }
    }

    /// Ends a launch that has run out, as of the moment at which it did.
    fn settle(&mut self, key: LaunchKey, lifetimes: &Lifetimes, now: Timestamp) -> Option<Closed> {
        let open = self.open.peek(&key).filter(|open| open.runs_out <= now)?;
        let (reason, at) = (open.runs_out_as, open.runs_out);
        self.close(key, reason, at, lifetimes.ended, now)
    }

    fn close(
        &mut self,
        key: LaunchKey,
        reason: EndReason,
        at: Timestamp,
        remember: Duration,
        now: Timestamp,
    ) -> Option<Closed> {
        let open = self.open.pop(&key)?;
        let until = at.saturating_add(remember);
        if now < until {
            let launch = Arc::new(EndedLaunch::of(&open.record, reason, at));
            self.ended.insert(key, Remembered { launch, until });
            self.by_end.insert((until, key));
            while self.ended.len() > self.limit
                && let Some((_, oldest)) = self.by_end.pop_first()
            {
                self.ended.remove(&oldest);
            }
        }
        Some(Closed {
            browser: open.record.browser,
            key,
            record: open.record,
        })
    }

    /// Clears away some of what has run out.
    fn sweep(&mut self, lifetimes: &Lifetimes, now: Timestamp, closed: &mut Vec<Closed>) {
        for _ in 0..SWEEP {
            let Some((&key, _)) = self.open.peek_lru() else {
                break;
            };
            let Some(ran_out) = self.settle(key, lifetimes, now) else {
                break;
            };
            closed.push(ran_out);
        }
        for _ in 0..SWEEP {
            let Some((_, key)) = self.by_end.first().filter(|(until, _)| *until <= now).copied() else {
                break;
            };
            self.by_end.pop_first();
            self.ended.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
