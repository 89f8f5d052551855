//! Records that this process has opened already: [`OpenedRecords`].

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, MutexGuard},
    time::{Duration, Instant},
};

use lru::LruCache;

use super::sealer::Seal;
use crate::{
    log_throttle::LogThrottle,
    store::{LaunchKey, LaunchRecord, Version, shards::Shards, went_back::went_back},
};

const SHARDS: usize = 16;
/// So many bytes at most, sealed: with the number of records it bounds the memory to 64 MiB. With a long token a record has about 4 kB.
const LARGEST: usize = 16 * 1024;
/// So many records in each shard, 4,096 in all.
const IN_EACH: NonZeroUsize = match NonZeroUsize::new(256) {
    Some(number) => number,
    None => NonZeroUsize::MIN,
};
/// Tokens that nobody has asked for as long as this leave the memory, when the next request comes to their shard.
const UNASKED: Duration = Duration::from_secs(5 * 60);

/// Open launches as they were when this process last opened their records: the server need not send one again that has not changed, and
/// nobody opens it again. Whether the launch is open, and its record still this one, says the server at each request.
pub(in crate::store) struct OpenedRecords {
    shards: Shards<LruCache<LaunchKey, Opened>>,
    pub(super) log_throttle: LogThrottle,
}

/// A record, and the seal by which the server recognises it.
#[derive(Clone)]
pub(in crate::store) struct Opened {
    pub(in crate::store) seal: Seal,
    pub(in crate::store) record: Arc<LaunchRecord>,
    pub(in crate::store) version: Version,
    asked_for_at: Instant,
}

impl OpenedRecords {
    pub(in crate::store) fn new() -> Self {
        Self {
            shards: Shards::new(SHARDS, || LruCache::new(IN_EACH)),
            log_throttle: LogThrottle::default(),
        }
    }

    /// Asks for one.
    pub(in crate::store) fn of(&self, key: LaunchKey, now: Instant) -> Option<Opened> {
        let mut shard = self.shard(key, now);
        let opened = shard.get_mut(&key)?;
        opened.asked_for_at = now;
        Some(opened.clone())
    }

    /// Whether a record of this size, sealed, is kept.
    pub(in crate::store) const fn takes(sealed: &[u8]) -> bool {
        sealed.len() <= LARGEST
    }

    /// Keeps what was loaded or written; not in the place of newer tokens that the server has lost. They may be the only copy
    /// ([`restored`](Self::restored)).
    pub(in crate::store) fn keep(
        &self,
        key: LaunchKey,
        seal: Seal,
        (record, version): (&Arc<LaunchRecord>, Version),
        now: Instant,
    ) {
        let mut shard = self.shard(key, now);
        let has_newer = |there: &Opened| went_back((record, version), (&there.record, there.version));
        if shard.peek(&key).is_some_and(has_newer) {
            return;
        }
        let opened = Opened {
            seal,
            record: Arc::clone(record),
            version,
            asked_for_at: now,
        };
        shard.put(key, opened);
    }

    pub(in crate::store) fn forget(&self, key: LaunchKey, now: Instant) {
        self.shard(key, now).pop(&key);
    }

    /// Without those that nobody has asked for.
    fn shard(&self, key: LaunchKey, now: Instant) -> MutexGuard<'_, LruCache<LaunchKey, Opened>> {
        let mut shard = self.shards.lock(key.as_bytes());
        while let Some((_, opened)) = shard.peek_lru()
            && now.saturating_duration_since(opened.asked_for_at) >= UNASKED
        {
            shard.pop_lru();
        }
        shard
    }
}

impl fmt::Debug for OpenedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedRecords").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
