//! Records as the scripts hand them out.

use std::{sync::Arc, time::Instant};

use super::{RedisStore, names, reply, reply::Reply};
use crate::store::{
    EndedLaunch, EndedLaunches, EndedRecord, LaunchKey, LaunchRecord, StoreError, sealed::SealedLaunch,
};

impl RedisStore {
    pub(super) fn seal_launch(&self, key: LaunchKey, record: &LaunchRecord) -> Result<SealedLaunch, StoreError> {
        self.inner.sealer.seal_launch(key, record)
    }

    pub(super) fn open_record(&self, key: LaunchKey, sealed: &[u8]) -> Result<LaunchRecord, StoreError> {
        self.inner.sealer.open_launch(key, sealed)
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
        let reason = reply::end_reason(why).ok_or(StoreError::Unreadable)?;
        let at = reply::timestamp(at).ok_or(StoreError::Unreadable)?;
        self.inner.sealer.open_memory(key, sealed, reason, at)
    }
}
