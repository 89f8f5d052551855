//! Endpoints that the metadata has to name.

use super::error::DiscoveryError;
use crate::protocol::{metadata::ServerMetadata, urls::EndpointUrl};

/// The token endpoint, which no launch and no refresh can do without.
///
/// # Errors
///
/// [`DiscoveryError::MissingEndpoint`] when the metadata does not name it.
pub(crate) fn token_endpoint(metadata: &ServerMetadata) -> Result<&EndpointUrl, DiscoveryError> {
    metadata.token_endpoint().ok_or(DiscoveryError::MissingEndpoint {
        field: "token_endpoint",
    })
}

/// The authorization endpoint, which no launch can do without.
///
/// # Errors
///
/// [`DiscoveryError::MissingEndpoint`] when the metadata does not name it.
pub(crate) fn authorization_endpoint(metadata: &ServerMetadata) -> Result<&EndpointUrl, DiscoveryError> {
    metadata
        .authorization_endpoint()
        .ok_or(DiscoveryError::MissingEndpoint {
            field: "authorization_endpoint",
        })
}
