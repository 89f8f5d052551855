//! HTTP Basic: [`ClientSecretBasic`], and how it is encoded.

use super::slot::CredentialSlot;
use crate::protocol::secret::ClientSecret;

/// HTTP Basic with client id and secret (SMART App Launch 2.2, Client Authentication: Symmetric).
#[derive(Debug, Clone)]
pub struct ClientSecretBasic {
    pub(super) secret: ClientSecret,
    /// More than one is refused at the check.
    pub(super) previous: Vec<ClientSecret>,
}

impl ClientSecretBasic {
    /// Authenticates with this secret.
    #[must_use]
    pub fn new(secret: impl Into<ClientSecret>) -> Self {
        Self {
            secret: secret.into(),
            previous: Vec::new(),
        }
    }

    /// The secret in use before, tried once when the EHR answers `invalid_client`. Default: none; a second one is an error at
    /// `build()`.
    ///
    /// For the time of a rotation, when nobody knows which of the two the EHR accepts already.
    #[must_use]
    pub fn previous(mut self, secret: impl Into<ClientSecret>) -> Self {
        self.previous.push(secret.into());
        self
    }
}

/// The same, checked.
#[derive(Debug)]
pub(super) struct BasicSecrets {
    current: ClientSecret,
    previous: Option<ClientSecret>,
}

impl BasicSecrets {
    /// `previous`: the secret in use before.
    pub(super) const fn new(current: ClientSecret, previous: Option<ClientSecret>) -> Self {
        Self { current, previous }
    }

    pub(super) const fn get(&self, slot: CredentialSlot) -> Option<&ClientSecret> {
        match slot {
            CredentialSlot::Current => Some(&self.current),
            CredentialSlot::Previous => self.previous.as_ref(),
        }
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
