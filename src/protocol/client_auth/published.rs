//! A key set as somebody published it, against our own keys: [`PublishedKeys`].

use serde_json::Value;

use super::{key_error::KeyError, public_key::PublicJwk};
use crate::protocol::json_object::JsonObject;

/// The keys at the address where EHRs look for ours.
#[derive(Debug, Clone)]
pub(crate) struct PublishedKeys(Vec<Value>);

/// How a published key set stands to one of our keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Published {
    /// It is there, and the same.
    Same,
    /// No key has its `kid`.
    Missing,
    /// Another key has its `kid`.
    Other,
    /// It is there, and its private half too.
    WithPrivateHalf,
}

impl PublishedKeys {
    /// Reads a JWK Set (RFC 7517, section 5). `None` when it is none.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        match JsonObject::read(body).ok()?.members.remove("keys")? {
            Value::Array(keys) => Some(Self(keys)),
            _ => None,
        }
    }

    /// How it stands to a key of ours.
    pub(crate) fn compare(&self, own: &PublicJwk) -> Published {
        let has_its_kid = |key: &&Value| key.get("kid").and_then(Value::as_str) == Some(own.kid());
        let mut found = Published::Missing;
        for key in self.0.iter().filter(has_its_kid) {
            match PublicJwk::from_json(own.kid(), &key.to_string()) {
                Ok(key) if key == *own => return Published::Same,
                Err(KeyError::PrivateKey) => return Published::WithPrivateHalf,
                Ok(_) | Err(_) => found = Published::Other,
            }
        }
        found
    }

    /// The ids of the keys, for people.
    pub(crate) fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|key| key.get("kid").and_then(Value::as_str))
    }
}
