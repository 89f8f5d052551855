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
    /// The launch opens once its event is written, and the person is asked to try again where it is not. Only sign-ins wait.
    ///
    /// While the sink is known to be away (its last answer was an error, or the queue is full), a sign-in waits 5 s for it, and
    /// is refused before it opens anything: what is open goes on. A sink that goes away at that very moment is noticed when the
    /// launch is open already and its event is not written within 5 s: the launch is ended again, and those that it has replaced
    /// in the browser stay ended.
    ///
    /// The tokens of a browser's sign-in are revoked where the EHR has an endpoint for it;
    /// [`SmartClient::open_launch`](crate::SmartClient::open_launch) hands them back.
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
