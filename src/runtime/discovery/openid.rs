//! The OpenID configuration of an issuer, of which one thing is used: where its keys are.

use serde_json::Value;
use url::Url;

use super::{DiscoveryError, Document, DocumentKind};
use crate::protocol::{
    json_object::JsonObject,
    metadata::MetadataError,
    urls::{EndpointUrl, UrlError},
};

/// `.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 3), as far as it is used.
///
/// The endpoints in it are not: SMART's come from the server metadata, and some EHRs put dummies here (Oracle Health).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenIdConfiguration {
    issuer: String,
    jwks_uri: EndpointUrl,
}

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

impl OpenIdConfiguration {
    /// The issuer that the document says it belongs to. Compare it: whoever asked for another one must not use it
    /// (OpenID Connect Discovery 1.0, section 4.3).
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the issuer's keys are.
    pub(crate) const fn jwks_uri(&self) -> &EndpointUrl {
        &self.jwks_uri
    }

    fn parse(body: &[u8]) -> Result<Self, OpenIdConfigurationError> {
        let document = JsonObject::read(body).map_err(|error| OpenIdConfigurationError::Document(error.into()))?;
        let text = |name| {
            document
                .members
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        Ok(Self {
            issuer: text("issuer").ok_or(OpenIdConfigurationError::NoIssuer)?.to_owned(),
            jwks_uri: EndpointUrl::parse(text("jwks_uri").ok_or(OpenIdConfigurationError::NoKeys)?)
                .map_err(OpenIdConfigurationError::Keys)?,
        })
    }
}

impl Document for OpenIdConfiguration {
    type Context = ();

    const KIND: DocumentKind = DocumentKind::OpenIdConfiguration;

    fn read(body: &[u8], endpoint: &Url, (): &()) -> Result<Self, DiscoveryError> {
        Self::parse(body).map_err(|source| DiscoveryError::OpenIdConfiguration {
            endpoint: endpoint.to_string(),
            source,
        })
    }
}
