//! The keys of an EHR: [`KeySet`].

use std::fmt;

use serde_json::Value;

use super::{
    algorithm::SignatureAlgorithm,
    error::IdTokenError,
    jwk::{Jwk, key_id},
    key_problem::KeyProblem,
    public_key::PublicKey,
};
use crate::protocol::json_object::{JsonObject, JsonObjectError};

/// More than any issuer has; each one costs time to read.
const MOST_KEYS: usize = 128;

/// How many keys of one name are tried. A server that changes its key without changing the name has two.
const MOST_OF_A_NAME: usize = 4;

/// How many keys are tried where nothing says which it is: as many as a large issuer publishes.
const MOST_WITHOUT_NAME: usize = 16;

/// The published keys of an issuer (a JWK Set, RFC 7517, section 5), for verifying.
#[derive(Clone)]
pub(crate) struct KeySet {
    entries: Vec<Entry>,
}

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

impl KeySetError {
    const fn of(error: JsonObjectError) -> Self {
        match error {
            JsonObjectError::Empty => Self::Empty,
            JsonObjectError::Html | JsonObjectError::Truncated | JsonObjectError::NotJson { .. } => Self::NotJson,
            JsonObjectError::NotAnObject => Self::NotAnObject,
        }
    }
}

impl KeySet {
    /// Reads a JWK Set. A key that cannot be used spoils no other one: see [`problems`](Self::problems).
    ///
    /// # Errors
    ///
    /// [`KeySetError`], also when not one key can be used.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, KeySetError> {
        let mut set = JsonObject::read(body).map_err(KeySetError::of)?;
        if set.has_repeated() {
            return Err(KeySetError::RepeatedMember);
        }
        let keys = match set.members.remove("keys") {
            None | Some(Value::Null) => return Err(KeySetError::NoKeysMember),
            Some(Value::Array(keys)) => keys,
            Some(_) => return Err(KeySetError::KeysNotAnArray),
        };
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::TooManyKeys { count: keys.len() });
        }
        let entries: Vec<Entry> = keys
            .iter()
            .map(|key| Entry {
                key_id: key_id(key).map(str::to_owned),
                key: Jwk::read(key),
            })
            .collect();
        let set = Self { entries };
        let first = set.problems().next();
        match first {
            _ if set.len() > 0 => Ok(set),
            Some((_, first)) => Err(KeySetError::NoUsableKey { first }),
            None => Err(KeySetError::NoKey),
        }
    }

    /// How many keys can be used.
    pub(crate) fn len(&self) -> usize {
        self.entries.iter().filter(|entry| entry.key.is_ok()).count()
    }

    /// Which keys (counted from 0) cannot be used, and why: for the log.
    pub(crate) fn problems(&self) -> impl Iterator<Item = (usize, KeyProblem)> + '_ {
        self.entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((at, *entry.key.as_ref().err()?)))
    }

    /// The keys of which one may have signed a token: those that it names, and that fit its algorithm. Where it names none, or
    /// the named one is missing and others have no name, each of those that fit (RFC 7515, appendix D).
    ///
    /// # Errors
    ///
    /// Those of [`IdTokenError`] that are about keys.
    pub(super) fn candidates(
        &self,
        key_id: Option<&str>,
        algorithm: SignatureAlgorithm,
    ) -> Result<Vec<&PublicKey>, IdTokenError> {
        let for_signatures = || {
            self.entries
                .iter()
                .filter(|entry| !matches!(entry.key, Err(KeyProblem::NotForSignatures)))
        };
        let Some(key_id) = key_id else {
            let all: Vec<_> = for_signatures().collect();
            let none_fits = match all.as_slice() {
                [only] => only.misfit(algorithm),
                _ => IdTokenError::NoFittingKey,
            };
            let fitting = fitting(&all, algorithm).ok_or(none_fits)?;
            return bounded(fitting, MOST_WITHOUT_NAME, IdTokenError::AmbiguousKey);
        };
        let named: Vec<_> = self.entries.iter().filter(|entry| entry.is_named(key_id)).collect();
        if let Some(first) = named.first() {
            let fitting = fitting(&named, algorithm).ok_or_else(|| first.misfit(algorithm))?;
            return bounded(fitting, MOST_OF_A_NAME, IdTokenError::DuplicateKey);
        }
        let nameless: Vec<_> = for_signatures().filter(|entry| entry.key_id.is_none()).collect();
        let first = nameless.first().ok_or(IdTokenError::UnknownKey)?;
        let none_fits = || match nameless.len() {
            1 => first.misfit(algorithm),
            _ => IdTokenError::NoFittingKey,
        };
        let fitting = fitting(&nameless, algorithm).ok_or_else(none_fits)?;
        bounded(fitting, MOST_WITHOUT_NAME, IdTokenError::AmbiguousKey)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("usable", &self.len())
            .field("problems", &self.problems().collect::<Vec<_>>())
            .finish()
    }
}

/// A key of the set, or why it is none. An unusable one is kept, to say of a token that names it what is wrong.
#[derive(Clone)]
struct Entry {
    key_id: Option<String>,
    key: Result<Jwk, KeyProblem>,
}

impl Entry {
    fn is_named(&self, key_id: &str) -> bool {
        self.key_id.as_deref() == Some(key_id)
    }

    fn fits(&self, algorithm: SignatureAlgorithm) -> Option<&PublicKey> {
        let key = self.key.as_ref().ok()?;
        let fits = key.public.family() == algorithm.family && key.algorithm.is_none_or(|own| own == algorithm);
        fits.then_some(&key.public)
    }

    /// Why it does not fit.
    fn misfit(&self, algorithm: SignatureAlgorithm) -> IdTokenError {
        match &self.key {
            Err(problem) => IdTokenError::UnusableKey(*problem),
            Ok(key) if key.public.family() != algorithm.family => IdTokenError::OtherKeyFamily,
            Ok(_) => IdTokenError::OtherKeyAlgorithm,
        }
    }
}

/// The keys that fit, each once: some sets have a key once for each algorithm. `None` when there is none.
fn fitting<'a>(candidates: &[&'a Entry], algorithm: SignatureAlgorithm) -> Option<Vec<&'a PublicKey>> {
    let mut keys: Vec<&PublicKey> = Vec::new();
    for key in candidates.iter().filter_map(|entry| entry.fits(algorithm)) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    (!keys.is_empty()).then_some(keys)
}

fn bounded(keys: Vec<&PublicKey>, most: usize, too_many: IdTokenError) -> Result<Vec<&PublicKey>, IdTokenError> {
    if keys.len() > most { Err(too_many) } else { Ok(keys) }
}
