//! The OpenID configuration of an issuer. It is read for one thing: where the keys are.

use serde_json::Value;
use url::Url;

use super::{
    document::Document, document_kind::DocumentKind, error::DiscoveryError, openid_error::OpenIdConfigurationError,
};
use crate::protocol::{json_object::JsonObject, urls::EndpointUrl};

/// `.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 3), as far as it is used.
///
/// The endpoints in it are not: SMART's come from the server metadata, and some EHRs put dummies here (Oracle Health).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenIdConfiguration {
    issuer: String,
    jwks_uri: EndpointUrl,
}

impl OpenIdConfiguration {
    /// The issuer that the document says it belongs to. Compare it: a caller that asked for another one must not use it
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
                .map(|text| text.trim_matches(|c: char| c.is_ascii_whitespace()))
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
