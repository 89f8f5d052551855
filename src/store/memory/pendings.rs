//! One shard of the pending authorizations.

use std::collections::{BTreeSet, HashMap};

use crate::{
    store::{BrowserKey, CallbackOutcome, Claim, PendingKey, PendingRecord},
    time::Timestamp,
};

/// How many expired entries one write clears away.
const SWEEP: usize = 8;

/// Pending authorizations, waiting, exchanging or done.
pub(super) struct Pendings {
    kept: HashMap<PendingKey, Box<Kept>>,
    /// The same by expiry; all live equally long, so the first is the oldest.
    by_expiry: BTreeSet<(Timestamp, PendingKey)>,
    limit: usize,
}

/// A pending authorization that is gone, still to be taken out of its browser's list when no lock is held.
pub(super) struct Dropped {
    pub(super) browser: BrowserKey,
    pub(super) key: PendingKey,
}

/// What adding another one of the same browser needs to know.
pub(super) struct Glance {
    pub(super) started_at: Timestamp,
    pub(super) waiting: bool,
}

struct Kept {
    browser: BrowserKey,
    started_at: Timestamp,
    expires_at: Timestamp,
    progress: Progress,
}

enum Progress {
    /// The record stays while the code is exchanged, because the claim may be given back.
    Undone {
        record: Box<PendingRecord>,
        claimed_at: Option<Timestamp>,
    },
    Done(CallbackOutcome),
}

impl Pendings {
    /// An empty shard for `limit` pending authorizations.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: HashMap::new(),
            by_expiry: BTreeSet::new(),
            limit,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    /// A look at an authorization. `None` unless it lives and is this browser's.
    pub(super) fn glance(&self, key: PendingKey, browser: BrowserKey, now: Timestamp) -> Option<Glance> {
        let kept = self.kept.get(&key)?;
        (kept.browser == browser && now < kept.expires_at).then_some(Glance {
            started_at: kept.started_at,
            waiting: matches!(kept.progress, Progress::Undone { claimed_at: None, .. }),
        })
    }

    /// Whether the authorization is (still) kept as one of this browser.
    pub(super) fn is_listed(&self, key: PendingKey, browser: BrowserKey) -> bool {
        self.kept.get(&key).is_some_and(|kept| kept.browser == browser)
    }

    pub(super) fn insert(
        &mut self,
        key: PendingKey,
        record: PendingRecord,
        expires_at: Timestamp,
        now: Timestamp,
        dropped: &mut Vec<Dropped>,
    ) {
        for _ in 0..SWEEP {
            let Some((_, expired)) = self.by_expiry.first().filter(|(at, _)| *at <= now).copied() else {
                break;
            };
            dropped.extend(self.remove(expired));
        }
        dropped.extend(self.remove(key));
        while self.kept.len() >= self.limit
            && let Some((_, oldest)) = self.by_expiry.first().copied()
        {
            dropped.extend(self.remove(oldest));
        }
        let kept = Kept {
            browser: record.browser,
            started_at: record.started_at,
            expires_at,
            progress: Progress::Undone {
                record: Box::new(record),
                claimed_at: None,
            },
        };
        self.by_expiry.insert((expires_at, key));
        self.kept.insert(key, Box::new(kept));
    }

    pub(super) fn claim(&mut self, key: PendingKey, browser: BrowserKey, now: Timestamp) -> Claim {
        let Some(kept) = self.kept.get_mut(&key) else {
            return Claim::NotFound;
        };
        if kept.browser != browser || kept.expires_at <= now {
            return Claim::NotFound;
        }
        match &mut kept.progress {
            Progress::Undone {
                claimed_at: Some(since),
                ..
            } => Claim::Exchanging { since: *since },
            Progress::Undone { record, claimed_at } => {
                *claimed_at = Some(now);
                Claim::Fresh(record.clone())
            }
            Progress::Done(outcome) => Claim::Done(Box::new(outcome.clone())),
        }
    }

    pub(super) fn release(&mut self, key: PendingKey) {
        if let Some(kept) = self.kept.get_mut(&key)
            && let Progress::Undone { claimed_at, .. } = &mut kept.progress
        {
            *claimed_at = None;
        }
    }

    pub(super) fn finish(&mut self, key: PendingKey, outcome: CallbackOutcome) {
        if let Some(kept) = self.kept.get_mut(&key)
            && let Progress::Undone {
                claimed_at: Some(_), ..
            } = kept.progress
        {
            kept.progress = Progress::Done(outcome);
        }
    }

    pub(super) fn remove(&mut self, key: PendingKey) -> Option<Dropped> {
        let kept = self.kept.remove(&key)?;
        self.by_expiry.remove(&(kept.expires_at, key));
        Some(Dropped {
            browser: kept.browser,
            key,
        })
    }
}
