//! One sealing key.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM, RandomizedNonceKey},
    hmac,
};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::zeroize::Zeroizing;
use sha2::{Digest as _, Sha256};

use super::SealError;

/// How much of a key's hash stands in front of what it sealed.
pub(super) const KEY_ID_LEN: usize = 8;

/// Why there are no sealing keys. Nothing of a key is in it; positions count from 1.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealingKeyError {
    /// The list is empty.
    #[error("no sealing key was given; make one with `openssl rand -base64 32`")]
    NoKey,
    /// Neither base64 nor hexadecimal.
    #[error("sealing key {position} is neither base64 nor hexadecimal; make one with `openssl rand -base64 32`")]
    NotText {
        /// Which one.
        position: usize,
    },
    /// Not 32 bytes.
    #[error("sealing key {position} has {bytes} bytes instead of 32; make one with `openssl rand -base64 32`")]
    WrongLength {
        /// Which one.
        position: usize,
        /// How many bytes it has.
        bytes: usize,
    },
    /// The same byte 32 times: a placeholder.
    #[error("sealing key {position} is a placeholder; make one with `openssl rand -base64 32`")]
    Placeholder {
        /// Which one.
        position: usize,
    },
    /// The same key twice.
    #[error("sealing key {position} is in the list twice; remove it once")]
    Repeated {
        /// The position of the second.
        position: usize,
    },
}

debug_is_its_text!(SealingKeyError);

/// A key, ready to use. Cheap to clone.
#[derive(Clone)]
pub(super) struct SealingKey(Arc<Prepared>);

struct Prepared {
    id: [u8; KEY_ID_LEN],
    aead: RandomizedNonceKey,
    blinding: hmac::Key,
    deriving: hmac::Key,
}

impl SealingKey {
    pub(super) fn parse(text: &str, position: usize) -> Result<Self, SealingKeyError> {
        let bytes = Zeroizing::new(decode(text).ok_or(SealingKeyError::NotText { position })?);
        let key: Result<Zeroizing<[u8; 32]>, _> = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new);
        match key {
            Ok(key) => Self::new(&key, position),
            Err(_) => Err(SealingKeyError::WrongLength {
                position,
                bytes: bytes.len(),
            }),
        }
    }

    pub(super) fn new(key: &[u8; 32], position: usize) -> Result<Self, SealingKeyError> {
        let [first, rest @ ..] = key;
        if rest.iter().all(|byte| byte == first) {
            return Err(SealingKeyError::Placeholder { position });
        }
        let wrong_length = |_| SealingKeyError::WrongLength {
            position,
            bytes: key.len(),
        };
        // Keys of their own for blinding and for deriving: no key serves two purposes.
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let of_root = |label: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, label).as_ref());
        let hash: [u8; 32] = Sha256::digest(key).into();
        let mut id = [0; KEY_ID_LEN];
        for (to, from) in id.iter_mut().zip(hash) {
            *to = from;
        }
        Ok(Self(Arc::new(Prepared {
            id,
            aead: RandomizedNonceKey::new(&AES_256_GCM, key).map_err(wrong_length)?,
            blinding: of_root(b"actix-smart-auth blinding key 1"),
            deriving: of_root(b"actix-smart-auth deriving key 1"),
        })))
    }

    pub(super) fn id(&self) -> &[u8; KEY_ID_LEN] {
        &self.0.id
    }

    pub(super) fn aead(&self) -> &RandomizedNonceKey {
        &self.0.aead
    }

    /// The key of one record. AES-GCM with random nonces is good for 2³² values under one key.
    pub(super) fn aead_of(&self, record: &[u8; 32]) -> Result<RandomizedNonceKey, SealError> {
        let derived = hmac::sign(&self.0.deriving, record);
        RandomizedNonceKey::new(&AES_256_GCM, derived.as_ref()).map_err(|_| SealError::NoRandomness)
    }

    pub(super) fn blind(&self, context: &[u8; 32], value: &[u8; 32]) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&self.0.blinding);
        mac.update(context);
        mac.update(value);
        let mut blinded = [0; 32];
        for (to, from) in blinded.iter_mut().zip(mac.sign().as_ref()) {
            *to = *from;
        }
        blinded
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0.id;
        write!(f, "SealingKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// 64 hexadecimal digits are also base64 of 48 bytes, which is never a key: hexadecimal first.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() == 64
        && let Some(bytes) = hexadecimal(text)
    {
        return Some(bytes);
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok())
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = Zeroizing::new(digits?);
    let (pairs, _) = digits.as_chunks::<2>();
    Some(pairs.iter().map(|[high, low]| (high << 4) | low).collect())
}
