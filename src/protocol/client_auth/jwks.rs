//! The document that publishes public keys: [`Jwks`] (RFC 7517, section 5).

use serde::Serialize;

use super::public_key::PublicJwk;

/// Public keys, each `kid` once. Several EHRs may share a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Jwks {
    keys: Vec<PublicJwk>,
}

/// Two different keys have this `kid`, and a server could not tell which to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DuplicateKid(pub(crate) String);

impl Jwks {
    /// Adds a key, unless it is there.
    ///
    /// # Errors
    ///
    /// [`DuplicateKid`] when another key has its `kid`.
    pub(crate) fn add(&mut self, key: &PublicJwk) -> Result<(), DuplicateKid> {
        match self.keys.iter().find(|present| present.kid() == key.kid()) {
            Some(present) if present == key => Ok(()),
            Some(_) => Err(DuplicateKid(key.kid().to_owned())),
            None => {
                self.keys.push(key.clone());
                Ok(())
            }
        }
    }

    /// The document as JSON; `None` when there is no key.
    pub(crate) fn to_json(&self) -> Option<String> {
        if self.keys.is_empty() {
            return None;
        }
        serde_json::to_string(self).ok()
    }
}
