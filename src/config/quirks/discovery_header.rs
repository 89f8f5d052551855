//! A header for the metadata request: [`DiscoveryHeader`].

use std::fmt;

/// A header that is sent when the metadata is fetched.
///
/// `Debug` shows the name: the value may be a key.
#[derive(Clone, PartialEq, Eq)]
pub struct DiscoveryHeader {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    ClientId,
    Text(String),
}

impl DiscoveryHeader {
    /// The client id of the registration, under this name.
    #[must_use]
    pub const fn client_id(name: &'static str) -> Self {
        Self {
            name,
            value: Value::ClientId,
        }
    }

    /// This value under this name: for a gateway that wants a key, for example.
    #[must_use]
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: Value::Text(value.into()),
        }
    }

    /// Name and value of the header.
    pub(super) fn of_client(&self, client_id: &str) -> (&'static str, String) {
        let value = match &self.value {
            Value::ClientId => client_id,
            Value::Text(text) => text,
        };
        (self.name, value.to_owned())
    }
}

impl fmt::Debug for DiscoveryHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DiscoveryHeader").field(&self.name).finish()
    }
}
