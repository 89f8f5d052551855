//! Secrets with one door.
//!
//! Each has a redacted `Debug`, no `Display`, no `Serialize` and no `PartialEq`; what needs the text says
//! `expose_secret()`, so that a search for `expose` finds every place where a secret leaves its box.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::protocol::wiped::boxed;

macro_rules! secret {
    ($($(#[$doc:meta])* $vis:vis struct $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        $vis struct $name(SecretString);

        impl $name {
            /// Wraps the text. Each copy is wiped from memory when it goes, and so is the text that is given by value.
            #[must_use]
            $vis fn new(text: impl Into<String>) -> Self {
                Self(boxed(text.into()))
            }

            /// The text itself. Do not log it, do not put it into an error or a page.
            #[must_use]
            $vis fn expose_secret(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    )+};
}

secret! {
    /// What the FHIR server wants to see in `Authorization: Bearer …`. Opaque: its format is the EHR's business.
    pub struct AccessToken;
    /// What buys the next access token. Many EHRs accept each one once only.
    pub struct RefreshToken;
    /// The id token as it came, not verified.
    pub struct RawIdToken;
    /// The authorization code: single use, about a minute of life.
    pub(crate) struct AuthorizationCode;
    /// The secret of a `client-confidential-symmetric` client.
    pub struct ClientSecret;
    /// The PKCE verifier (RFC 7636) of one authorization.
    pub struct CodeVerifier;
    /// The `state` of one authorization.
    pub struct State;
    /// The OpenID Connect `nonce` of one authorization.
    pub struct Nonce;
    /// The opaque `launch` value that an EHR puts into a launch URL, echoed byte for byte.
    pub(crate) struct LaunchToken;
    /// The random proof in a launch cookie.
    pub struct LaunchSecret;
    /// What a server wants to see before it registers a client (RFC 7591, section 3): got from its operator.
    pub struct InitialAccessToken;
    /// A signed statement about the software, by somebody whom the server trusts (RFC 7591, section 2.3).
    pub struct SoftwareStatement;
    /// What a client reads, changes and deletes its registration with (RFC 7592).
    pub struct RegistrationAccessToken;
    /// Where it does so. Some servers put a secret into this address.
    pub struct RegistrationUri;
    /// The random id in a browser cookie. It opens nothing, but its holder can end this browser's launches.
    pub struct BrowserId;
}

impl From<String> for ClientSecret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for ClientSecret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for InitialAccessToken {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for InitialAccessToken {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for SoftwareStatement {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for SoftwareStatement {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Compares two texts in a time that does not depend on where they differ.
///
/// Comparing digests means that neither content nor length steers the comparison.
pub(crate) fn same_secret(left: &str, right: &str) -> bool {
    let (left, right) = (Sha256::digest(left), Sha256::digest(right));
    left.iter().zip(right.iter()).fold(0_u8, |acc, (l, r)| acc | (l ^ r)) == 0
}

#[cfg(test)]
mod tests;
