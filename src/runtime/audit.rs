//! Keeps audit events until a sink has written them: [`Auditor`].

mod queue;
#[cfg(test)]
mod tests;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;

pub(crate) use self::queue::AuditState;
use self::queue::Queue;
use crate::{
    audit::{AuditEvent, AuditFailure, AuditSettings, AuditSink, FhirAudit},
    store::{LaunchKey, LaunchRecord},
    time::{Clock, Timestamp},
};

/// How long a sign-in waits for the sink, before it opens and again for its event to be written ([`AuditFailure::RefuseSignIn`]).
const SIGN_IN_WAITS: Duration = Duration::from_secs(5);

/// Takes audit events. Without a sink it does nothing, and nothing is made for it.
pub(crate) struct Auditor(Option<Active>);

struct Active {
    queue: Arc<Queue>,
    sink: Arc<dyn AuditSink>,
    failure: AuditFailure,
    fhir: FhirAudit,
    clock: Arc<dyn Clock>,
}

/// The event of a sign-in was not written, and the policy demands that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its audit event could not be written; look at the audit sink")]
pub(crate) struct NotAudited;

impl Auditor {
    pub(crate) fn new(settings: AuditSettings, clock: Arc<dyn Clock>) -> Self {
        Self(settings.sink.map(|sink| Active {
            queue: Arc::default(),
            sink,
            failure: settings.failure,
            fhir: settings.fhir,
            clock,
        }))
    }

    /// Whether there is a sink.
    pub(crate) const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether FHIR requests are told to it.
    pub(crate) fn wants_fhir(&self) -> bool {
        self.0.as_ref().is_some_and(|active| active.fhir == FhirAudit::Each)
    }

    /// Has an event written. It is made only where somebody wants it.
    pub(crate) fn note(&self, event: impl FnOnce(Timestamp) -> AuditEvent) {
        if let Some(active) = &self.0 {
            active.queue.push(event(active.clock.now()), None);
            active.start();
        }
    }

    /// Whether a launch may open, as far as is known before: where the policy demands that its event is written, the sink has to take
    /// events. Waits for one that may be back.
    ///
    /// # Errors
    ///
    /// [`NotAudited`] where it must not be tried.
    pub(crate) async fn ready_for_sign_in(&self, ehr: &str) -> Result<(), NotAudited> {
        let Some(active) = self.0.as_ref().filter(|it| it.failure == AuditFailure::RefuseSignIn) else {
            return Ok(());
        };
        let Some(taken) = active.queue.until_taken() else {
            return Ok(());
        };
        active.start();
        if let Ok(Ok(())) = timeout(SIGN_IN_WAITS, taken).await {
            return Ok(());
        }
        tracing::error!(
            ehr,
            "a sign-in is refused before it opens anything, as the audit sink takes no events (`AuditFailure::RefuseSignIn`); \
             repair the audit sink"
        );
        Err(NotAudited)
    }

    /// Has the event of a sign-in written, and waits for that where the policy demands it.
    ///
    /// # Errors
    ///
    /// [`NotAudited`] where the launch must not stay open.
    pub(crate) async fn note_sign_in(&self, key: LaunchKey, record: &LaunchRecord) -> Result<(), NotAudited> {
        let Some(active) = &self.0 else { return Ok(()) };
        let event = AuditEvent::signed_in(active.clock.now(), key, record);
        match active.failure {
            AuditFailure::GoOn => {
                active.queue.push(event, None);
                active.start();
                Ok(())
            }
            AuditFailure::RefuseSignIn => {
                let (told, written) = tokio::sync::oneshot::channel();
                active.queue.push(event, Some(told));
                active.start();
                match timeout(SIGN_IN_WAITS, written).await {
                    Ok(Ok(())) => Ok(()),
                    _ => {
                        tracing::error!(
                            ehr = %record.origin.ehr, launch = key.reference(),
                            "a sign-in is refused, as its audit event was not written (`AuditFailure::RefuseSignIn`); repair \
                             the audit sink"
                        );
                        Err(NotAudited)
                    }
                }
            }
        }
    }

    /// How it stands; `None` without a sink.
    pub(crate) fn state(&self) -> Option<AuditState> {
        self.0.as_ref().map(|active| active.queue.standing())
    }

    /// Has everything written, at most for `limit`, and says how many events are left.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        let Some(active) = &self.0 else { return 0 };
        active.start();
        let left = active.queue.drained(limit).await;
        if left > 0 {
            tracing::error!(
                left,
                "audit events were not written when the time for the shutdown was over; they are lost when the process ends"
            );
        }
        left
    }
}

impl Active {
    /// Starts the thread that writes, unless it runs or has nothing to do.
    fn start(&self) {
        worker::start(&self.queue, &self.sink);
    }
}

/// Not before the thread has written what it can: nobody else does.
impl Drop for Active {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Auditor").field(&self.state()).finish()
    }
}
