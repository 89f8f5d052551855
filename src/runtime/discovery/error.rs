//! Why a document of an EHR is unavailable: [`DiscoveryError`].

use super::{document_kind::DocumentKind, openid_error::OpenIdConfigurationError};
use crate::protocol::{id_token::KeySetError, metadata::MetadataError, reach::Reach, transport_error::TransportError};

/// Why a document that an EHR publishes is unavailable: its metadata, or what id tokens are verified with.
///
/// `endpoint` is the address that was asked; addresses hold no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// There was no complete answer.
    #[error("{endpoint} could not be fetched: {source}")]
    Transport {
        /// The address that was asked.
        endpoint: String,
        /// Why not.
        source: TransportError,
    },
    /// The server answered with something other than success.
    #[error("{endpoint} answered with status {status}{}", hint(*document, *status))]
    Status {
        /// What was asked for.
        document: DocumentKind,
        /// The address that was asked.
        endpoint: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server redirects to where the crate does not go.
    #[error("{endpoint} {problem}; if that is the right server, configure {configure} {}", document.setting())]
    Redirect {
        /// What was asked for.
        document: DocumentKind,
        /// The address that was asked.
        endpoint: String,
        /// What is wrong with the redirect.
        problem: RedirectProblem,
        /// The address to configure instead, as the redirect suggests it: the FHIR base URL for server metadata, the
        /// issuer for an OpenID configuration, the address itself for a key set.
        configure: String,
    },
    /// The answer is not server metadata.
    #[error("{endpoint}: {source}")]
    Document {
        /// The address that was asked.
        endpoint: String,
        /// What it is instead.
        source: MetadataError,
    },
    /// The answer is not an OpenID configuration that can be used.
    #[error("{endpoint}: {source}")]
    OpenIdConfiguration {
        /// The address that was asked.
        endpoint: String,
        /// What is wrong with it.
        source: OpenIdConfigurationError,
    },
    /// The answer is not a key set that can be used.
    #[error("{endpoint}: {source}")]
    KeySet {
        /// The address that was asked.
        endpoint: String,
        /// What is wrong with it.
        source: KeySetError,
    },
    /// The metadata does not name an endpoint that is needed.
    #[error(
        "the server metadata has no `{field}`; configure the endpoints by hand if the EHR's documentation names them"
    )]
    MissingEndpoint {
        /// The member that is missing.
        field: &'static str,
    },
    /// The crate was shut down while the document was wanted, or failed inside.
    #[error("fetching {endpoint} was interrupted by a shutdown, or by a fault that the log tells about")]
    Interrupted {
        /// The address that was to be asked.
        endpoint: String,
    },
}

/// What is wrong with a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectProblem {
    /// It leads to another origin (scheme, host and port).
    #[error("redirects to another server, which is not followed")]
    Elsewhere,
    /// It leads to plain http.
    #[error("redirects to plain http, which is not followed")]
    Insecure,
    /// There were more than three of them.
    #[error("redirects more than three times in a row")]
    TooMany,
    /// It has no `Location` that could be understood.
    #[error("redirects without saying where to in a way that can be followed")]
    Unusable,
}

impl DiscoveryError {
    /// Whether the same may succeed later without anybody changing anything: worth a 503 with `Retry-After` rather
    /// than a call to the administrator.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_temporary(),
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Document { source, .. } => matches!(source, MetadataError::Truncated),
            Self::OpenIdConfiguration { source, .. } => {
                matches!(source, OpenIdConfigurationError::Document(MetadataError::Truncated))
            }
            Self::Interrupted { .. } => true,
            Self::KeySet { .. } | Self::Redirect { .. } | Self::MissingEndpoint { .. } => false,
        }
    }

    /// How far the request came.
    pub(crate) const fn reach(&self) -> Reach {
        match self {
            Self::Transport { source, .. } => Reach::of_transport(*source),
            Self::Status { status, .. } => Reach::of_status(*status),
            Self::Interrupted { .. } => Reach::Silent,
            // The connection broke before the answer was complete.
            Self::Document {
                source: MetadataError::Truncated,
                ..
            }
            | Self::OpenIdConfiguration {
                source: OpenIdConfigurationError::Document(MetadataError::Truncated),
                ..
            } => Reach::Silent,
            _ => Reach::Unusable,
        }
    }

    /// The HTTP status, if there was an answer that was no success.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The address that was asked.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Transport { endpoint, .. }
            | Self::Status { endpoint, .. }
            | Self::Redirect { endpoint, .. }
            | Self::Document { endpoint, .. }
            | Self::OpenIdConfiguration { endpoint, .. }
            | Self::KeySet { endpoint, .. }
            | Self::Interrupted { endpoint } => Some(endpoint),
            Self::MissingEndpoint { .. } => None,
        }
    }
}

/// What to do about a status.
const fn hint(document: DocumentKind, status: u16) -> &'static str {
    match (status, document) {
        (401 | 403, DocumentKind::ServerMetadata) => {
            "; server metadata must be readable without signing in: the FHIR base URL may have a path too many or too few, \
             else ask the EHR's administrators"
        }
        (401 | 403, _) => "; it must be readable without signing in, so ask the EHR's administrators",
        (404 | 410, DocumentKind::ServerMetadata) => {
            "; check that the FHIR base URL is the right one, has no path too many or too few and does not end in the name \
             of a resource, or configure the endpoints by hand if this server has no SMART metadata"
        }
        (404 | 410, DocumentKind::OpenIdConfiguration) => {
            "; check the issuer (`Quirks::id_token_issuer`), or configure where its keys are \
             (`Quirks::id_token_jwks_uri`)"
        }
        (404 | 410, DocumentKind::KeySet) => {
            "; ask the EHR where the keys of its id tokens are, and configure that (`Quirks::id_token_jwks_uri`)"
        }
        (429, _) => "; the server asks for fewer requests, try again later",
        (500..=599, _) => "; the server has a problem of its own, try again later",
        _ => "",
    }
}
