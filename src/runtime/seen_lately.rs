//! What was seen lately, so that it is said once.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

use crate::{protocol::secret::State, store::PendingKey};

/// So many are remembered; then the oldest go.
const MOST: usize = 256;

/// Sign-ins that something was said of.
#[derive(Default)]
pub(crate) struct SeenLately(Mutex<VecDeque<PendingKey>>);

impl SeenLately {
    /// Whether this is the first time; it is not afterwards.
    pub(crate) fn is_new(&self, state: &State) -> bool {
        let key = PendingKey::of(state);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(&key) {
            return false;
        }
        if seen.len() == MOST {
            seen.pop_front();
        }
        seen.push_back(key);
        true
    }
}

impl fmt::Debug for SeenLately {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenLately").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
