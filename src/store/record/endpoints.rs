//! The endpoints that an authorization began with: [`PinnedEndpoints`].

use crate::protocol::{
    callback::IssParameter,
    client_auth::{AuthServer, SecretPlacement, SigningAlgorithm},
    urls::EndpointUrl,
};

/// The endpoints that an authorization began with; all later requests of that launch use them.
///
/// A metadata document that changes in the middle of a launch does not get its code or its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PinnedEndpoints {
    /// Where the code and the refresh token go.
    pub token: EndpointUrl,
    /// Where tokens are revoked (RFC 7009), if the EHR has such an endpoint.
    pub revocation: Option<EndpointUrl>,
    /// Where tokens are introspected (RFC 7662), if the EHR has such an endpoint.
    pub introspection: Option<EndpointUrl>,
    /// The `issuer` of the metadata, if any.
    pub issuer: Option<String>,
    /// Where the keys of the id token are, if the metadata says so.
    pub jwks_uri: Option<EndpointUrl>,
    /// Whether the EHR promised to name itself in authorization responses (RFC 9207).
    pub iss_parameter: IssParameter,
    /// Where the EHR wants a client secret, by the methods that its metadata lists.
    pub client_secret: SecretPlacement,
    /// The algorithm of a client's assertions, where its metadata lists only one of those that there are.
    pub assertion_algorithm: Option<SigningAlgorithm>,
    /// Where the endpoints come from.
    pub source: EndpointsSource,
}

/// Where the endpoints of an authorization come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointsSource {
    /// The EHR's metadata.
    Metadata,
    /// The registration, which names them instead of the metadata.
    Registration,
    /// The registration, as the metadata was unavailable.
    Fallback,
}

impl PinnedEndpoints {
    /// What credentials have to fit.
    pub(crate) fn auth_server(&self) -> AuthServer<'_> {
        AuthServer {
            token_endpoint: &self.token,
            issuer: self.issuer.as_deref(),
            client_secret: self.client_secret,
            assertion_algorithm: self.assertion_algorithm,
        }
    }

    /// A token endpoint and nothing else. What more there is goes into the fields.
    #[must_use]
    pub const fn new(token: EndpointUrl) -> Self {
        Self {
            token,
            revocation: None,
            introspection: None,
            issuer: None,
            jwks_uri: None,
            iss_parameter: IssParameter::NotPromised,
            client_secret: SecretPlacement::Header,
            assertion_algorithm: None,
            source: EndpointsSource::Metadata,
        }
    }
}
