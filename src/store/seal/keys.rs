//! The keys of a store, one to seal and all to open: [`SealingKeys`].

use std::fmt;

use secrecy::zeroize::Zeroizing;

use super::{
    SealError, SealedKind, SealingKeyError,
    key::{KEY_ID_LEN, SealingKey},
    value::{Parts, seal_with},
};
use crate::store::digest;

/// The keys under which records are sealed (AES-256-GCM): the first seals, all of them open.
///
/// # Rotation
///
/// Each step on all processes before the next:
///
/// 1. Add the new key as the *last* one: everybody can open what it will seal.
/// 2. Make it the first one: from now on it seals.
/// 3. Remove the old one, when nothing is left that it sealed: 15 minutes after the absolute lifetime of launches (12 hours by
///    default). Registrations [at first use](crate::guide::registration#at-first-use) are sealed with the same keys, for years, and anew
///    when they are used: wait until every EHR was used once since step 2.
///
/// A key that is removed too early loses nothing: its records answer [`SealError::UnknownKey`] until it is back.
///
/// One key is good for 2³² values (AES-GCM with random nonces); at a hundred a second that is more than a year.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::store::SealingKeys;
///
/// // As from an environment variable; `openssl rand -base64 32` makes one. The first seals, both open.
/// let keys = SealingKeys::parse(
///     "bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE= b2xkIGtleSBvbGQga2V5IG9sZCBrZXkgb2xkIGtleSE=",
/// )?;
/// # let _ = keys;
/// # Ok::<(), actix_smart_auth::store::SealingKeyError>(())
/// ```
#[derive(Clone)]
pub struct SealingKeys {
    pub(super) first: SealingKey,
    pub(super) others: Vec<SealingKey>,
}

impl SealingKeys {
    /// Keys as text, separated by commas or white space: each 32 bytes as base64 (either alphabet, padded or not) or as
    /// 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`] when there is none, or for the first that is not such a key.
    pub fn parse(text: &str) -> Result<Self, SealingKeyError> {
        let keys = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .enumerate()
            .map(|(at, part)| SealingKey::parse(part, at + 1));
        Self::collect(keys)
    }

    /// Keys as they are: each 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`] when there is none, or for the first that is not a sensible key.
    pub fn from_bytes(keys: impl IntoIterator<Item = [u8; 32]>) -> Result<Self, SealingKeyError> {
        Self::collect(
            keys.into_iter()
                .enumerate()
                .map(|(at, key)| SealingKey::new(&Zeroizing::new(key), at + 1)),
        )
    }

    /// One key that nobody else has and that is never written down: what it seals is for the life of this process.
    pub(crate) fn random() -> Self {
        loop {
            // A random key is refused as a placeholder once in 2²⁴⁸ times.
            if let Ok(keys) = Self::from_bytes([rand::random()]) {
                return keys;
            }
        }
    }

    fn collect(mut keys: impl Iterator<Item = Result<SealingKey, SealingKeyError>>) -> Result<Self, SealingKeyError> {
        let first = keys.next().ok_or(SealingKeyError::NoKey)??;
        let mut others: Vec<SealingKey> = Vec::new();
        for (position, key) in (2..).zip(keys) {
            let key = key?;
            if std::iter::once(&first)
                .chain(&others)
                .any(|known| known.id() == key.id())
            {
                return Err(SealingKeyError::Repeated { position });
            }
            others.push(key);
        }
        let keys = Self { first, others };
        // The library gathers randomness when a process seals for the first time, for 60 ms and longer: now, and not while somebody
        // launches. Where that fails, the sealing that matters says so.
        let _ = keys.seal(SealedKind::Ended, &[0; 32], Vec::new());
        Ok(keys)
    }

    /// Seals a value under the first key, bound to its kind and to the key (hash) that its record has in the store.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`] only.
    pub fn seal(&self, kind: SealedKind, record: &[u8; 32], value: Vec<u8>) -> Result<Vec<u8>, SealError> {
        seal_with(self.first.aead(), self.first.id(), kind, record, value)
    }

    /// Opens what [`seal`](Self::seal) of this or an earlier version of the crate gave for the same kind and record.
    ///
    /// # Errors
    ///
    /// [`SealError::UnknownKey`] if none of the keys sealed it, [`SealError::Corrupt`] if it was not sealed here at all.
    pub fn open(&self, kind: SealedKind, record: &[u8; 32], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed = Parts::of(sealed)?;
        sealed.open_with(self.key(sealed.id)?.aead(), kind, record)
    }

    /// Whether it was sealed with the first key. What lives long is sealed again, so that the others can be taken away.
    pub(crate) fn is_of_first(&self, sealed: &[u8]) -> bool {
        Parts::of(sealed).is_ok_and(|sealed| sealed.id == self.first.id())
    }

    /// Seals as [`seal`](Self::seal) does, under a key of this record's own.
    ///
    /// For what strangers can have sealed as often as they like: no number of them wears a key out.
    pub(crate) fn seal_apart(&self, kind: SealedKind, record: &[u8; 32], value: Vec<u8>) -> Result<Vec<u8>, SealError> {
        let aead = self.first.aead_of(record)?;
        seal_with(&aead, self.first.id(), kind, record, value)
    }

    /// Opens what [`seal_apart`](Self::seal_apart) gave for the same kind and record.
    pub(crate) fn open_apart(
        &self,
        kind: SealedKind,
        record: &[u8; 32],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed = Parts::of(sealed)?;
        let aead = self.key(sealed.id)?.aead_of(record)?;
        sealed.open_with(&aead, kind, record)
    }

    /// What a patient of an EHR is recognised by, under each key; the sealing key's first.
    pub(crate) fn patient_digests(&self, ehr: &str, patient: &str) -> Vec<[u8; 32]> {
        let context = digest("patient of", ehr);
        self.blind(&context, &digest("patient", patient))
    }

    fn key(&self, id: &[u8; KEY_ID_LEN]) -> Result<&SealingKey, SealError> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .find(|key| key.id() == id)
            .ok_or(SealError::UnknownKey)
    }

    /// A hash of a value that only holders of the keys can compute, one per key, the sealing key's first.
    ///
    /// For what a store has to compare without being able to guess it.
    pub(in crate::store) fn blind(&self, context: &[u8; 32], value: &[u8; 32]) -> Vec<[u8; 32]> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .map(|key| key.blind(context, value))
            .collect()
    }
}

/// Shows how many there are and their ids, which are hashes.
impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys")
            .field("seals", &self.first)
            .field("also_open", &self.others)
            .finish()
    }
}
