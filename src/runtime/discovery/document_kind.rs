//! The documents that an EHR publishes: [`DocumentKind`].

use std::fmt;

/// A document that an EHR publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentKind {
    /// `.well-known/smart-configuration` of a FHIR server.
    ServerMetadata,
    /// `.well-known/openid-configuration` of an issuer of id tokens.
    OpenIdConfiguration,
    /// The keys that id tokens are signed with (`jwks_uri`).
    KeySet,
}

impl DocumentKind {
    /// The name of the work of fetching it.
    pub(super) const fn work(self) -> &'static str {
        match self {
            Self::ServerMetadata => "metadata",
            Self::OpenIdConfiguration => "openid configuration",
            Self::KeySet => "key set",
        }
    }

    /// What its address has after the one that is configured.
    pub(super) const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::ServerMetadata => Some("/.well-known/smart-configuration"),
            Self::OpenIdConfiguration => Some("/.well-known/openid-configuration"),
            Self::KeySet => None,
        }
    }

    /// How somebody configures its address.
    pub(super) const fn setting(self) -> &'static str {
        match self {
            Self::ServerMetadata => "as the FHIR base URL",
            Self::OpenIdConfiguration => "with `Quirks::id_token_issuer`",
            Self::KeySet => "with `Quirks::id_token_jwks_uri`",
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerMetadata => "server metadata",
            Self::OpenIdConfiguration => "OpenID configuration",
            Self::KeySet => "key set",
        })
    }
}
