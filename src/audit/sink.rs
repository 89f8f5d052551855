//! Where audit events go: [`AuditSink`].

use std::{future::Future, pin::Pin};

use super::AuditEvent;

/// Where audit events go: a file, a database, a FHIR server.
///
/// It runs on a thread of its own, inside a tokio runtime with timers and sockets: it may wait, and where it blocks it delays nothing
/// but other audit events.
///
/// [`JsonLines`](super::JsonLines) is one that is ready: a file.
///
/// # Examples
///
/// To the standard output, which something else collects. That a line has left this process is all that is known then.
///
/// ```
/// use std::io::Write;
/// use actix_smart_auth::audit::{AuditError, AuditEvent, AuditFuture, AuditSink};
///
/// struct StandardOutput;
///
/// impl AuditSink for StandardOutput {
///     fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
///         Box::pin(async move {
///             let mut lines = Vec::new();
///             for event in events {
///                 serde_json::to_writer(&mut lines, event).map_err(|_| AuditError::Refused)?;
///                 lines.push(b'\n');
///             }
///             let mut out = std::io::stdout().lock();
///             let written = out.write_all(&lines).and_then(|()| out.flush());
///             written.map_err(|_| AuditError::Unavailable)
///         })
///     }
/// }
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Writes events in the order in which they happened. They are written when it says so, and are forgotten here then.
    ///
    /// After an error, a panic, or when it takes longer than 30 s, the same events come again: an event may be written twice, under the
    /// same [`id`](AuditEvent::id). At most 100 come at once.
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a>;
}

/// The future that [`AuditSink::write`] returns.
pub type AuditFuture<'a> = Pin<Box<dyn Future<Output = Result<(), AuditError>> + Send + 'a>>;

/// Why events were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// It is away: a full disk, a database that restarts. They come again, later and later, up to 30 s apart.
    #[error("the audit sink takes nothing at the moment; the events are kept and tried again")]
    Unavailable,
    /// It will never take them. Several are tried again one by one; one alone is lost, which is counted and logged.
    #[error("the audit sink will never take this event")]
    Refused,
}
