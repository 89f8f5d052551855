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
mod tests {
    use super::*;
    use crate::store::acceptance::sample::{callback_key, landed, pending_key};

    const fn ms(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    impl Pendings {
        fn claim_new(&mut self, until: u64, now: u64) -> (PendingKey, CallbackKey) {
            let (key, callback) = (pending_key(), callback_key());
            assert!(matches!(self.claim(key, callback, ms(until), ms(now)), Claim::Fresh));
            (key, callback)
        }

        /// How many there are, in all three of its books.
        fn books(&self) -> usize {
            let books = [self.claimed.len(), self.by_expiry.len(), self.by_worth.len()];
            assert_eq!(books, [self.claimed.len(); 3]);
            self.claimed.len()
        }
    }

    #[test]
    fn all_books_say_the_same_whatever_happens() {
        let mut pendings = Pendings::new(10);
        let (released, callback) = pendings.claim_new(100, 1);
        pendings.release(released, callback_key(), ms(1));
        assert_eq!(pendings.books(), 1);
        pendings.release(released, callback, ms(1));
        assert_eq!(pendings.books(), 0);
        let (finished, callback) = pendings.claim_new(100, 1);
        pendings.finish(finished, callback, landed("/a"));
        pendings.release(finished, callback, ms(1));
        assert_eq!(pendings.books(), 1);
        // The same key, after its end.
        assert!(matches!(
            pendings.claim(finished, callback, ms(300), ms(100)),
            Claim::Fresh
        ));
        assert_eq!(pendings.books(), 1);
        // Asking, before the end and at it.
        pendings.claim(finished, callback, ms(299), ms(299));
        assert_eq!(pendings.books(), 1);
        pendings.claim(finished, callback, ms(300), ms(300));
        assert_eq!(pendings.books(), 0);
    }

    #[test]
    fn what_only_asks_pushes_nothing_out() {
        let mut pendings = Pendings::new(2);
        let kept = [pendings.claim_new(100, 1), pendings.claim_new(100, 2)];
        pendings.claim(pending_key(), callback_key(), ms(3), ms(3));
        for (key, callback) in kept {
            let claim = pendings.claim(key, callback, ms(100), ms(3));
            assert!(matches!(claim, Claim::Exchanging { .. }));
        }
    }

    #[test]
    fn one_that_has_run_out_makes_room_before_one_that_has_not() {
        let mut pendings = Pendings::new(2);
        let (long, callback) = pendings.claim_new(200, 1);
        pendings.claim_new(100, 2);
        pendings.claim_new(300, 100);
        assert_eq!(pendings.books(), 2);
        let claim = pendings.claim(long, callback, ms(200), ms(101));
        assert!(matches!(claim, Claim::Exchanging { since } if since == ms(1)));
    }

    #[test]
    fn there_are_never_more_than_the_limit_however_few_a_claim_clears_away() {
        let mut pendings = Pendings::new(50);
        for now in 1..=200 {
            pendings.claim_new(1000, now);
            assert!(pendings.count() <= 50);
        }
        assert_eq!(pendings.books(), 50);
        pendings.claim_new(3000, 1000);
        assert_eq!(pendings.books(), 50 - SWEEP + 1);
    }
}
