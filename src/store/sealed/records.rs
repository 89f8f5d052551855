//! Records as they stand in another process's memory: sealed, and what of them that process may see.

use super::Sealer;
use crate::{
    store::{EndReason, EndedLaunch, LaunchKey, LaunchRecord, SealedKind, StoreError},
    time::Timestamp,
};

/// What a server keeps of a launch.
pub(in crate::store) struct SealedLaunch {
    pub(in crate::store) record: Vec<u8>,
    pub(in crate::store) ended: Vec<u8>,
    /// Blinded; empty where no user is known.
    pub(in crate::store) user: String,
    pub(in crate::store) user_under_each_key: Vec<String>,
}

impl Sealer {
    pub(in crate::store) fn seal_launch(
        &self,
        key: LaunchKey,
        record: &LaunchRecord,
    ) -> Result<SealedLaunch, StoreError> {
        // Ended launches are remembered by servers, which cannot seal: they fill in why and when, in clear.
        let memory = EndedLaunch::of(record, EndReason::Idle, record.opened_at);
        let blinded = match &record.user {
            Some(user) => self.blind(record.browser.as_bytes(), user),
            None => Vec::new(),
        };
        Ok(SealedLaunch {
            record: self.seal(SealedKind::Launch, key.as_bytes(), record.to_bytes())?,
            ended: self.seal(SealedKind::Ended, key.as_bytes(), memory.to_bytes())?,
            user: blinded.first().cloned().unwrap_or_default(),
            user_under_each_key: blinded,
        })
    }

    pub(in crate::store) fn open_launch(&self, key: LaunchKey, sealed: &[u8]) -> Result<LaunchRecord, StoreError> {
        let bytes = self.open(SealedKind::Launch, key.as_bytes(), sealed)?;
        Ok(LaunchRecord::from_bytes(&bytes)?)
    }

    /// What is remembered of an ended launch, with the reason and the moment that stood beside it.
    pub(in crate::store) fn open_memory(
        &self,
        key: LaunchKey,
        sealed: &[u8],
        reason: EndReason,
        at: Timestamp,
    ) -> Result<EndedLaunch, StoreError> {
        let bytes = self.open(SealedKind::Ended, key.as_bytes(), sealed)?;
        let mut ended = EndedLaunch::from_bytes(&bytes)?;
        (ended.reason, ended.ended_at) = (reason, at);
        Ok(ended)
    }
}
