//! Why nobody knows whether a token is good: [`NotChecked`].

use crate::{
    backend::BackendError,
    launch::introspect::IntrospectError,
    protocol::{endpoint_error::EndpointError, reach::Reach},
};

/// Why the authorization server did not say whether a caller's token is good. The log has its words.
///
/// `Display` says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotChecked {
    /// Where to ask is not known: the metadata is unavailable, or cannot be used.
    #[error("the EHR's metadata is unavailable, and so is its introspection endpoint; the log says why")]
    NoMetadata,
    /// The server has no introspection endpoint.
    #[error("the EHR's metadata names no introspection endpoint; if it has one, name it with `CallerTokens::endpoint`")]
    NoEndpoint,
    /// It refuses the application's credentials.
    #[error("the EHR does not let this application introspect tokens; compare its credentials with the registration")]
    ClientRefused,
    /// It refuses otherwise.
    #[error("the EHR refuses to introspect the token; the log has its words")]
    Refused,
    /// It did not answer, or not in time.
    #[error("the EHR does not answer the question about the token")]
    NoAnswer,
    /// It has trouble.
    #[error("the EHR has trouble at the moment")]
    EhrTrouble,
    /// What it answers cannot be used.
    #[error("the EHR's answer about the token cannot be used; the log says why")]
    UnusableAnswer,
    /// The request could not be signed. Nothing was sent.
    #[error("the question about the token could not be signed; the log says why")]
    NotSigned,
    /// The application has no token of its own to ask with.
    #[error("the application has no token of its own to ask with: {0}")]
    NoBackendToken(BackendError),
    /// Too many questions are under way. Nothing was sent.
    #[error("too many tokens are being checked at this EHR")]
    Busy,
    /// Too many tokens were refused just now, so that others are not asked about. Nothing was sent.
    #[error("too many invented tokens come in at the moment; find out who sends them")]
    Flood,
    /// The application is shutting down.
    #[error("the application is shutting down; no token is checked any more")]
    ShuttingDown,
}

impl NotChecked {
    pub(crate) fn of(error: &IntrospectError) -> Self {
        match error {
            IntrospectError::NoEndpoint | IntrospectError::Ehr(_) | IntrospectError::OtherEhr => Self::NoEndpoint,
            IntrospectError::Busy { .. } => Self::Busy,
            IntrospectError::Malformed(_) => Self::UnusableAnswer,
            IntrospectError::Endpoint(error) => Self::of_endpoint(error),
        }
    }

    fn of_endpoint(error: &EndpointError) -> Self {
        let of_reach = |reach| match reach {
            Reach::Silent => Self::NoAnswer,
            Reach::Troubled => Self::EhrTrouble,
            Reach::Unusable => Self::UnusableAnswer,
        };
        match error {
            EndpointError::ClientAuth(_) => Self::NotSigned,
            EndpointError::Transport(error) => of_reach(Reach::of_transport(*error)),
            EndpointError::Refused { status, .. } | EndpointError::UnexpectedStatus { status, .. }
                if Reach::of_status(*status) == Reach::Troubled =>
            {
                Self::EhrTrouble
            }
            EndpointError::UnexpectedStatus { status: 401 | 403, .. } => Self::ClientRefused,
            EndpointError::UnexpectedStatus { .. } => Self::UnusableAnswer,
            EndpointError::Refused { status, error, .. } => match error.as_str() {
                "invalid_client" | "unauthorized_client" | "invalid_token" | "insufficient_scope" => {
                    Self::ClientRefused
                }
                _ if matches!(status, 401 | 403) => Self::ClientRefused,
                _ => Self::Refused,
            },
        }
    }

    /// Whether the one who asked has said it in the log, so that nobody who waited for it says it again.
    pub(super) const fn is_told(self) -> bool {
        !matches!(
            self,
            Self::Busy | Self::Flood | Self::ShuttingDown | Self::NoBackendToken(_)
        )
    }

    /// Whether it stays so until somebody mends it here or in the registration.
    pub(super) const fn is_a_mistake(self) -> bool {
        matches!(self, Self::NoEndpoint | Self::ClientRefused | Self::NotSigned)
    }
}
