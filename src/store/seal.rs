//! Sealing what a store holds, so that whoever reads the store reads nothing.
//!
//! Version 1 of a sealed value, which readers will always accept:
//!
//! ```text
//! 0x01 │ key id, 8 bytes │ nonce, 12 bytes │ ciphertext of AES-256-GCM │ tag, 16 bytes
//! ```
//!
//! The additional data are a label, the version, the kind of record and the record's key in the store: a value that is
//! copied over another one, or changed in one bit, does not open.

mod key;
#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::zeroize::Zeroizing;

pub use self::key::SealingKeyError;
use self::key::{KEY_ID_LEN, SealingKey};
use crate::store::{StoreError, key::digest};

/// The first byte of a sealed value.
const VERSION: u8 = 1;
/// What all uses of AES-GCM here have in front of their additional data.
const LABEL: &[u8] = b"actix-smart-auth sealed";
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// What a sealed value is. One of another kind does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealedKind {
    /// A [`PendingRecord`](crate::store::PendingRecord).
    Pending,
    /// A [`CallbackOutcome`](crate::store::CallbackOutcome).
    Outcome,
    /// A [`LaunchRecord`](crate::store::LaunchRecord).
    Launch,
    /// An [`EndedLaunch`](crate::store::EndedLaunch).
    Ended,
    /// What is left of a sign-in in its cookie when its callback has been answered.
    UsedSignIn,
    /// The id of a launch whose cookie a browser has.
    LaunchCookie,
}

impl SealedKind {
    /// Stored numbers: they never change.
    const fn number(self) -> u8 {
        match self {
            Self::Pending => 1,
            Self::Outcome => 2,
            Self::Launch => 3,
            Self::Ended => 4,
            Self::UsedSignIn => 5,
            Self::LaunchCookie => 6,
        }
    }
}

/// Why a sealed value does not open, or a value cannot be sealed. Nothing of the value is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// None of the keys has the id that the value was sealed with.
    #[error(
        "the record was sealed with a key that is not in the list; put the removed key back, as the last one, until \
         everything that was sealed with it has run out"
    )]
    UnknownKey,
    /// Truncated, changed, moved from another record, or never sealed.
    #[error(
        "the sealed record is damaged, belongs to another place, or was never sealed; keep it, and look at who else \
         writes to this store"
    )]
    Corrupt,
    /// The system gave no random bytes for a nonce.
    #[error("the system's random generator failed; nothing was sealed")]
    NoRandomness,
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::UnknownKey => Self::UnknownKey,
            SealError::Corrupt => Self::Unreadable,
            SealError::NoRandomness => Self::Unavailable,
        }
    }
}

/// The keys under which records are sealed (AES-256-GCM): the first seals, all of them open.
///
/// # Rotation
///
/// Each step on all processes before the next:
///
/// 1. Add the new key as the *last* one: everybody can open what it will seal.
/// 2. Make it the first one: from now on it seals.
/// 3. After the absolute lifetime of launches (12 hours by default) nothing is left that the old key sealed: remove it.
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
    first: SealingKey,
    others: Vec<SealingKey>,
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
        Ok(Self { first, others })
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
    pub(super) fn blind(&self, context: &[u8; 32], value: &[u8; 32]) -> Vec<[u8; 32]> {
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

/// A sealed value, taken apart.
struct Parts<'a> {
    id: &'a [u8; KEY_ID_LEN],
    nonce: &'a [u8; NONCE_LEN],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Result<Self, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Corrupt)?;
        let (id, rest) = rest.split_first_chunk().ok_or(SealError::Corrupt)?;
        let (nonce, body) = rest.split_first_chunk().ok_or(SealError::Corrupt)?;
        if *version != VERSION {
            return Err(SealError::Corrupt);
        }
        Ok(Self { id, nonce, body })
    }

    fn open_with(
        &self,
        aead: &RandomizedNonceKey,
        kind: SealedKind,
        record: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut body = Zeroizing::new(self.body.to_vec());
        let length = aead
            .open_in_place(Nonce::from(self.nonce), additional(kind, record), &mut body)
            .map_err(|_| SealError::Corrupt)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

fn seal_with(
    aead: &RandomizedNonceKey,
    id: &[u8; KEY_ID_LEN],
    kind: SealedKind,
    record: &[u8; 32],
    value: Vec<u8>,
) -> Result<Vec<u8>, SealError> {
    let mut body = Zeroizing::new(value);
    body.reserve_exact(aws_lc_rs::aead::MAX_TAG_LEN);
    let nonce = aead
        .seal_in_place_append_tag(additional(kind, record), &mut *body)
        .map_err(|_| SealError::NoRandomness)?;
    let mut sealed = Vec::with_capacity(HEADER_LEN + body.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(id);
    sealed.extend_from_slice(nonce.as_ref());
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

fn additional(kind: SealedKind, record: &[u8; 32]) -> Aad<Vec<u8>> {
    let mut data = Vec::with_capacity(LABEL.len() + 2 + record.len());
    data.extend_from_slice(LABEL);
    data.extend_from_slice(&[VERSION, kind.number()]);
    data.extend_from_slice(record);
    Aad::from(data)
}
