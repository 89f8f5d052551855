//! What an operation that ends launches hands out.

use std::{ops::Deref, sync::Arc};

use crate::store::{LaunchKey, LaunchRecord};

/// The launches that an operation of a [`TokenStoreBackend`](crate::store::TokenStoreBackend) has ended: those that were open
/// until then, each handed out once.
///
/// The store forgets their tokens, but the EHR goes on accepting them. The caller that gets this has the last chance to
/// revoke them.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EndedLaunches {
    /// Their records as they were last, in any order.
    pub records: Vec<EndedRecord>,
    /// How many more there were whose records cannot be read. They have ended all the same: ending wins.
    pub unreadable: usize,
}

impl EndedLaunches {
    /// Nothing was open.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            records: Vec::new(),
            unreadable: 0,
        }
    }

    /// Adds what another operation has ended.
    pub fn extend(&mut self, more: Self) {
        self.records.extend(more.records);
        self.unreadable = self.unreadable.saturating_add(more.unreadable);
    }

    /// How many launches ended, readable or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.records.len().saturating_add(self.unreadable)
    }
}

impl From<Vec<EndedRecord>> for EndedLaunches {
    fn from(records: Vec<EndedRecord>) -> Self {
        Self { records, unreadable: 0 }
    }
}

/// One launch that was ended: its key, and its record as it was last. Dereferences to the record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EndedRecord {
    /// Under which it was kept.
    pub key: LaunchKey,
    /// What was kept.
    pub record: Arc<LaunchRecord>,
}

impl EndedRecord {
    /// What was kept under this key.
    #[must_use]
    pub const fn new(key: LaunchKey, record: Arc<LaunchRecord>) -> Self {
        Self { key, record }
    }
}

impl Deref for EndedRecord {
    type Target = LaunchRecord;

    fn deref(&self) -> &LaunchRecord {
        &self.record
    }
}

#[cfg(test)]
mod tests;
