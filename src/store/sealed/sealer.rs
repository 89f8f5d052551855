//! Sealing, or the danger of not sealing.

use std::fmt;

use secrecy::zeroize::Zeroizing;

use crate::store::{SealedKind, SealingKeys, StoreError, hex::hex};

/// The first byte of every sealed value; what is stored in clear begins with `{`.
const SEALED: u8 = 1;
/// The tag at the end of what AES-GCM has sealed.
const SEAL: usize = 16;

/// By what a sealed record is recognised: its last bytes, a checksum that only holders of the key can make. No two are ever the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Seal([u8; SEAL]);

impl Seal {
    pub(in crate::store) const fn as_bytes(&self) -> &[u8; SEAL] {
        &self.0
    }
}

#[derive(Clone)]
pub(in crate::store) enum Sealer {
    Keys(SealingKeys),
    DangerPlainText,
}

impl Sealer {
    pub(in crate::store) fn seal(
        &self,
        kind: SealedKind,
        record: &[u8; 32],
        value: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Keys(keys) => Ok(keys.seal(kind, record, value)?),
            Self::DangerPlainText => Ok(value),
        }
    }

    pub(in crate::store) fn open(
        &self,
        kind: SealedKind,
        record: &[u8; 32],
        stored: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        match self {
            Self::Keys(keys) => Ok(keys.open(kind, record, stored)?),
            Self::DangerPlainText if stored.first() == Some(&SEALED) => Err(StoreError::UnknownKey),
            Self::DangerPlainText => Ok(Zeroizing::new(stored.to_vec())),
        }
    }

    /// The seal of what [`open`](Self::open) opens. `None` where nothing is sealed: two records may end alike.
    pub(in crate::store) fn seal_of(&self, stored: &[u8]) -> Option<Seal> {
        match self {
            Self::Keys(_) => stored.last_chunk().copied().map(Seal),
            Self::DangerPlainText => None,
        }
    }

    /// The keys, for what is sealed before it comes here.
    pub(in crate::store) fn keys(&self) -> Option<SealingKeys> {
        match self {
            Self::Keys(keys) => Some(keys.clone()),
            Self::DangerPlainText => None,
        }
    }

    /// A user as the server may compare it, under each key, the sealing key's first.
    pub(in crate::store) fn blind(&self, browser: &[u8; 32], user: &[u8; 32]) -> Vec<String> {
        match self {
            Self::Keys(keys) => keys.blind(browser, user).iter().map(|blinded| hex(blinded)).collect(),
            Self::DangerPlainText => vec![hex(user)],
        }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(keys) => keys.fmt(f),
            Self::DangerPlainText => f.write_str("DangerPlainText"),
        }
    }
}
