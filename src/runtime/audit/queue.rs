//! Events that are not written yet: [`Queue`].

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

use crate::{
    audit::AuditEvent,
    log_throttle::{LogThrottle, log_seldom},
    meter,
};

/// How the audit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditState {
    /// Events that wait to be written.
    pub(crate) waiting: usize,
    /// Events that were lost since the start.
    pub(crate) lost: u64,
    /// Whether the last attempt to write failed.
    pub(crate) is_failing: bool,
}

/// How many events wait at most: some minutes of a large installation.
pub(super) const LIMIT: usize = 10_000;
/// How many are written at once.
pub(super) const BATCH: usize = 100;

/// Events that are not written yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Of whoever waits for it to be empty.
    emptied: Condvar,
    /// Wakes the thread that writes: there is an event.
    pub(super) wake: Notify,
    /// Ends its pause after a failure: the process stops.
    hurry: Notify,
    log_throttle: LogThrottle,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    lost: u64,
    is_failing: bool,
    /// Whether a thread writes.
    is_served: bool,
    /// Nobody gives it events any more.
    is_closed: bool,
}

#[derive(Debug)]
struct Waiting {
    event: AuditEvent,
    /// Somebody who waits until it is written.
    told: Option<oneshot::Sender<()>>,
}

impl Queue {
    /// Puts an event at the end. A full queue loses it, and says so.
    pub(super) fn push(&self, event: AuditEvent, told: Option<oneshot::Sender<()>>) {
        meter::AUDIT_EVENTS.count([("event", event.what.name())]);
        let lost = {
            let mut state = self.state();
            if state.waiting.len() < LIMIT {
                state.waiting.push_back(Waiting { event, told });
                meter::AUDIT_QUEUED.set(state.waiting.len(), []);
                None
            } else {
                state.lost = state.lost.saturating_add(1);
                Some(state.lost)
            }
        };
        match lost {
            None => self.wake.notify_one(),
            Some(lost) => {
                meter::AUDIT_LOST.count([]);
                log_seldom!(
                    self,
                    error,
                    lost,
                    "an audit event is lost, as {LIMIT} wait to be written already; repair the audit sink. {lost} are lost \
                     since the start"
                );
            }
        }
    }

    /// Nobody gives it events any more, and nobody waits for those that are in it.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.wake.notify_one();
        self.hurry.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Takes the right to write. False when somebody has it, or there is nothing to write.
    pub(super) fn serve(&self) -> bool {
        let mut state = self.state();
        if state.is_served || state.waiting.is_empty() {
            return false;
        }
        state.is_served = true;
        true
    }

    /// Gives the right back, if there is nothing to write.
    pub(super) fn is_done(&self) -> bool {
        let mut state = self.state();
        state.is_served = !state.waiting.is_empty();
        !state.is_served
    }

    /// Gives the right back, whatever there is to write.
    pub(super) fn abandon(&self) {
        self.state().is_served = false;
    }

    /// The oldest events, which stay until they are written.
    pub(super) fn oldest(&self, most: usize) -> Arc<[AuditEvent]> {
        let state = self.state();
        state
            .waiting
            .iter()
            .take(most)
            .map(|waiting| waiting.event.clone())
            .collect()
    }

    /// The oldest were written: they are forgotten, and who waits for that is told.
    pub(super) fn written(&self, number: usize) {
        let (told, was_failing, lost) = {
            let mut state = self.state();
            let number = number.min(state.waiting.len());
            let told: Vec<_> = state
                .waiting
                .drain(..number)
                .filter_map(|waiting| waiting.told)
                .collect();
            meter::AUDIT_QUEUED.set(state.waiting.len(), []);
            (told, std::mem::take(&mut state.is_failing), state.lost)
        };
        for told in told {
            let _ = told.send(());
        }
        if was_failing {
            tracing::info!(lost, "audit events are written again; {lost} are lost since the start");
        }
        self.emptied.notify_all();
    }

    /// Nothing was written.
    pub(super) fn failed(&self) {
        let waiting = {
            let mut state = self.state();
            state.is_failing = true;
            state.waiting.len()
        };
        tracing::warn!(
            waiting,
            "audit events could not be written; they are kept, up to {LIMIT}, and tried again. Look at the audit sink"
        );
    }

    /// The oldest will never be written.
    pub(super) fn refused(&self) {
        let refused = {
            let mut state = self.state();
            let refused = state.waiting.pop_front();
            state.lost = state.lost.saturating_add(u64::from(refused.is_some()));
            meter::AUDIT_QUEUED.set(state.waiting.len(), []);
            refused.map(|refused| (refused.event, state.lost))
        };
        if let Some((event, lost)) = refused {
            meter::AUDIT_LOST.count([]);
            tracing::error!(
                event = event.what.name(),
                id = event.id,
                lost,
                "the audit sink will never take an event, and it is lost. {lost} are lost since the start"
            );
        }
        self.emptied.notify_all();
    }

    /// What is left will not be written: nobody is there any more who could want that.
    pub(super) fn give_up(&self) {
        let left = std::mem::take(&mut self.state().waiting).len();
        meter::AUDIT_LOST.add(left, []);
        meter::AUDIT_QUEUED.set(0, []);
        tracing::error!(
            left,
            "{left} audit events are lost, as the audit sink did not take them until the application ended. Call \
             `SmartConfig::shutdown` after `server.await`"
        );
        self.emptied.notify_all();
    }

    /// Waits before the next attempt. True when the process stops and there is no time to wait.
    pub(super) async fn pause(&self, wait: Duration) -> bool {
        timeout(wait, self.hurry.notified()).await.is_ok()
    }

    pub(super) fn standing(&self) -> AuditState {
        let state = self.state();
        AuditState {
            waiting: state.waiting.len(),
            lost: state.lost,
            is_failing: state.is_failing,
        }
    }

    /// Waits until everything is written, at most for `limit`, and says how many events are left then.
    pub(super) async fn drained(self: &Arc<Self>, limit: Duration) -> usize {
        let waiting = self.state().waiting.len();
        if waiting == 0 {
            return 0;
        }
        self.hurry.notify_one();
        // A thread and not a timer: the caller may be in a runtime without timers, or in none.
        let queue = Arc::clone(self);
        let (sender, receiver) = oneshot::channel();
        let watcher = thread::Builder::new()
            .name("smart-auth-stop".to_owned())
            .spawn(move || sender.send(queue.wait_blocking(limit)));
        match watcher {
            Ok(_) => receiver.await.unwrap_or(waiting),
            Err(error) => {
                tracing::error!(%error, "no thread to wait for audit events with");
                waiting
            }
        }
    }

    fn wait_blocking(&self, limit: Duration) -> usize {
        let (state, _) = self
            .emptied
            .wait_timeout_while(self.state(), limit, |state| !state.waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
