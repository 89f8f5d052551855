//! Which secrets have proved which launches lately: [`ProvenLately`].

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{protocol::secret::LaunchSecret, store::LaunchKey};

/// So many are remembered at most, in half a megabyte. Where one is forgotten, its next request looks into the store twice.
const MOST: usize = 1 << 16;
/// So many places each of them may stand at.
const PLACES: usize = 4;

/// What this process has seen proved. A request is a use of its launch only when its secret is right, and a store cannot see that: it
/// has the record sealed. So the first request of a launch in a process that has not opened it is loaded without
/// counting, and counted afterwards; all others are one look into the store.
///
/// A launch never gets another secret, so nothing here becomes wrong. Whether the launch is open says the store each time.
pub(crate) struct ProvenLately {
    /// With a key that nobody knows: nobody can look for a secret that is taken for another one.
    hasher: RandomState,
    /// Zero where there is none.
    marks: Box<[AtomicU64]>,
}

impl ProvenLately {
    /// Remembers that the secret has proved this launch. It may take the place of another one.
    pub(crate) fn note(&self, launch: LaunchKey, secret: &LaunchSecret) {
        let mark = self.mark(launch, secret);
        let places = self.places(mark);
        let free = places.iter().find(|place| place.load(Ordering::Relaxed) == 0);
        // The upper bits: the lower ones have chosen the places.
        let [upper, ..] = mark.to_be_bytes();
        let chosen = free.or_else(|| places.get(usize::from(upper) % PLACES));
        if let Some(place) = chosen {
            place.store(mark, Ordering::Relaxed);
        }
    }

    /// Whether the secret has proved this launch.
    #[cfg(any(feature = "actix", test))]
    pub(crate) fn knows(&self, launch: LaunchKey, secret: &LaunchSecret) -> bool {
        let mark = self.mark(launch, secret);
        let mut places = self.places(mark).iter();
        places.any(|place| place.load(Ordering::Relaxed) == mark)
    }

    fn mark(&self, launch: LaunchKey, secret: &LaunchSecret) -> u64 {
        self.hasher.hash_one((launch.as_bytes(), secret.expose_secret())).max(1)
    }

    fn places(&self, mark: u64) -> &[AtomicU64] {
        let [low, high, ..] = mark.to_le_bytes();
        let group = usize::from(u16::from_le_bytes([low, high])) % (MOST / PLACES);
        self.marks.chunks_exact(PLACES).nth(group).unwrap_or_default()
    }
}

impl Default for ProvenLately {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            marks: std::iter::repeat_with(AtomicU64::default).take(MOST).collect(),
        }
    }
}

impl fmt::Debug for ProvenLately {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvenLately").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
