//! What is remembered of each document: [`Entries`].

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    document::{Document, DocumentRequest},
    error::DiscoveryError,
};
use crate::{
    runtime::sign_ins::{SignIn, SignIns},
    time::Timestamp,
};

/// How many documents of one kind are kept. An EHR decides at which address its keys are, and could name another one
/// every time.
pub(super) const MOST_DOCUMENTS: usize = 4_096;

pub(super) struct Entries<D> {
    by_key: HashMap<String, Entry<D>>,
    /// The sign-ins that the good ones claim, and at which address each is.
    sign_ins: SignIns<Arc<str>>,
    /// Counts who asked, to know which entry was not asked for the longest.
    asked: u64,
}

pub(super) struct Entry<D> {
    /// Set by [`Entries::keep`] alone.
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

    /// Notes a document that was fetched just now, in the place of the one before.
    pub(super) fn keep(&mut self, request: &DocumentRequest<D>, good: Good<D>) {
        let (key, sign_in) = (request.cache_key(), good.document.sign_in());
        let entry = self.of(request);
        entry.failed = None;
        if let Some(former) = entry.good.replace(good).and_then(|former| former.document.sign_in()) {
            self.sign_ins.take_out(&key, &former);
        }
        if let Some(sign_in) = sign_in {
            self.sign_ins.put(&key, sign_in, request.address().into());
        }
    }

    /// The addresses of the good documents that share a sign with this sign-in and whose codes go elsewhere.
    pub(super) fn with_codes_elsewhere(&self, than: &SignIn) -> Vec<Arc<str>> {
        self.sign_ins.with_codes_elsewhere(than).cloned().collect()
    }

    pub(super) fn forget(&mut self, request: &DocumentRequest<D>) {
        self.remove(&request.cache_key());
    }

    fn remove(&mut self, key: &str) {
        let removed = self.by_key.remove(key).and_then(|entry| entry.good);
        if let Some(sign_in) = removed.and_then(|good| good.document.sign_in()) {
            self.sign_ins.take_out(key, &sign_in);
        }
    }

    /// The entry of a document. Makes room for a new one by forgetting the one that was not asked for the longest.
    pub(super) fn of(&mut self, request: &DocumentRequest<D>) -> &mut Entry<D> {
        self.asked = self.asked.wrapping_add(1);
        let key = request.cache_key();
        if self.by_key.len() >= MOST_DOCUMENTS && !self.by_key.contains_key(&key) {
            let longest = self.by_key.iter().min_by_key(|(_, entry)| entry.asked);
            if let Some(key) = longest.map(|(key, _)| key.clone()) {
                self.remove(&key);
            }
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
            sign_ins: SignIns::default(),
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

#[cfg(test)]
mod tests;
