//! What the resolver has said, and how long it is believed: [`Memory`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{found_ehrs::FoundEhrs, recent::Recent};
use crate::{
    config::Ehr,
    runtime::{
        app_threads::CallerKind,
        registrations::{asker::Asker, lookup_error::EhrLookupError},
    },
    time::Timestamp,
};

/// How many registrations are remembered.
const MOST_FOUND: usize = 10_000;
/// How many addresses are remembered for which there is none, or no answer. Anybody can ask for any address, so these have
/// a memory of their own and push out no registration.
const MOST_NOT_FOUND: usize = 1_000;
/// How long the registration of before is withheld while it is asked for again.
const PATIENCE_OF_KNOWN: Duration = Duration::from_millis(500);

pub(super) type Answer = Result<Arc<Ehr>, EhrLookupError>;

/// What is remembered, by the normalized FHIR base URL.
pub(super) struct Memory {
    pub(super) found: FoundEhrs,
    pub(super) not_found: Recent<NotFound>,
    /// What was to be forgotten, with the number of that: an answer to what was asked before it is not kept.
    forgotten: Recent<Generation>,
    last_generation: Generation,
}

/// Which answers about an EHR are kept: those to questions of the same one.
pub(super) type Generation = u64;

/// A good answer. It is used on while the resolver fails.
pub(super) struct Found {
    pub(super) ehr: Arc<Ehr>,
    until: Timestamp,
    /// Since when it is asked for again.
    asked: Option<Instant>,
}

impl Found {
    pub(super) const fn new(ehr: Arc<Ehr>, until: Timestamp) -> Self {
        Self {
            ehr,
            until,
            asked: None,
        }
    }
}

pub(super) struct NotFound {
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
pub(super) enum Remembered {
    /// This is believed.
    Fresh(Answer),
    /// The registration as it was, to be asked for again.
    Stale(Arc<Ehr>),
    Unknown,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            found: FoundEhrs::new(MOST_FOUND),
            not_found: Recent::new(MOST_NOT_FOUND),
            forgotten: Recent::new(MOST_FOUND),
            last_generation: 0,
        }
    }

    pub(super) fn look(&mut self, key: &str, asker: Asker, now: Timestamp) -> Remembered {
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

    /// Whether the application has asked to forget it: then it is no invention, and strangers do not stand before it.
    pub(super) fn was_forgotten(&mut self, key: &str) -> bool {
        self.forgotten.get(key).is_some()
    }

    /// Notes that a registration is asked for again now.
    pub(super) fn asks(&mut self, key: &str) {
        if let Some(found) = self.found.get(key) {
            found.asked = Some(Instant::now());
        }
    }

    /// How long to wait for the answer before the registration of before serves: for all who ask, until so much time has
    /// passed since the first of them did.
    pub(super) fn patience_of_known(&mut self, key: &str) -> Duration {
        let asked = self.found.get(key).and_then(|found| found.asked);
        let waited = asked.map_or(PATIENCE_OF_KNOWN, |asked| asked.elapsed());
        PATIENCE_OF_KNOWN.saturating_sub(waited)
    }

    /// What a question of now has to carry until its answer is noted.
    pub(super) fn generation(&mut self, key: &str) -> Generation {
        self.forgotten.get(key).copied().unwrap_or_default()
    }

    /// Notes an answer, and says what it comes to: an outage of the resolver is not the end of its registrations.
    pub(super) fn note(
        &mut self,
        key: &str,
        answer: Answer,
        caller: CallerKind,
        asked_in: Generation,
        until: Timestamp,
    ) -> Answer {
        if asked_in != self.generation(key) {
            return answer;
        }
        match answer {
            Ok(ehr) => {
                self.not_found.remove(key);
                self.found.insert(key, Found::new(Arc::clone(&ehr), until));
                Ok(ehr)
            }
            Err(EhrLookupError::Unavailable) if self.found.get(key).is_some() => self.keep(key, until),
            Err(error) => {
                self.found.remove(key);
                self.not_found.insert(key, NotFound { error, caller, until });
                Err(error)
            }
        }
    }

    /// Leaves the resolver alone with a registration that was found, which serves until then.
    pub(super) fn keep(&mut self, key: &str, until: Timestamp) -> Answer {
        let found = self.found.get(key).ok_or(EhrLookupError::Unavailable)?;
        found.until = until;
        found.asked = None;
        Ok(Arc::clone(&found.ehr))
    }

    pub(super) fn forget(&mut self, key: &str) {
        self.found.remove(key);
        self.not_found.remove(key);
        self.last_generation += 1;
        self.forgotten.insert(key, self.last_generation);
    }
}
