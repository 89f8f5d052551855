//! Why a FHIR request gave nothing: [`FhirError`].

use std::time::Duration;

use crate::{
    backend::BackendError,
    launch::{error::LaunchError, insufficient_scope::InsufficientScope},
    protocol::{
        body_kind::BodyKind,
        fhir::{address::FhirAddressError, outcome::OperationOutcome},
        transport_error::TransportError,
    },
    runtime::registrations::EhrLookupError,
};

/// Why a FHIR request gave nothing that can be used.
///
/// No message names a patient or repeats what the server sent, but for codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FhirError {
    /// The launch has ended, or its token cannot be made fresh now.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The application has no token of its own now.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// No granted scope can allow the request ([`ScopeCheck::WhereCertain`](super::ScopeCheck::WhereCertain)). Nothing was sent.
    #[error(transparent)]
    InsufficientScope(#[from] InsufficientScope),
    /// The address is not one of the FHIR server. Nothing was sent.
    #[error("a FHIR address cannot be used: {0}")]
    Address(#[from] FhirAddressError),
    /// The registration of the EHR is gone, or its resolver cannot say where its requests may go. Nothing was sent.
    #[error(transparent)]
    Registration(#[from] EhrLookupError),
    /// What was to be sent cannot be written as JSON. Nothing was sent.
    #[error("the resource cannot be written as JSON; look at its `Serialize`")]
    Unwritable,
    /// There was no complete answer.
    #[error("the FHIR server could not be asked: {}", .0.with_limit("raise `Fhir::body_limit` if that server is to be trusted"))]
    Transport(#[from] TransportError),
    /// The server refused, and says why.
    #[error("the FHIR server answered with status {status} ({outcome})")]
    #[non_exhaustive]
    Outcome {
        /// The status code.
        status: u16,
        /// What it says.
        outcome: OperationOutcome,
        /// How long it asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// The server refused, and does not say why in the way of FHIR.
    #[error("the FHIR server answered with status {status} and {body}")]
    #[non_exhaustive]
    Status {
        /// The status code.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
        /// How long it asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// The answer is not the JSON that was expected.
    #[error(
        "the answer of the FHIR server cannot be read as what was asked for: it is {body}, and reading fails at line {line}, \
         column {column}"
    )]
    #[non_exhaustive]
    Unreadable {
        /// What the body looks like.
        body: BodyKind,
        /// Where reading fails.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// The server answered with another resource than the one that was asked for, or with one that does not say which it is.
    #[error("the FHIR server answered with another resource than the one that was asked for; nothing of it was used")]
    OtherResource,
    /// The server's pages go round in a circle, or never come to an end.
    #[error(
        "the pages of the FHIR server lead back to one that was read already, or many in a row have nothing in them"
    )]
    Circle,
}

impl FhirError {
    /// Of an entry of a batch that failed.
    pub(super) fn of_entry(status: u16, outcome: Option<OperationOutcome>) -> Self {
        match outcome {
            Some(outcome) => Self::Outcome {
                status,
                outcome,
                retry_after: None,
            },
            None => Self::Status {
                status,
                body: BodyKind::Json,
                retry_after: None,
            },
        }
    }

    /// The status code of the answer; `None` when there was none, or a good one.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Outcome { status, .. } | Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the resource is not there: never was (404), or not any more (410).
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self.status(), Some(404 | 410))
    }
}
