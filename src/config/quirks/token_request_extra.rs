//! What a registration adds to its token requests: [`TokenExtra`].

use std::fmt;

use crate::protocol::secret::ClientSecret;

/// A name and a value. The value may be a key.
#[derive(Clone)]
pub(crate) struct TokenExtra {
    pub(crate) name: &'static str,
    pub(crate) value: ClientSecret,
}

impl PartialEq for TokenExtra {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value.expose_secret() == other.value.expose_secret()
    }
}

impl Eq for TokenExtra {}

impl fmt::Debug for TokenExtra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenExtra").field(&self.name).finish()
    }
}
