//! One shard of the pending authorizations that a callback has claimed.

use std::collections::{BTreeSet, HashMap};

use crate::{
    store::{CallbackKey, CallbackOutcome, Claim, PendingKey},
    time::Timestamp,
};

/// How many expired entries one claim clears away.
const SWEEP: usize = 8;

/// Pending authorizations, exchanging or done. Those that nobody has come back with are in their browsers only.
pub(super) struct Pendings {
    claimed: HashMap<PendingKey, Box<Claimed>>,
    /// The same by expiry.
    by_expiry: BTreeSet<(Timestamp, PendingKey)>,
    /// The same in the order in which they are forgotten when there is no room.
    by_worth: BTreeSet<(Worth, Timestamp, PendingKey)>,
    limit: usize,
}

struct Claimed {
    callback: CallbackKey,
    until: Timestamp,
    progress: Progress,
}

enum Progress {
    Exchanging { since: Timestamp },
    Done(CallbackOutcome),
}

impl Pendings {
    /// An empty shard for `limit` authorizations.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            claimed: HashMap::new(),
            by_expiry: BTreeSet::new(),
            by_worth: BTreeSet::new(),
            limit,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.claimed.len()
    }

    pub(super) fn claim(&mut self, key: PendingKey, callback: CallbackKey, until: Timestamp, now: Timestamp) -> Claim {
        if let Some(claimed) = self.claimed.get(&key).filter(|claimed| now < claimed.until) {
            return claimed.answer(callback);
        }
        self.remove(key);
        if now < until {
            self.make_room(now);
            let progress = Progress::Exchanging { since: now };
            let claimed = Claimed {
                callback,
                until,
                progress,
            };
            self.by_expiry.insert((until, key));
            self.by_worth.insert((claimed.worth(), until, key));
            self.claimed.insert(key, Box::new(claimed));
        }
        Claim::Fresh
    }

    pub(super) fn release(&mut self, key: PendingKey, callback: CallbackKey, claimed_at: Timestamp) {
        if let Some(claimed) = self.exchanging(key, callback)
            && matches!(claimed.progress, Progress::Exchanging { since } if since == claimed_at)
        {
            self.remove(key);
        }
    }

    pub(super) fn finish(&mut self, key: PendingKey, callback: CallbackKey, outcome: CallbackOutcome) {
        let Some(claimed) = self.exchanging(key, callback) else {
            return;
        };
        let (before, until) = (claimed.worth(), claimed.until);
        claimed.progress = Progress::Done(outcome);
        let after = claimed.worth();
        self.by_worth.remove(&(before, until, key));
        self.by_worth.insert((after, until, key));
    }

    fn exchanging(&mut self, key: PendingKey, callback: CallbackKey) -> Option<&mut Claimed> {
        self.claimed
            .get_mut(&key)
            .map(Box::as_mut)
            .filter(|claimed| claimed.callback == callback && matches!(claimed.progress, Progress::Exchanging { .. }))
    }

    fn make_room(&mut self, now: Timestamp) {
        for _ in 0..SWEEP {
            if self.by_expiry.first().is_none_or(|(at, _)| now < *at) {
                break;
            }
            if let Some((_, expired)) = self.by_expiry.pop_first() {
                self.remove(expired);
            }
        }
        while self.claimed.len() >= self.limit
            && let Some((.., least)) = self.by_worth.pop_first()
        {
            self.remove(least);
        }
    }

    fn remove(&mut self, key: PendingKey) {
        if let Some(claimed) = self.claimed.remove(&key) {
            self.by_expiry.remove(&(claimed.until, key));
            self.by_worth.remove(&(claimed.worth(), claimed.until, key));
        }
    }
}

/// What is lost with a claim. A stranger can make failed ones by the thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// That the same page is shown again.
    Failed,
    /// That a reload opens the launch again.
    Landed,
    /// That a code is sent once.
    Exchanging,
}

impl Claimed {
    const fn worth(&self) -> Worth {
        match self.progress {
            Progress::Exchanging { .. } => Worth::Exchanging,
            Progress::Done(CallbackOutcome::Landed { .. }) => Worth::Landed,
            Progress::Done(CallbackOutcome::Failed(_)) => Worth::Failed,
        }
    }

    fn answer(&self, callback: CallbackKey) -> Claim {
        match (&self.progress, self.callback == callback) {
            (Progress::Exchanging { since }, true) => Claim::Exchanging { since: *since },
            (Progress::Done(outcome), true) => Claim::Done(Box::new(outcome.clone())),
            (Progress::Exchanging { .. }, false) => Claim::OtherCallback { outcome: None },
            (Progress::Done(outcome), false) => Claim::OtherCallback {
                outcome: Some(Box::new(outcome.clone())),
            },
        }
    }
}

#[cfg(test)]
mod tests;
