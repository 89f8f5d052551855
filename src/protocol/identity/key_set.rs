//! The keys of an EHR: [`KeySet`].

use super::jwk::KeyProblem;

/// The published keys of an issuer (a JWK Set, RFC 7517, section 5), for verifying.
#[derive(Debug, Clone)]
pub(crate) struct KeySet {}

/// Why a key set cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Nothing there.
    #[error("the key set is empty; check `jwks_uri`")]
    Empty,
    /// Not JSON; often a page of a proxy.
    #[error("the key set is not JSON; open its address and see what is there")]
    NotJson,
    /// JSON, but not an object.
    #[error("the key set is not a JSON object; report it to the EHR")]
    NotAnObject,
    /// Two members `keys`, or two of another name.
    #[error("the key set has two members of the same name; report it to the EHR")]
    RepeatedMember,
    /// No member `keys`.
    #[error("the key set has no member `keys`; check `jwks_uri`")]
    NoKeysMember,
    /// `keys` is not an array.
    #[error("the member `keys` of the key set is not an array; report it to the EHR")]
    KeysNotAnArray,
    /// More than 128 keys.
    #[error("the key set has {count} keys, more than 128; report it to the EHR")]
    TooManyKeys {
        /// How many.
        count: usize,
    },
    /// `keys` is empty.
    #[error("the key set has no key; report it to the EHR")]
    NoKey,
    /// There are keys, and none can be used.
    #[error("no key of the key set can be used; of the first one: {first}. Report it to the EHR")]
    NoUsableKey {
        /// What is wrong with the first.
        first: KeyProblem,
    },
}

impl KeySet {
    /// Reads a JWK Set. A key that cannot be used spoils no other one: see [`problems`](Self::problems).
    ///
    /// # Errors
    ///
    /// [`KeySetError`], also when not one key can be used.
    pub(crate) fn parse(_body: &[u8]) -> Result<Self, KeySetError> {
        Err(KeySetError::Empty)
    }

    /// How many keys can be used.
    pub(crate) fn len(&self) -> usize {
        0
    }

    /// Which keys (counted from 0) cannot be used, and why: for the log.
    pub(crate) fn problems(&self) -> impl Iterator<Item = (usize, KeyProblem)> + '_ {
        std::iter::empty()
    }
}
