//! A bounded memory that forgets what was unused the longest: [`Recent`].

use std::collections::{BTreeMap, HashMap};

/// Values by key, as many as fit.
#[derive(Debug)]
pub(super) struct Recent<V> {
    capacity: usize,
    by_key: HashMap<String, Kept<V>>,
    /// The keys in the order of their last use.
    by_use: BTreeMap<u64, String>,
    uses: u64,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    used: u64,
}

impl<V> Recent<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            by_key: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The value, which counts as used now.
    pub(super) fn get(&mut self, key: &str) -> Option<&mut V> {
        let kept = self.by_key.get_mut(key)?;
        if let Some(key) = self.by_use.remove(&kept.used) {
            self.uses += 1;
            kept.used = self.uses;
            self.by_use.insert(kept.used, key);
        }
        Some(&mut kept.value)
    }

    /// The value. Looking is no use.
    pub(super) fn peek(&self, key: &str) -> Option<&V> {
        self.by_key.get(key).map(|kept| &kept.value)
    }

    /// Keeps a value in the place of the one with the same key, or, where there is no more room, of the one unused the longest. Gives
    /// that back.
    pub(super) fn insert(&mut self, key: &str, value: V) -> Option<V> {
        let mut out = self.remove(key);
        if self.by_key.len() >= self.capacity {
            let (_, longest_unused) = self.by_use.pop_first()?;
            out = self.by_key.remove(&longest_unused).map(|kept| kept.value);
        }
        self.uses += 1;
        let used = self.uses;
        self.by_use.insert(used, key.to_owned());
        self.by_key.insert(key.to_owned(), Kept { value, used });
        out
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        let kept = self.by_key.remove(key)?;
        self.by_use.remove(&kept.used);
        Some(kept.value)
    }

    /// All values. Looking at them is no use.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.by_key.values().map(|kept| &kept.value)
    }
}

#[cfg(test)]
mod tests;
