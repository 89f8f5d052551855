//! What the resolver said, for a while: [`Resolved`].

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{EhrChoice, EhrLookupError, EhrResolver};
use crate::{
    config::{Ehr, RedirectRules},
    flight::{Flights, Joined},
    protocol::{address::AddressGuard, urls::FhirBaseUrl},
    time::Timestamp,
};

/// How long "there is none" is believed, at most: short, because somebody may be registering that EHR just now.
const NONE_TTL: Duration = Duration::from_secs(30);
/// How long a failing resolver is left alone.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// How long a resolver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many answers are remembered. Anybody can ask for any address, so that is bounded.
const CAPACITY: usize = 10_000;

type Answer = Result<Arc<Ehr>, EhrLookupError>;

/// The application's resolver with a memory.
pub(crate) struct Resolved {
    resolver: Arc<dyn EhrResolver>,
    ttl: Duration,
    /// For the requests to its EHRs.
    guard: AddressGuard,
    /// By the normalized FHIR base URL.
    remembered: Mutex<HashMap<String, Remembered>>,
    asking: Flights<String, Answer>,
}

struct Remembered {
    /// The last good answer, which is used on while the resolver fails.
    ehr: Option<Arc<Ehr>>,
    error: Option<EhrLookupError>,
    until: Timestamp,
}

impl Remembered {
    fn answer(&self) -> Answer {
        match (&self.ehr, self.error) {
            (Some(ehr), _) => Ok(Arc::clone(ehr)),
            (None, Some(error)) => Err(error),
            (None, None) => Err(EhrLookupError::NotRegistered),
        }
    }
}

impl Resolved {
    pub(crate) fn new(resolver: Arc<dyn EhrResolver>, ttl: Duration, guard: AddressGuard) -> Self {
        Self {
            resolver,
            ttl,
            guard,
            remembered: Mutex::default(),
            asking: Flights::default(),
        }
    }

    pub(super) async fn find(&self, asked: &FhirBaseUrl, rules: &RedirectRules, now: Timestamp) -> Answer {
        loop {
            if let Some(fresh) = self
                .remembered()
                .get(asked.normalized())
                .filter(|entry| now < entry.until)
            {
                return fresh.answer();
            }
            match self.asking.join(asked.normalized().to_owned()) {
                Joined::Leader(pilot, _) => {
                    let answer = self.ask(asked, rules, now).await;
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

    async fn ask(&self, asked: &FhirBaseUrl, rules: &RedirectRules, now: Timestamp) -> Answer {
        let (outcome, keep_for) = match tokio::time::timeout(PATIENCE, self.resolver.resolve(asked)).await {
            Ok(Ok(Some(builder))) => match builder.build_resolved(asked, rules, &self.guard) {
                Ok(ehr) => (Ok(Arc::new(ehr)), self.ttl),
                Err(error) => {
                    tracing::error!(ehr = asked.as_str(), %error, "the resolver's registration of an EHR cannot be used");
                    (Err(EhrLookupError::Invalid), FAILURE_PAUSE)
                }
            },
            Ok(Ok(None)) => (Err(EhrLookupError::NotRegistered), self.ttl.min(NONE_TTL)),
            Ok(Err(error)) => {
                tracing::error!(ehr = asked.as_str(), %error, "the resolver of EHR registrations failed");
                (Err(EhrLookupError::Unavailable), FAILURE_PAUSE)
            }
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                tracing::error!(
                    ehr = asked.as_str(),
                    seconds,
                    "the resolver of EHR registrations did not answer in time"
                );
                (Err(EhrLookupError::Unavailable), FAILURE_PAUSE)
            }
        };
        let mut remembered = self.remembered();
        make_room(&mut remembered, now);
        let entry = remembered.entry(asked.normalized().to_owned()).or_insert(Remembered {
            ehr: None,
            error: None,
            until: now,
        });
        entry.until = now.saturating_add(keep_for);
        match outcome {
            Ok(ehr) => (entry.ehr, entry.error) = (Some(ehr), None),
            // An outage of the resolver is not the end of its registrations.
            Err(EhrLookupError::Unavailable) => entry.error = Some(EhrLookupError::Unavailable),
            Err(error) => (entry.ehr, entry.error) = (None, Some(error)),
        }
        entry.answer()
    }

    pub(super) async fn choices(&self, search: &str, limit: usize) -> Result<Vec<EhrChoice>, EhrLookupError> {
        match tokio::time::timeout(PATIENCE, self.resolver.choices(search, limit)).await {
            Ok(Ok(mut choices)) => {
                choices.truncate(limit);
                Ok(choices)
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the resolver could not list the EHRs to choose from");
                Err(EhrLookupError::Unavailable)
            }
            Err(_) => {
                tracing::error!(
                    seconds = PATIENCE.as_secs(),
                    "the resolver did not list the EHRs to choose from in time"
                );
                Err(EhrLookupError::Unavailable)
            }
        }
    }

    /// What is remembered of an EHR, however old.
    pub(super) fn known(&self, key: &str) -> Option<Arc<Ehr>> {
        let asked = FhirBaseUrl::parse(key).ok()?;
        self.remembered().get(asked.normalized())?.ehr.clone()
    }

    pub(super) fn all_known(&self) -> Vec<Arc<Ehr>> {
        self.remembered()
            .values()
            .filter_map(|entry| entry.ehr.clone())
            .collect()
    }

    pub(super) fn forget(&self, fhir_base_url: &str) {
        if let Ok(asked) = FhirBaseUrl::parse(fhir_base_url) {
            self.remembered().remove(asked.normalized());
        }
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for one more answer: what has run out goes, then "there is none", then anything.
fn make_room(remembered: &mut HashMap<String, Remembered>, now: Timestamp) {
    if remembered.len() < CAPACITY {
        return;
    }
    remembered.retain(|_, entry| now < entry.until);
    if remembered.len() >= CAPACITY {
        remembered.retain(|_, entry| entry.ehr.is_some());
    }
    if remembered.len() >= CAPACITY {
        remembered.clear();
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("resolver", &self.resolver)
            .field("remembered", &self.remembered().len())
            .finish_non_exhaustive()
    }
}
