//! Who is told what people did.

use std::sync::Arc;

use super::SmartConfigBuilder;
use crate::audit::{AuditFailure, AuditSink, FhirAudit};

/// Audit.
impl SmartConfigBuilder {
    /// Where audit events go: sign-ins, refreshes, refusals and ends of launches, with the user and the patient. Default: nowhere; then
    /// none is made. See [`audit`](crate::audit).
    pub fn audit(mut self, sink: impl AuditSink) -> Self {
        self.audit.sink = Some(Arc::new(sink));
        self
    }

    /// What becomes of a sign-in whose audit event cannot be written. Default: [`AuditFailure::GoOn`].
    pub const fn audit_failure(mut self, failure: AuditFailure) -> Self {
        self.audit.failure = failure;
        self
    }

    /// Whether each FHIR request of a launch is audited as well. Default: [`FhirAudit::LeftOut`].
    pub const fn audit_fhir(mut self, fhir: FhirAudit) -> Self {
        self.audit.fhir = fhir;
        self
    }
}
