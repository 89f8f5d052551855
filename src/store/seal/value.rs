//! A sealed value, byte for byte.
//!
//! Version 1, which readers will always accept:
//!
//! ```text
//! 0x01 │ key id, 8 bytes │ nonce, 12 bytes │ ciphertext of AES-256-GCM │ tag, 16 bytes
//! ```
//!
//! The additional data are a label, the version, the kind of record and the record's key in the store: a value that is
//! copied over another one, or changed in one bit, does not open.

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::zeroize::Zeroizing;

use super::{SealError, SealedKind, key::KEY_ID_LEN};

/// The first byte of a sealed value.
const VERSION: u8 = 1;
/// What all uses of AES-GCM here have in front of their additional data.
const LABEL: &[u8] = b"actix-smart-auth sealed";
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// A sealed value, taken apart.
pub(super) struct Parts<'a> {
    pub(super) id: &'a [u8; KEY_ID_LEN],
    nonce: &'a [u8; NONCE_LEN],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(super) fn of(sealed: &'a [u8]) -> Result<Self, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Corrupt)?;
        let (id, rest) = rest.split_first_chunk().ok_or(SealError::Corrupt)?;
        let (nonce, body) = rest.split_first_chunk().ok_or(SealError::Corrupt)?;
        if *version != VERSION {
            return Err(SealError::Corrupt);
        }
        Ok(Self { id, nonce, body })
    }

    pub(super) fn open_with(
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

pub(super) fn seal_with(
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
