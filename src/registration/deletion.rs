//! Deletes clients at an EHR, and tries again where that is away or has too much to do: [`Deletion`].

mod tries;

use std::time::Duration;

use tokio::time::sleep;

use self::tries::Tries;
use super::{
    error::{RefusalMeaning, RegistrationError, RegistrationOperation},
    registrar::Registrar,
    why_unwanted::{WhyUnwanted, tell_left},
};
use crate::protocol::{client_registration::Leftover, transport_error::TransportError};

/// How often it is looked whether it is time for the next attempt. Not one long sleep: a machine may sleep as well.
const LOOK: Duration = Duration::from_secs(1);

/// A client that is to be deleted.
#[derive(Clone)]
pub(super) struct ToDelete {
    pub(super) client: Leftover,
    /// It was tried before, and perhaps done.
    pub(super) may_be_gone: bool,
}

impl ToDelete {
    pub(super) const fn of(client: Leftover) -> Self {
        Self {
            client,
            may_be_gone: false,
        }
    }

    fn client_id(&self) -> Option<&str> {
        self.client.client_id.as_deref()
    }
}

/// What is known of clients that are to be deleted beside what this process uses. It is asked before each further attempt: time has
/// passed, and an EHR may have given a client again.
pub(super) trait Record: Send + Sync + 'static {
    /// Whether it keeps the clients until they are [`over`](Self::over), so that another process tries again where this one ends.
    const KEEPS: bool;

    /// Those that nobody uses. `None`: that cannot be said now.
    fn unused(&self, clients: Vec<ToDelete>) -> impl Future<Output = Option<Vec<ToDelete>>> + Send;

    /// These were deleted, or given up.
    fn over(&self, clients: Vec<ToDelete>) -> impl Future<Output = ()> + Send;
}

/// Nothing is known beside what this process uses.
pub(super) struct NoRecord;

impl Record for NoRecord {
    const KEEPS: bool = false;

    async fn unused(&self, clients: Vec<ToDelete>) -> Option<Vec<ToDelete>> {
        Some(clients)
    }

    async fn over(&self, _: Vec<ToDelete>) {}
}

/// Clients that are being deleted. While it waits for the next attempt nothing waits for it, neither a launch nor a shutdown; where the
/// process ends meanwhile, it says what is left.
pub(super) struct Deletion<R: Record> {
    registrar: Registrar,
    why: WhyUnwanted,
    record: R,
    tries: Tries,
    left: Vec<ToDelete>,
    /// Why the last attempt was in vain.
    error: Option<RegistrationError>,
}

/// How an attempt ended.
enum Ended {
    /// The client is not there any more.
    Gone,
    /// Another attempt may do it. `is_for_all`: for the other clients it would be as vain now.
    ForNow {
        is_for_all: bool,
    },
    ForGood,
    ShutDown,
}

/// What a round came to.
enum Round {
    /// The EHR was asked. How long it wants to be left alone, if it says so.
    Asked(Option<Duration>),
    /// It could not be said who uses the clients.
    StoreAway,
    /// The process ends. What is left is for another one, or is told when this is dropped.
    ShutDown,
}

impl<R: Record> Deletion<R> {
    /// Begins to delete these clients. The first attempt is at once.
    pub(super) fn begin(registrar: &Registrar, clients: Vec<ToDelete>, why: WhyUnwanted, record: R) {
        if clients.is_empty() {
            return;
        }
        let deletion = Self {
            registrar: registrar.clone_detached(),
            why,
            record,
            tries: Tries::default(),
            left: clients,
            error: None,
        };
        deletion.go_on();
    }

    /// What is under way is waited for at a shutdown, as every request is.
    fn go_on(mut self) {
        let engine = self.registrar.runtime.engine.clone();
        let work = async move {
            if let Some(pause) = self.round().await {
                self.go_on_after(pause);
            }
        };
        // What is refused is dropped, and says what is left.
        drop(engine.spawn("client registration", work));
    }

    fn go_on_after(self, pause: Duration) {
        let runtime = self.registrar.runtime.clone();
        let engine = runtime.engine.clone();
        let at = runtime.steady().saturating_add(pause);
        engine.spawn_aside(async move {
            loop {
                let left = at.saturating_since(runtime.steady());
                if left.is_zero() {
                    break;
                }
                sleep(left.min(LOOK)).await;
            }
            // Work that is running still could spawn more.
            if runtime.engine.takes_work() {
                self.go_on();
            }
        });
    }

    /// Tries each once. Returns when to try again; `None`: it is over here.
    async fn round(&mut self) -> Option<Duration> {
        let is_known = self.tries.is_first() || self.sort_out_used().await;
        let round = match is_known {
            true => self.delete_each().await,
            false => Round::StoreAway,
        };
        let (asked, is_store_away) = match round {
            Round::Asked(asked) => (asked.unwrap_or_default(), false),
            Round::StoreAway => (Duration::ZERO, true),
            Round::ShutDown => return None,
        };
        let pause = match self.left.is_empty() {
            true => None,
            false => self.tries.pause(asked, self.registrar.runtime.steady()),
        };
        match pause {
            Some(pause) if is_store_away => self.tell_unknown(&again_in(pause)),
            Some(pause) => self.tell_later(pause),
            // They may be in use: nobody is to be told to delete them by hand.
            None if is_store_away && R::KEEPS => self.tell_unknown("another process tries it later"),
            None => self.give_up().await,
        }
        pause
    }

    /// Leaves out those that somebody uses. Returns whether that could be said.
    async fn sort_out_used(&mut self) -> bool {
        let Some(unused) = self.record.unused(self.left.clone()).await else {
            return false;
        };
        for one in std::mem::replace(&mut self.left, unused) {
            if self.left.iter().all(|left| left.client_id() != one.client_id()) {
                self.tell_used(&one);
            }
        }
        true
    }

    /// Tries each once.
    async fn delete_each(&mut self) -> Round {
        let (mut at, mut over, mut asked, mut is_shut_down) = (0, Vec::new(), None, false);
        while let Some(one) = self.left.get(at).cloned() {
            if self.is_used(&one.client) {
                self.tell_used(&one);
                over.push(self.left.remove(at));
                continue;
            }
            let ended = self.delete(&one).await;
            let error = match ended {
                Ok(()) => {
                    over.push(self.left.remove(at));
                    continue;
                }
                Err(error) => error,
            };
            match ended_by(&error, one.may_be_gone) {
                Ended::Gone => {
                    self.tell_gone(&one);
                    over.push(self.left.remove(at));
                }
                Ended::ForGood => {
                    self.tell_left(&one, &error);
                    over.push(self.left.remove(at));
                }
                Ended::ForNow { is_for_all } => {
                    if let Some(one) = self.left.get_mut(at) {
                        one.may_be_gone |= error.may_have_been_done();
                    }
                    asked = asked.max(error.retry_after());
                    self.error = Some(error);
                    if is_for_all {
                        break;
                    }
                    at += 1;
                }
                Ended::ShutDown => {
                    is_shut_down = true;
                    break;
                }
            }
        }
        self.record.over(over).await;
        match is_shut_down {
            true => Round::ShutDown,
            false => Round::Asked(asked),
        }
    }

    async fn delete(&self, one: &ToDelete) -> Result<(), RegistrationError> {
        let access = (&one.client.uri, &one.client.token);
        let call = self.registrar.call_at(RegistrationOperation::Delete, access, None)?;
        call.send(&self.registrar.runtime).await?;
        let (ehr, client_id) = (&self.registrar.fhir_base_url, one.client_id());
        tracing::info!(%ehr, client_id, "the client was deleted at the EHR");
        Ok(())
    }

    /// A former client is remembered by the processes that have used it.
    fn is_used(&self, client: &Leftover) -> bool {
        match self.why {
            WhyUnwanted::Superseded => self.registrar.is_used_elsewhere(client),
            _ => self.registrar.knows(client),
        }
    }

    async fn give_up(&mut self) {
        let left = std::mem::take(&mut self.left);
        let error = self.last_error();
        for one in &left {
            self.tell_left(one, &error);
        }
        self.record.over(left).await;
    }

    fn last_error(&self) -> RegistrationError {
        let (operation, source) = (RegistrationOperation::Delete, TransportError::ShutDown);
        let ended = RegistrationError::Transport { operation, source };
        self.error.clone().unwrap_or(ended)
    }

    fn tell_later(&self, pause: Duration) {
        let error = self.last_error();
        tracing::info!(
            ehr = %self.registrar.fhir_base_url,
            clients = ?self.ids_left(),
            %error,
            "clients could not be deleted at the EHR now; {}",
            again_in(pause)
        );
    }

    fn tell_unknown(&self, next: &str) {
        tracing::info!(
            ehr = %self.registrar.fhir_base_url,
            clients = ?self.ids_left(),
            "clients are not deleted at the EHR now, as the store does not say whether they have come into use; {next}"
        );
    }

    fn ids_left(&self) -> Vec<&str> {
        let ids = self.left.iter().map(ToDelete::client_id);
        ids.map(|id| id.unwrap_or("one without an id")).collect()
    }

    fn tell_used(&self, one: &ToDelete) {
        tracing::info!(
            ehr = %self.registrar.fhir_base_url,
            client_id = one.client_id(),
            "a client is not deleted at the EHR, as it is in use, or another process sees to it"
        );
    }

    fn tell_gone(&self, one: &ToDelete) {
        tracing::info!(
            ehr = %self.registrar.fhir_base_url,
            client_id = one.client_id(),
            "the EHR does not have the client any more that was to be deleted there: an attempt before has done it"
        );
    }

    fn tell_left(&self, one: &ToDelete, error: &RegistrationError) {
        tell_left(&self.registrar.fhir_base_url, one.client_id(), self.why, error);
    }
}

impl<R: Record> Drop for Deletion<R> {
    fn drop(&mut self) {
        if R::KEEPS {
            return;
        }
        let error = self.last_error();
        for one in &self.left {
            self.tell_left(one, &error);
        }
    }
}

fn again_in(pause: Duration) -> String {
    format!("it is tried again in {} s", pause.as_secs())
}

fn ended_by(error: &RegistrationError, may_be_gone: bool) -> Ended {
    let is_gone = error.meaning() == Some(RefusalMeaning::Gone) || matches!(error.status(), Some(404 | 410));
    match error {
        _ if is_gone && may_be_gone => Ended::Gone,
        RegistrationError::Transport { source, .. } if *source == TransportError::ShutDown => Ended::ShutDown,
        _ if error.is_temporary() => Ended::ForNow {
            is_for_all: matches!(error.status(), None | Some(429 | 503)),
        },
        _ => Ended::ForGood,
    }
}

#[cfg(test)]
mod tests;
