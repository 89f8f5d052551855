//! What an operation that ends launches hands out.

use std::sync::Arc;

use crate::store::LaunchRecord;

/// The launches that an operation of a [`TokenStoreBackend`](crate::store::TokenStoreBackend) has ended: those that were open
/// until then, each handed out once.
///
/// The store forgets their tokens, but the EHR goes on accepting them. The caller that gets this has the last chance to
/// revoke them.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EndedLaunches {
    /// Their records as they were last, in any order.
    pub records: Vec<Arc<LaunchRecord>>,
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

impl From<Vec<Arc<LaunchRecord>>> for EndedLaunches {
    fn from(records: Vec<Arc<LaunchRecord>>) -> Self {
        Self { records, unreadable: 0 }
    }
}

#[cfg(test)]
mod tests;
