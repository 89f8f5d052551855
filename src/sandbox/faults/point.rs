//! Which requests a fault is for: [`FaultPoint`].

use serde::{Deserialize, Serialize};

use crate::sandbox::{
    bulk,
    http::{Incoming, find, parse_pairs},
    installation::JWT_BEARER,
    record::Endpoint,
};

/// Which requests a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultPoint {
    /// `.well-known/smart-configuration`.
    Metadata,
    /// `.well-known/openid-configuration`.
    #[serde(rename = "openid-configuration")]
    OpenIdConfiguration,
    /// The sandbox's own key set.
    Jwks,
    /// The authorization endpoint (not the pages that follow it).
    Authorize,
    /// Token requests with `grant_type=authorization_code`.
    Exchange,
    /// Token requests with `grant_type=refresh_token`, and those that renew what a client of one launch has.
    Refresh,
    /// Token requests with `grant_type=client_credentials`.
    Backend,
    /// Revocation requests.
    Revocation,
    /// Introspection requests.
    Introspection,
    /// Registrations of clients.
    Registration,
    /// Requests that read, change or delete a registration.
    RegistrationManagement,
    /// FHIR requests.
    Fhir,
    /// Requests that begin an export.
    Export,
    /// Requests about the status of an export.
    ExportStatus,
    /// Files of an export.
    ExportFile,
}

impl FaultPoint {
    pub(in crate::sandbox) fn of(endpoint: Endpoint, incoming: &Incoming) -> Option<Self> {
        // A browser's question before the request: no test counts those.
        if incoming.method == "OPTIONS" {
            return None;
        }
        Some(match endpoint {
            Endpoint::Metadata => Self::Metadata,
            Endpoint::OpenIdConfiguration => Self::OpenIdConfiguration,
            Endpoint::Jwks => Self::Jwks,
            Endpoint::Authorize => Self::Authorize,
            Endpoint::Token => match find(&parse_pairs(&incoming.body), "grant_type") {
                Some("authorization_code") => Self::Exchange,
                Some("refresh_token" | JWT_BEARER) => Self::Refresh,
                Some("client_credentials") => Self::Backend,
                _ => return None,
            },
            Endpoint::Revocation => Self::Revocation,
            Endpoint::Introspection => Self::Introspection,
            Endpoint::Registration if incoming.path == "/register" => Self::Registration,
            Endpoint::Registration => Self::RegistrationManagement,
            Endpoint::Fhir if bulk::is_kick_off(&incoming.path) => Self::Export,
            Endpoint::Fhir => Self::Fhir,
            Endpoint::ExportStatus => Self::ExportStatus,
            Endpoint::ExportFile => Self::ExportFile,
            Endpoint::OAuthMetadata | Endpoint::Page | Endpoint::Unknown => return None,
        })
    }
}
