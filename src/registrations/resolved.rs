//! What the resolver said, for a while: [`Resolved`].

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Asker, EhrChoice, EhrLookupError, EhrResolver, ResolveError, memory::Recent};
use crate::{
    app_threads::{AppThreads, CallerKind, NoAnswer},
    config::{Ehr, EhrBuilder, RedirectRules},
    flight::{Flights, Joined},
    protocol::{address::AddressGuard, urls::FhirBaseUrl, visible::in_log},
    strangers::{LogOfStrangers, log_seldom},
    time::Timestamp,
};

/// How long "there is none" is believed, at most: short, because somebody may be registering that EHR just now.
const NONE_TTL: Duration = Duration::from_secs(30);
/// How long a failing resolver is left alone.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// How long a resolver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many registrations are remembered.
const MOST_FOUND: usize = 10_000;
/// How many addresses are remembered for which there is none, or no answer. Anybody can ask for any address, so these have
/// a memory of their own and push out no registration.
const MOST_NOT_FOUND: usize = 1_000;

type Answer = Result<Arc<Ehr>, EhrLookupError>;

/// The application's resolver with a memory.
pub(crate) struct Resolved {
    resolver: Arc<dyn EhrResolver>,
    ttl: Duration,
    /// For the requests to its EHRs.
    guard: AddressGuard,
    /// What it is called on.
    threads: AppThreads,
    memory: Mutex<Memory>,
    /// Apart for those whose questions are apart: nobody with a launch waits in the queue of strangers.
    asking: Flights<(CallerKind, String), Answer>,
    log_of_strangers: LogOfStrangers,
}

/// What is remembered, by the normalized FHIR base URL.
struct Memory {
    found: Recent<Found>,
    not_found: Recent<NotFound>,
}

/// A good answer. It is used on while the resolver fails.
struct Found {
    ehr: Arc<Ehr>,
    until: Timestamp,
}

struct NotFound {
    error: EhrLookupError,
    /// Who asked. That there was no answer for strangers may be because there were so many of them.
    caller: CallerKind,
    until: Timestamp,
}

impl NotFound {
    fn answers(&self, asker: Asker) -> bool {
        match (asker, self.caller) {
            (Asker::Launch, CallerKind::Stranger) => self.error != EhrLookupError::Unavailable,
            _ => true,
        }
    }
}

/// What the memory says of one EHR.
enum Remembered {
    /// This is believed.
    Fresh(Answer),
    /// The registration as it was, to be asked for again.
    Stale(Arc<Ehr>),
    Unknown,
}

impl Memory {
    fn look(&mut self, key: &str, asker: Asker, now: Timestamp) -> Remembered {
        if let Some(found) = self.found.get(key) {
            let ehr = Arc::clone(&found.ehr);
            return if now < found.until {
                Remembered::Fresh(Ok(ehr))
            } else {
                Remembered::Stale(ehr)
            };
        }
        match self.not_found.get(key) {
            Some(not_found) if now < not_found.until && not_found.answers(asker) => {
                Remembered::Fresh(Err(not_found.error))
            }
            _ => Remembered::Unknown,
        }
    }

    /// Notes an answer, and says what it comes to: an outage of the resolver is not the end of its registrations.
    fn note(&mut self, key: &str, answer: Answer, caller: CallerKind, until: Timestamp) -> Answer {
        match answer {
            Ok(ehr) => {
                self.not_found.remove(key);
                let found = Arc::clone(&ehr);
                self.found.insert(key, Found { ehr: found, until });
                Ok(ehr)
            }
            Err(error) => {
                if error == EhrLookupError::Unavailable
                    && let Some(found) = self.found.get(key)
                {
                    found.until = until;
                    return Ok(Arc::clone(&found.ehr));
                }
                self.found.remove(key);
                self.not_found.insert(key, NotFound { error, caller, until });
                Err(error)
            }
        }
    }
}

impl Resolved {
    pub(crate) fn new(resolver: Arc<dyn EhrResolver>, ttl: Duration, guard: AddressGuard, threads: AppThreads) -> Self {
        let memory = Memory {
            found: Recent::new(MOST_FOUND),
            not_found: Recent::new(MOST_NOT_FOUND),
        };
        Self {
            resolver,
            ttl,
            guard,
            threads,
            memory: Mutex::new(memory),
            asking: Flights::default(),
            log_of_strangers: LogOfStrangers::default(),
        }
    }

    pub(super) async fn find(
        &self,
        asked: &FhirBaseUrl,
        asker: Asker,
        rules: &RedirectRules,
        now: Timestamp,
    ) -> Answer {
        let key = asked.normalized();
        loop {
            let remembered = self.memory().look(key, asker, now);
            let (before, caller) = match (remembered, asker) {
                (Remembered::Fresh(answer), _) => return answer,
                // Nobody can invent an EHR of which there was a registration.
                (Remembered::Stale(before), _) => (Some(before), CallerKind::KnownEhr),
                (Remembered::Unknown, Asker::Launch) => (None, CallerKind::KnownEhr),
                (Remembered::Unknown, Asker::Anybody) => (None, CallerKind::Stranger),
            };
            match self.asking.join((caller, key.to_owned())) {
                Joined::Leader(pilot, _) => {
                    let answer = self.ask(asked, caller, before, rules, now).await;
                    pilot.land(answer.clone());
                    return answer;
                }
                Joined::Follower(passenger) => {
                    if let Some(answer) = passenger.result().await {
                        return answer;
                    }
                    // The one who asked is gone with its request: ask anew.
                }
            }
        }
    }

    async fn ask(
        &self,
        asked: &FhirBaseUrl,
        caller: CallerKind,
        before: Option<Arc<Ehr>>,
        rules: &RedirectRules,
        now: Timestamp,
    ) -> Answer {
        let (resolver, address) = (Arc::clone(&self.resolver), asked.clone());
        let call = move || async move { resolver.resolve(&address).await };
        let (answer, keep_for) = match self.threads.call(caller, PATIENCE, call).await {
            Ok(Ok(Some(builder))) => self.read(asked, builder, rules),
            Ok(Ok(None)) => (Err(EhrLookupError::NotRegistered), self.ttl.min(NONE_TTL)),
            Ok(Err(error)) => {
                log_seldom!(self, error, ehr = ?in_log(asked.as_str()), %error, "the resolver of EHR registrations failed");
                (Err(EhrLookupError::Unavailable), FAILURE_PAUSE)
            }
            Err(NoAnswer::Busy) => {
                log_seldom!(
                    self,
                    error,
                    ?caller,
                    "the resolver of EHR registrations is asked for more addresses at once than it answers; some are told to \
                     try again"
                );
                // Not noted: it says nothing about this address.
                return before.ok_or(EhrLookupError::Unavailable);
            }
            Err(error @ (NoAnswer::TimedOut | NoAnswer::Panicked | NoAnswer::NotStarted)) => {
                let seconds = PATIENCE.as_secs();
                log_seldom!(
                    self, error, ehr = ?in_log(asked.as_str()), %error, seconds,
                    "the resolver of EHR registrations did not answer"
                );
                (Err(EhrLookupError::Unavailable), FAILURE_PAUSE)
            }
        };
        let until = now.saturating_add(keep_for);
        self.memory().note(asked.normalized(), answer, caller, until)
    }

    /// The registration that the resolver gave, and how long it is believed.
    fn read(&self, asked: &FhirBaseUrl, given: EhrBuilder, rules: &RedirectRules) -> (Answer, Duration) {
        match given.build_resolved(asked, rules, &self.guard) {
            Ok(ehr) => (Ok(Arc::new(ehr)), self.ttl),
            Err(error) => {
                log_seldom!(
                    self, error, ehr = ?in_log(asked.as_str()), %error,
                    "the resolver's registration of an EHR cannot be used"
                );
                (Err(EhrLookupError::Invalid), FAILURE_PAUSE)
            }
        }
    }

    pub(super) async fn choices(&self, search: &str, limit: usize) -> Result<Vec<EhrChoice>, EhrLookupError> {
        let (resolver, wanted) = (Arc::clone(&self.resolver), search.to_owned());
        let call = move || async move { resolver.choices(&wanted, limit).await };
        let error: ResolveError = match self.threads.call(CallerKind::Stranger, PATIENCE, call).await {
            Ok(Ok(mut choices)) => {
                choices.truncate(limit);
                return Ok(choices);
            }
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        };
        log_seldom!(self, error, %error, "the resolver did not list the EHRs to choose from");
        Err(EhrLookupError::Unavailable)
    }

    /// What is remembered of an EHR, however old.
    pub(super) fn known(&self, key: &str) -> Option<Arc<Ehr>> {
        let asked = FhirBaseUrl::parse(key).ok()?;
        let mut memory = self.memory();
        let found = memory.found.get(asked.normalized())?;
        Some(Arc::clone(&found.ehr))
    }

    pub(super) fn all_known(&self) -> Vec<Arc<Ehr>> {
        let memory = self.memory();
        memory.found.values().map(|found| Arc::clone(&found.ehr)).collect()
    }

    pub(super) fn forget(&self, fhir_base_url: &str) {
        if let Ok(asked) = FhirBaseUrl::parse(fhir_base_url) {
            let mut memory = self.memory();
            memory.found.remove(asked.normalized());
            memory.not_found.remove(asked.normalized());
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, not_found) = {
            let memory = self.memory();
            (memory.found.len(), memory.not_found.len())
        };
        f.debug_struct("Resolved")
            .field("resolver", &self.resolver)
            .field("found", &found)
            .field("not_found", &not_found)
            .finish_non_exhaustive()
    }
}
