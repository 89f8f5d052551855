//! HTTP Basic: [`ClientSecretBasic`], and how it is encoded.

use crate::protocol::secret::ClientSecret;

/// HTTP Basic with client id and secret (SMART App Launch 2.2, Client Authentication: Symmetric).
#[derive(Debug, Clone)]
pub struct ClientSecretBasic {
    pub(super) secret: ClientSecret,
    pub(super) previous: Option<ClientSecret>,
}

impl ClientSecretBasic {
    /// Authenticates with this secret.
    #[must_use]
    pub fn new(secret: impl Into<ClientSecret>) -> Self {
        Self {
            secret: secret.into(),
            previous: None,
        }
    }

    /// The secret in use before, tried once when the EHR answers `invalid_client`. Default: none.
    ///
    /// For the time of a rotation, when nobody knows which of the two the EHR accepts already.
    #[must_use]
    pub fn previous(mut self, secret: impl Into<ClientSecret>) -> Self {
        self.previous = Some(secret.into());
        self
    }
}

/// How client id and secret are written before they are joined by `:` and base64-encoded.
///
/// Both are the same for ids and secrets of letters, digits, `-`, `.`, `_` and `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Each form-encoded first, as RFC 6749, section 2.3.1, says. The default.
    #[default]
    FormEncoded,
    /// As they are, for servers that do not decode. The client id must not contain `:` then.
    Raw,
}
