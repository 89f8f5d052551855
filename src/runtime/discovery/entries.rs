//! What is remembered of each document: [`Entries`].

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    document::{Document, DocumentRequest},
    error::DiscoveryError,
};
use crate::time::Timestamp;

/// How many documents of one kind are kept. An EHR decides at which address its keys are, and could name another one
/// every time.
pub(super) const MOST_DOCUMENTS: usize = 4_096;

pub(super) struct Entries<D> {
    by_key: HashMap<String, Entry<D>>,
    /// Counts who asked, to know which entry was not asked for the longest.
    asked: u64,
}

pub(super) struct Entry<D> {
    pub(super) good: Option<Good<D>>,
    pub(super) failed: Option<Failed>,
    /// No forced fetch before this moment.
    pub(super) no_refetch_before: Option<Timestamp>,
    asked: u64,
}

pub(super) struct Good<D> {
    pub(super) document: Arc<D>,
    pub(super) fetched_at: Timestamp,
    pub(super) fresh_until: Timestamp,
}

pub(super) struct Failed {
    pub(super) error: DiscoveryError,
    pub(super) until: Timestamp,
}

pub(super) type Answer<D> = Result<Arc<D>, DiscoveryError>;

impl<D: Document> Entries<D> {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The last good document. Looking is not asking for it.
    pub(super) fn known(&self, request: &DocumentRequest<D>) -> Option<Arc<D>> {
        let good = self.by_key.get(&request.cache_key())?.good.as_ref()?;
        Some(Arc::clone(&good.document))
    }

    /// How long ago the last good document was fetched, and whether fetching it again failed.
    pub(super) fn age(&self, request: &DocumentRequest<D>, now: Timestamp) -> Option<(Duration, bool)> {
        let entry = self.by_key.get(&request.cache_key())?;
        let good = entry.good.as_ref()?;
        Some((now.saturating_since(good.fetched_at), entry.failed.is_some()))
    }

    pub(super) fn forget(&mut self, request: &DocumentRequest<D>) {
        self.by_key.remove(&request.cache_key());
    }

    /// The entry of a document. Makes room for a new one by forgetting the one that was not asked for the longest.
    pub(super) fn of(&mut self, request: &DocumentRequest<D>) -> &mut Entry<D> {
        self.asked = self.asked.wrapping_add(1);
        let key = request.cache_key();
        if self.by_key.len() >= MOST_DOCUMENTS && !self.by_key.contains_key(&key) {
            let longest = self.by_key.iter().min_by_key(|(_, entry)| entry.asked);
            let longest = longest.map(|(key, _)| key.clone());
            longest.and_then(|key| self.by_key.remove(&key));
        }
        let entry = self.by_key.entry(key).or_default();
        entry.asked = self.asked;
        entry
    }
}

impl<D> Entry<D> {
    /// The document, if it is not `seen`. Every fetch makes a new one, and who holds `seen` keeps its address taken.
    pub(super) fn newer(&self, seen: &Arc<D>) -> Option<Arc<D>> {
        let good = self.good.as_ref()?;
        (!Arc::ptr_eq(&good.document, seen)).then(|| Arc::clone(&good.document))
    }
}

impl<D> Default for Entries<D> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            asked: 0,
        }
    }
}

impl<D> Default for Entry<D> {
    fn default() -> Self {
        Self {
            good: None,
            failed: None,
            no_refetch_before: None,
            asked: 0,
        }
    }
}
