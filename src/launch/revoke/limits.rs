//! How many tokens are revoked at once, and how many wait: [`RevocationLimits`].
//!
//! Each EHR has turns of its own and a part of the places, so that one that never answers keeps no other one's tokens
//! from being revoked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// How many launches' tokens are revoked at once at one EHR.
pub(super) const AT_ONCE: usize = 8;
/// How many launches one EHR has places for, those that wait included. At the default time-outs an EHR that never answers
/// keeps the last of them for about five minutes.
pub(super) const OF_ONE_EHR: usize = 136;
/// How many launches there are places for in all, in one process.
pub(super) const IN_ALL: usize = 272;

/// Who has the places.
#[derive(Debug)]
pub(crate) struct RevocationLimits {
    in_all: Arc<Semaphore>,
    by_ehr: Arc<ByEhr>,
}

/// The EHRs that have a place, and no others.
type ByEhr = Mutex<HashMap<String, OfEhr>>;

#[derive(Debug)]
struct OfEhr {
    places: usize,
    turns: Arc<Semaphore>,
}

/// A place of one launch, until dropped.
#[derive(Debug)]
pub(super) struct Place {
    ehr: String,
    turns: Arc<Semaphore>,
    by_ehr: Arc<ByEhr>,
    _in_all: OwnedSemaphorePermit,
}

impl Default for RevocationLimits {
    fn default() -> Self {
        Self {
            in_all: Arc::new(Semaphore::new(IN_ALL)),
            by_ehr: Arc::default(),
        }
    }
}

impl RevocationLimits {
    /// A place, if there is one.
    pub(super) fn place(&self, ehr: &str) -> Option<Place> {
        let in_all = Arc::clone(&self.in_all).try_acquire_owned().ok()?;
        let mut by_ehr = locked(&self.by_ehr);
        let of_ehr = by_ehr.entry(ehr.to_owned()).or_insert_with(|| OfEhr {
            places: 0,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        });
        if of_ehr.places >= OF_ONE_EHR {
            return None;
        }
        of_ehr.places += 1;
        Some(Place {
            ehr: ehr.to_owned(),
            turns: Arc::clone(&of_ehr.turns),
            by_ehr: Arc::clone(&self.by_ehr),
            _in_all: in_all,
        })
    }

    /// How many launches have a place.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        locked(&self.by_ehr).values().map(|of_ehr| of_ehr.places).sum()
    }
}

impl Place {
    /// Waits until it is this one's turn.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it.
        self.turns.acquire().await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_ehr = locked(&self.by_ehr);
        if let Some(of_ehr) = by_ehr.get_mut(&self.ehr) {
            of_ehr.places -= 1;
            if of_ehr.places == 0 {
                by_ehr.remove(&self.ehr);
            }
        }
    }
}

fn locked(by_ehr: &ByEhr) -> MutexGuard<'_, HashMap<String, OfEhr>> {
    by_ehr.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
