//! Why an OpenID configuration cannot be used: [`OpenIdConfigurationError`].

use crate::protocol::{metadata::MetadataError, urls::UrlError};

/// Why an OpenID configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenIdConfigurationError {
    /// It is no JSON object.
    #[error(transparent)]
    Document(MetadataError),
    /// It names no issuer.
    #[error("`issuer` is missing; configure where the keys are (`Quirks::id_token_jwks_uri`)")]
    NoIssuer,
    /// It does not say where the keys are.
    #[error("`jwks_uri` is missing; configure where the keys are (`Quirks::id_token_jwks_uri`)")]
    NoKeys,
    /// Where the keys are breaks the rules for URLs.
    #[error("`jwks_uri` {0}")]
    Keys(UrlError),
}
