//! Documents that an EHR publishes, fetched when first asked for and kept: one [`DocumentCache`] per kind of document and
//! configuration.
//!
//! - However many ask at once, one request goes out, and it is carried to its end even if all of them go away.
//! - A document is kept for the configured time, or as long as its `Cache-Control` says if that is shorter, but at
//!   least [`FLOOR`], so that `no-store` does not turn a burst of launches into a burst of requests.
//! - A failure is remembered for [`FAILURE_PAUSE`]. A document that was good once is served on as long as fetching it
//!   again fails.
//! - Who misses something in a document that is still kept can have it fetched anew, once per [`REFETCH_INTERVAL`].

mod cache;
mod document;
mod entries;
mod error;
mod fetch;
mod openid;
#[cfg(test)]
mod ssrf;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::protocol::{metadata::ServerMetadata, urls::EndpointUrl};
pub(crate) use cache::{DocumentCache, Newer};
pub(crate) use document::{Document, DocumentRequest};
pub use error::{DiscoveryError, DocumentKind, RedirectProblem};
pub(crate) use openid::OpenIdConfiguration;
pub use openid::OpenIdConfigurationError;

/// The shortest time that a document is kept.
const FLOOR: Duration = Duration::from_secs(10);

/// How long nothing is asked after a failure.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);

/// The time from the end of one fetch that somebody forced to the beginning of the next.
///
/// Whoever sends tokens with invented key ids must not be able to make the EHR's keys be fetched again and again, and
/// an EHR that changes its keys does not do so twice in ten seconds.
const REFETCH_INTERVAL: Duration = Duration::from_secs(10);

/// What can be set about discovery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiscoverySettings {
    /// How long a document is kept when the server does not ask for less. Default: 1 h.
    pub(crate) ttl: Duration,
    /// How long one fetch may take, redirects included. Default: 10 s.
    pub(crate) timeout: Duration,
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(60 * 60),
            timeout: Duration::from_secs(10),
        }
    }
}

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
