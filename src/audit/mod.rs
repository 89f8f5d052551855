//! Who did what, for whoever has to answer for it: [`AuditSink`] gets an [`AuditEvent`] for each sign-in, refresh, refusal and end.
//!
//! A log line says how the application is; an audit event says what a person did. So user and patient are in it, by their ids. `Debug`
//! does not show them.
//!
//! [`JsonLines`] is a sink that is a file. Give the sink to [`SmartConfigBuilder::audit`](crate::SmartConfigBuilder::audit). What is written when, and what can be lost, is in
//! [`guide::observability`](crate::guide::observability#audit).

mod event;
mod instant;
mod json_lines;
mod policy;
mod sink;
#[cfg(test)]
mod tests;

pub use event::{
    AuditEvent, AuditUser, Audited, AuditedEnd, AuditedFhirAccess, AuditedRefresh, AuditedRefusal, AuditedSignIn,
    RefreshResult,
};
pub use json_lines::JsonLines;
pub(crate) use policy::AuditSettings;
pub use policy::{AuditFailure, FhirAudit};
pub use sink::{AuditError, AuditFuture, AuditSink};
