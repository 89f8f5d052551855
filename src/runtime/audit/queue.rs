//! Events that are not written yet: [`Queue`].

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, timeout},
};

use crate::{
    audit::{AuditEvent, Audited},
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
/// How many of them may tell of refused sign-ins. Strangers can have those made, and must not keep out what people do.
pub(super) const REFUSALS: usize = 1_000;
/// How many are written at once.
pub(super) const BATCH: usize = 100;
/// How long a pause after a failure is at most while somebody waits for the sink.
pub(super) const SOMEBODY_WAITS: Duration = Duration::from_secs(1);

/// Events that are not written yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Of whoever waits for it to be empty.
    emptied: Condvar,
    /// Wakes the thread that writes: there is an event.
    pub(super) wake: Notify,
    /// Makes it look at its pause after a failure again: somebody waits, or the process stops.
    hurry: Notify,
    pub(super) log_throttle: LogThrottle,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// How many of them tell of refused sign-ins.
    refusals: usize,
    lost: u64,
    is_failing: bool,
    /// The process stops: there is no time for a pause.
    is_hurried: bool,
    /// Who waits until the sink takes events again.
    until_taken: Vec<oneshot::Sender<()>>,
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

/// Why there is no room for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoRoom {
    /// [`LIMIT`].
    ForAny,
    /// [`REFUSALS`].
    ForRefusals,
}

impl State {
    fn room_for(&self, event: &AuditEvent) -> Result<(), NoRoom> {
        if self.waiting.len() >= LIMIT {
            return Err(NoRoom::ForAny);
        }
        if is_refusal(event) && self.refusals >= REFUSALS {
            return Err(NoRoom::ForRefusals);
        }
        Ok(())
    }

    /// Takes the oldest out.
    fn take(&mut self, number: usize) -> Vec<Waiting> {
        let number = number.min(self.waiting.len());
        let taken: Vec<_> = self.waiting.drain(..number).collect();
        let refusals = taken.iter().filter(|waiting| is_refusal(&waiting.event)).count();
        self.refusals = self.refusals.saturating_sub(refusals);
        meter::AUDIT_QUEUED.set(self.waiting.len(), []);
        taken
    }

    /// Whether the sink takes what is given to it, as far as is known, and there is room.
    fn is_taken(&self) -> bool {
        !self.is_failing && self.waiting.len() < LIMIT
    }

    /// The sink is there. Returns whether it was away.
    fn answers(&mut self) -> bool {
        for waiting in self.until_taken.drain(..) {
            let _ = waiting.send(());
        }
        std::mem::take(&mut self.is_failing)
    }

    fn somebody_waits(&self) -> bool {
        let mut told = self.waiting.iter().filter_map(|waiting| waiting.told.as_ref());
        told.any(|told| !told.is_closed()) || self.until_taken.iter().any(|waiting| !waiting.is_closed())
    }
}

const fn is_refusal(event: &AuditEvent) -> bool {
    matches!(event.what, Audited::SignInRefused(_))
}

impl Queue {
    /// Puts an event at the end. Where there is no room it is lost, and that is said.
    pub(super) fn push(&self, event: AuditEvent, told: Option<oneshot::Sender<()>>) {
        meter::AUDIT_EVENTS.count([("event", event.what.name())]);
        let somebody_waits = told.is_some();
        let (room, lost) = {
            let mut state = self.state();
            let room = state.room_for(&event);
            if room.is_ok() {
                state.refusals = state.refusals.saturating_add(usize::from(is_refusal(&event)));
                state.waiting.push_back(Waiting { event, told });
                meter::AUDIT_QUEUED.set(state.waiting.len(), []);
            } else {
                state.lost = state.lost.saturating_add(1);
            }
            (room, state.lost)
        };
        match room {
            Ok(()) => {
                self.wake.notify_one();
                if somebody_waits {
                    self.hurry.notify_one();
                }
            }
            Err(NoRoom::ForRefusals) => {
                meter::AUDIT_LOST.count([]);
                log_seldom!(
                    self,
                    error,
                    lost,
                    "the audit event of a refused sign-in is lost, as {REFUSALS} of them wait to be written already, and the \
                     rest of the room is for what people do; repair the audit sink. {lost} are lost since the start"
                );
            }
            Err(NoRoom::ForAny) => {
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
        self.hurry_up();
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
            let written = state.take(number).into_iter();
            let told: Vec<_> = written.filter_map(|waiting| waiting.told).collect();
            (told, state.answers(), state.lost)
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
            let refused = state.take(1).pop();
            state.lost = state.lost.saturating_add(u64::from(refused.is_some()));
            state.answers();
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
        let left = self.state().take(usize::MAX).len();
        meter::AUDIT_LOST.add(left, []);
        tracing::error!(
            left,
            "{left} audit events are lost, as the audit sink did not take them until the application ended. Call \
             `SmartConfig::shutdown` after `server.await`"
        );
        self.emptied.notify_all();
    }

    /// Waits before the next attempt, at most [`SOMEBODY_WAITS`] while somebody does. True when the process stops and there is no
    /// time to wait.
    pub(super) async fn pause(&self, wait: Duration) -> bool {
        let began = Instant::now();
        loop {
            let longest = {
                let mut state = self.state();
                if std::mem::take(&mut state.is_hurried) {
                    return true;
                }
                if state.somebody_waits() {
                    wait.min(SOMEBODY_WAITS)
                } else {
                    wait
                }
            };
            let left = longest.saturating_sub(began.elapsed());
            if left.is_zero() {
                return false;
            }
            let _ = timeout(left, self.hurry.notified()).await;
        }
    }

    /// What to wait for until the sink takes events; `None` where it does so now, as far as is known.
    pub(super) fn until_taken(&self) -> Option<oneshot::Receiver<()>> {
        let receiver = {
            let mut state = self.state();
            if state.is_taken() {
                return None;
            }
            state.until_taken.retain(|waiting| !waiting.is_closed());
            let (sender, receiver) = oneshot::channel();
            state.until_taken.push(sender);
            receiver
        };
        self.hurry.notify_one();
        Some(receiver)
    }

    fn hurry_up(&self) {
        self.state().is_hurried = true;
        self.hurry.notify_one();
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
        self.hurry_up();
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
