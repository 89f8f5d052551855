//! What the resolver said, for a while: [`ResolverCache`].

mod found_ehrs;
mod memory;
mod recent;
mod unfinished_calls;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    asker::Asker,
    lookup_error::EhrLookupError,
    source::{AppCode, Found, Source},
};
use crate::{
    config::{
        Ehr, EhrBuilder, RedirectRules,
        resolver::{Choices, ResolveCause, ResolveError},
    },
    log_throttle::{LogThrottle, log_seldom},
    protocol::{network_guard::AddressGuard, urls::FhirBaseUrl, visible::in_log},
    runtime::{
        app_threads::{AppThreads, CallerKind, Load, NoAnswer},
        sign_ins::SignIn,
        single_flight::{Joined, SingleFlight},
    },
    time::Clock,
};
use memory::{Answer, Generation, Memory, Remembered};
use unfinished_calls::UnfinishedCalls;

/// How long "there is none" is believed, at most: short, because somebody may be registering that EHR just now.
const NONE_TTL: Duration = Duration::from_secs(30);
/// How long a failing resolver is left alone.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// How long a resolver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer is waited for: it comes as late as that, and takes its way.
const PATIENCE_OF_ASKER: Duration = Duration::from_secs(12);
/// How long one waits for what does not come from the application's code, from the first question on: less than the application's code
/// has, so that the answer says what it is that takes so long.
const LONGEST: Duration = Duration::from_secs(9);

/// The application's resolver with a memory.
pub(crate) struct ResolverCache {
    source: Arc<dyn Source>,
    ttl: Duration,
    /// For the requests to its EHRs.
    guard: AddressGuard,
    rules: RedirectRules,
    /// What it is called on.
    threads: AppThreads,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    asking: SingleFlight<(Topic, Generation), Answer>,
    unfinished: UnfinishedCalls<Topic>,
    log_throttle: LogThrottle,
}

/// Who asks, and for what. Apart for those whose questions are apart: nobody with a launch waits in the queue of strangers.
type Topic = (CallerKind, String);

/// What a [`ResolverCache`] works with.
pub(crate) struct ResolverCacheParts {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) ttl: Duration,
    pub(crate) guard: AddressGuard,
    pub(crate) rules: RedirectRules,
    pub(crate) threads: AppThreads,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ResolverCache {
    pub(crate) fn new(parts: ResolverCacheParts) -> Self {
        let ResolverCacheParts {
            source,
            ttl,
            guard,
            rules,
            threads,
            clock,
        } = parts;
        Self {
            source,
            ttl,
            guard,
            rules,
            threads,
            clock,
            memory: Mutex::new(Memory::new()),
            asking: SingleFlight::default(),
            unfinished: UnfinishedCalls::default(),
            log_throttle: LogThrottle::default(),
        }
    }

    /// The registration, as it is remembered or as the resolver says it now.
    ///
    /// The question goes on when the asker has gone. Where there was a registration before, that serves after a short wait:
    /// a resolver that hangs slows nobody down for long whose EHR is known.
    pub(super) async fn find(self: &Arc<Self>, asked: &FhirBaseUrl, asker: Asker) -> Answer {
        let key = asked.normalized();
        let now = self.clock.steady();
        let (remembered, generation, was_forgotten) = {
            let mut memory = self.memory();
            let remembered = memory.look(key, asker, now);
            (remembered, memory.generation(key), memory.was_forgotten(key))
        };
        let (before, caller) = match (remembered, asker) {
            (Remembered::Fresh(answer), _) => return answer,
            // Nobody can invent an EHR that had a registration.
            (Remembered::Stale(before), _) => (Some(before), CallerKind::KnownEhr),
            (Remembered::Unknown, Asker::Launch) => (None, CallerKind::KnownEhr),
            (Remembered::Unknown, Asker::Anybody) if was_forgotten => (None, CallerKind::KnownEhr),
            (Remembered::Unknown, Asker::Anybody) => (None, CallerKind::Stranger),
        };
        let topic = (caller, key.to_owned());
        let (waiter, patience) = match self.asking.join((topic.clone(), generation)) {
            Joined::Leader(leader, waiter) => {
                // Somebody may have landed with the answer since it was looked for.
                {
                    let mut memory = self.memory();
                    if let Remembered::Fresh(answer) = memory.look(key, asker, self.clock.steady()) {
                        drop(memory);
                        leader.complete(answer.clone());
                        return answer;
                    }
                    memory.asks(key);
                }
                let (this, asked) = (Arc::clone(self), asked.clone());
                let question = async move { leader.complete(this.ask(&asked, topic, generation).await) };
                if let Err(error) = self.threads.spawn(question) {
                    let source = self.source.name();
                    log_seldom!(self, error, %error, "no thread could be started to ask {source}");
                }
                (waiter, self.memory().patience_of_known(key))
            }
            Joined::Waiter(waiter) => (waiter, self.memory().patience_of_known(key)),
        };
        let patience = before.as_ref().map_or(PATIENCE_OF_ASKER, |_| patience);
        match tokio::time::timeout(patience, waiter.result()).await {
            Ok(Some(answer)) => answer,
            // It takes too long, or died.
            Ok(None) | Err(_) => before.ok_or(EhrLookupError::Unavailable),
        }
    }

    /// Asks the resolver, and notes the answer.
    async fn ask(&self, asked: &FhirBaseUrl, topic: Topic, generation: Generation) -> Answer {
        let (caller, key, name) = (topic.0, asked.normalized(), self.source.name());
        let Some(inside) = self.unfinished.enter(&topic) else {
            let Load { running, stuck } = self.threads.load(caller);
            log_seldom!(
                self, error, ehr = ?in_log(asked.as_str()), ?caller, running, stuck,
                "{name} is not asked for an EHR again, as its last call for it has not ended; {running} calls run, and {stuck} of \
                 them are past their time and block their threads"
            );
            return self.left_alone(key);
        };
        let until = Instant::now() + LONGEST;
        let (source, address) = (Arc::clone(&self.source), asked.clone());
        let call = move || async move {
            // Dropped where the call really ends.
            let _inside = inside;
            source.find(address, until).await
        };
        let found = match self.threads.call(caller, PATIENCE, call).await {
            Ok(Ok(Found::Nothing)) => Ok(None),
            Ok(Ok(Found::Registration(builder))) => Ok(Some(*builder)),
            Ok(Ok(Found::Awaited(awaited))) => awaited.await.map(Some),
            Ok(Err(error)) => Err(error),
            Err(error @ (NoAnswer::Busy | NoAnswer::NoTurn)) => {
                let Load { running, stuck } = self.threads.load(caller);
                log_seldom!(
                    self, error, %error, ?caller, running, stuck,
                    "{name} is asked for more addresses at once than it answers; some are told to try again. {running} calls \
                     run, and {stuck} of them are past their time and block their threads"
                );
                return self.left_alone(key);
            }
            Err(error @ (NoAnswer::TimedOut | NoAnswer::Panicked | NoAnswer::NotStarted)) => {
                if error == NoAnswer::TimedOut {
                    self.unfinished.give_up(&topic);
                }
                let (seconds, Load { stuck, .. }) = (PATIENCE.as_secs(), self.threads.load(caller));
                log_seldom!(
                    self, error, ehr = ?in_log(asked.as_str()), ?caller, %error, seconds, stuck,
                    "{name} did not answer; {stuck} calls of it are past their time and block their threads"
                );
                return self.note(
                    key,
                    Err(EhrLookupError::Unavailable),
                    FAILURE_PAUSE,
                    (caller, generation),
                );
            }
        };
        let (answer, keep_for) = match found {
            Ok(Some(builder)) => self.read(asked, builder),
            Ok(None) => (Err(EhrLookupError::NotRegistered), self.ttl.min(NONE_TTL)),
            Err(error) => (Err(self.failed(asked, &error)), FAILURE_PAUSE),
        };
        self.note(key, answer, keep_for, (caller, generation))
    }

    fn note(&self, key: &str, answer: Answer, keep_for: Duration, asked: (CallerKind, Generation)) -> Answer {
        let until = self.clock.steady().saturating_add(keep_for);
        self.memory().note(key, answer, asked.0, asked.1, until)
    }

    fn failed(&self, asked: &FhirBaseUrl, error: &ResolveError) -> EhrLookupError {
        match error.cause {
            ResolveCause::Application | ResolveCause::Brands | ResolveCause::FirstUse => {
                let name = match error.cause {
                    ResolveCause::FirstUse => AppCode::FirstUse,
                    ResolveCause::Brands => AppCode::Brands,
                    _ => AppCode::Resolver,
                };
                let name = name.name();
                log_seldom!(self, error, ehr = ?in_log(asked.as_str()), %error, "{name} failed");
                EhrLookupError::Unavailable
            }
            ResolveCause::BundleAway => {
                log_seldom!(
                    self, warn, ehr = ?in_log(asked.as_str()), %error,
                    "an EHR is not registered as far as is known, and a brand bundle that may have it is missing"
                );
                EhrLookupError::Unavailable
            }
            ResolveCause::RegistrationsAway => EhrLookupError::Unavailable,
            ResolveCause::Registering { retry_after } => EhrLookupError::RegistrationFailed { retry_after },
        }
    }

    /// What is said where the resolver was not called. It says nothing about an EHR that is not known, so that is not noted.
    fn left_alone(&self, key: &str) -> Answer {
        let until = self.clock.steady().saturating_add(FAILURE_PAUSE);
        self.memory().keep(key, until)
    }

    /// The registration that the resolver gave, and how long it is believed.
    fn read(&self, asked: &FhirBaseUrl, given: EhrBuilder) -> (Answer, Duration) {
        let ttl = given.longest().unwrap_or(self.ttl).min(self.ttl);
        match given.build_resolved(asked, &self.rules, &self.guard) {
            Ok(ehr) => {
                let former = self.known(asked.as_str());
                let ehr = match former {
                    Some(former) => ehr.taking_over_from(&former),
                    None => ehr,
                };
                (Ok(Arc::new(ehr)), ttl)
            }
            Err(error) => {
                let name = self.source.name();
                log_seldom!(
                    self, error, ehr = ?in_log(asked.as_str()), %error,
                    "what {name} says of an EHR cannot be used"
                );
                (Err(EhrLookupError::Invalid), FAILURE_PAUSE)
            }
        }
    }

    pub(super) async fn choices(&self, search: &str, limit: usize) -> Result<Choices, EhrLookupError> {
        let (source, wanted) = (Arc::clone(&self.source), search.to_owned());
        let call = move || async move { source.choices(&wanted, limit).await };
        let error: ResolveError = match self.threads.call(CallerKind::Stranger, PATIENCE, call).await {
            Ok(Ok(mut choices)) => {
                choices.more |= choices.found.len() > limit;
                choices.found.truncate(limit);
                return Ok(choices);
            }
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        };
        match error.cause {
            ResolveCause::BundleAway => {
                log_seldom!(self, warn, %error, "there are no EHRs to choose from while a brand bundle is missing");
            }
            cause => {
                let name = match cause {
                    ResolveCause::Brands => AppCode::Brands.name(),
                    _ => self.source.name(),
                };
                log_seldom!(self, error, %error, "{name} did not list the EHRs to choose from");
            }
        }
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
        memory.found.all().map(Arc::clone).collect()
    }

    /// What is remembered of an EHR, however old. Looking is no use.
    pub(super) fn at(&self, normalized: &str) -> Option<Arc<Ehr>> {
        self.memory().found.at(normalized).map(Arc::clone)
    }

    /// Those that are remembered with endpoints that share a sign with this sign-in, and whose codes go elsewhere.
    pub(super) fn with_codes_elsewhere(&self, than: &SignIn) -> Vec<Arc<Ehr>> {
        self.memory().found.with_codes_elsewhere(than).map(Arc::clone).collect()
    }

    pub(super) fn forget(&self, fhir_base_url: &str) {
        if let Ok(asked) = FhirBaseUrl::parse(fhir_base_url) {
            self.memory().forget(asked.normalized());
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ResolverCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, not_found) = {
            let memory = self.memory();
            (memory.found.len(), memory.not_found.len())
        };
        f.debug_struct("ResolverCache")
            .field("source", &self.source)
            .field("found", &found)
            .field("not_found", &not_found)
            .finish_non_exhaustive()
    }
}
