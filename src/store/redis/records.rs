//! Records as they stand in Redis: sealed, and what of them the scripts may see.

use std::{sync::Arc, time::Instant};

use super::{RedisStore, names, reply, reply::Reply};
use crate::store::{
    EndReason, EndedLaunch, EndedLaunches, EndedRecord, LaunchKey, LaunchRecord, SealedKind, StoreError,
};

/// What the scripts keep of a launch.
pub(super) struct SealedLaunch {
    pub(super) record: Vec<u8>,
    pub(super) memory: Vec<u8>,
    pub(super) user: String,
    pub(super) user_under_each_key: String,
}

impl RedisStore {
    pub(super) fn seal_launch(&self, key: LaunchKey, record: &LaunchRecord) -> Result<SealedLaunch, StoreError> {
        let sealer = &self.inner.sealer;
        // Ended launches are remembered by scripts, which cannot seal: they fill in why and when, in clear.
        let memory = EndedLaunch::of(record, EndReason::Idle, record.opened_at);
        let blinded = match &record.user {
            Some(user) => sealer.blind(record.browser.as_bytes(), user),
            None => Vec::new(),
        };
        Ok(SealedLaunch {
            record: sealer.seal(SealedKind::Launch, key.as_bytes(), record.to_bytes())?,
            memory: sealer.seal(SealedKind::Ended, key.as_bytes(), memory.to_bytes())?,
            user: blinded.first().cloned().unwrap_or_default(),
            user_under_each_key: blinded.join(" "),
        })
    }

    pub(super) fn open_record(&self, key: LaunchKey, sealed: &[u8]) -> Result<LaunchRecord, StoreError> {
        let bytes = self.inner.sealer.open(SealedKind::Launch, key.as_bytes(), sealed)?;
        Ok(LaunchRecord::from_bytes(&bytes)?)
    }

    /// The launches that a script has ended: a name and a sealed record of each. One whose record cannot be opened has
    /// ended like the others.
    pub(super) fn handed_out(&self, reply: &Reply) -> Result<EndedLaunches, StoreError> {
        let parts = reply.parts();
        let [b"ended", launches @ ..] = parts.as_slice() else {
            return Err(StoreError::Unreadable);
        };
        let mut ended = EndedLaunches::nothing();
        for launch in launches.chunks(2) {
            let [name, sealed] = launch else {
                return Err(StoreError::Unreadable);
            };
            let name = String::from_utf8_lossy(name);
            let record = names::launch_key(&name).ok_or(StoreError::Unreadable).and_then(|key| {
                self.inner.opened.forget(key, Instant::now());
                Ok(EndedRecord::new(key, Arc::new(self.open_record(key, sealed)?)))
            });
            match record {
                Ok(record) => ended.records.push(record),
                Err(error) => {
                    self.inner.alarms.ended_unread(error, &name);
                    ended.unreadable += 1;
                }
            }
        }
        Ok(ended)
    }

    pub(super) fn open_memory(
        &self,
        key: LaunchKey,
        sealed: &[u8],
        why: &[u8],
        at: &[u8],
    ) -> Result<EndedLaunch, StoreError> {
        let bytes = self.inner.sealer.open(SealedKind::Ended, key.as_bytes(), sealed)?;
        let mut ended = EndedLaunch::from_bytes(&bytes)?;
        ended.reason = reply::end_reason(why).ok_or(StoreError::Unreadable)?;
        ended.ended_at = reply::timestamp(at).ok_or(StoreError::Unreadable)?;
        Ok(ended)
    }
}
