//! What is audited, and what happens when it cannot be: [`AuditFailure`], [`FhirAudit`].

use std::{fmt, sync::Arc};

use super::AuditSink;

/// What becomes of a sign-in whose audit event cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuditFailure {
    /// The launch opens. The event waits with the others, and what is lost is counted and logged. The default: people at work do
    /// not wait for an audit trail.
    #[default]
    GoOn,
    /// The launch opens once its event is written. When that takes longer than 5 s, or the queue is full, it is ended again, its
    /// tokens are revoked where the EHR has an endpoint for it, and the person is asked to try again. Only sign-ins wait; what is
    /// open goes on.
    RefuseSignIn,
}

/// Whether each FHIR request of a launch is audited ([`SmartSession::fhir`](crate::SmartSession::fhir)).
///
/// Requests that the application sends by other means are not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FhirAudit {
    /// None is: the FHIR server audits them itself. The default.
    #[default]
    LeftOut,
    /// Each is, with method, type, id and status. The query is not: it holds what was searched for.
    Each,
}

/// What the configuration says of audit.
#[derive(Clone, Default)]
pub(crate) struct AuditSettings {
    pub(crate) sink: Option<Arc<dyn AuditSink>>,
    pub(crate) failure: AuditFailure,
    pub(crate) fhir: FhirAudit,
}

impl fmt::Debug for AuditSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditSettings")
            .field("sink", &self.sink.is_some())
            .field("failure", &self.failure)
            .field("fhir", &self.fhir)
            .finish()
    }
}
