//! What every part behind one `SmartConfig` shares.

pub(crate) mod app_threads;
pub(crate) mod discovery;
pub(crate) mod endpoint_client;
pub(crate) mod engine;
pub(crate) mod places;
pub(crate) mod redirect_limit;
pub(crate) mod registrations;
pub(crate) mod seen_lately;
pub(crate) mod single_flight;
pub(crate) mod token_client;

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    config::{Ehr, Settings, on_launch::LaunchHook},
    launch::{finish::CallbackReply, refresh::RefreshOutcome, revoke::RevocationLimits},
    log_throttle::LogOfStrangers,
    protocol::{callback::KnownEhrs, token::TokenSet},
    runtime::{
        app_threads::AppThreads,
        places::Places,
        redirect_limit::Redirects,
        registrations::{Asker, EhrLookupError, Registrations},
        seen_lately::SeenLately,
        single_flight::Flights,
    },
    store::{
        CallbackKey, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, PatientDigest, PendingKey, RefreshFailure,
        ReturnFor, SealingKeys, StoreAccess, StoreError, StoreRules,
    },
    time::{Clock, Timestamp},
};

/// Settings, store and running work.
///
/// Work on the engine holds this, so it must not hold the engine: the engine's end is noticed when its last handle
/// goes, and work in progress must not keep it alive.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) registrations: Registrations,
    /// The origin of this application, as the redirect URI says it.
    pub(crate) own_origin: String,
    pub(crate) store: StoreAccess,
    /// For what the crate seals itself: cookies of sign-ins, and what it notes in the store.
    pub(crate) sealing: SealingKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hook: Option<LaunchHook>,
    pub(crate) app_threads: AppThreads,
    pub(crate) redirects: Redirects,
    /// How many requests go to each EHR at once.
    pub(crate) places: Places,
    /// What each says of itself meanwhile is why there is no new token yet.
    pub(crate) refreshes: Flights<LaunchKey, RefreshOutcome, RefreshFailure>,
    pub(crate) callbacks: Flights<(PendingKey, CallbackKey), CallbackReply>,
    pub(crate) revocations: RevocationLimits,
    pub(crate) log_of_strangers: LogOfStrangers,
    /// Those of which the log has heard.
    pub(crate) interrupted_sign_ins: SeenLately,
}

impl Shared {
    /// What time it is in records: the store's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// What time it is for others: in assertions, and in what an EHR dates.
    pub(crate) fn wall_clock(&self) -> Timestamp {
        self.clock.now()
    }

    /// For pace and waiting in this process. Only differences count.
    pub(crate) fn steady(&self) -> Timestamp {
        self.clock.steady()
    }

    /// The limits that every store operation gets.
    pub(crate) fn rules(&self) -> StoreRules {
        self.settings.rules
    }

    pub(crate) async fn load(&self, key: LaunchKey, launch_use: LaunchUse) -> Result<LoadedLaunch, StoreError> {
        self.store.load_launch(key, launch_use).await
    }

    /// Whether a callback could be meant for another EHR than the one that was asked.
    pub(crate) fn known_ehrs(&self) -> KnownEhrs {
        if self.registrations.are_several() {
            KnownEhrs::Several
        } else {
            KnownEhrs::One
        }
    }

    /// The registration that a received `iss`, or an address of the application, names.
    pub(crate) async fn ehr(&self, iss: &str) -> Result<Arc<Ehr>, EhrLookupError> {
        self.registrations.find(iss, Asker::Anybody).await
    }

    /// The registration that the record of a launch or of a sign-in names.
    pub(crate) async fn ehr_of_record(&self, key: &str) -> Result<Arc<Ehr>, EhrLookupError> {
        self.registrations.find(key, Asker::Launch).await
    }
}

impl Shared {
    /// How long the EHR of a launch is to be left in peace between two refreshes, if its registration says and is known
    /// without asking a resolver.
    pub(crate) fn least_interval(&self, launch: &LaunchRecord) -> Option<Duration> {
        self.registrations.known(&launch.ehr)?.quirks().min_refresh_interval
    }
}

impl Shared {
    /// What the patient of a launch is recognised by.
    pub(crate) fn patient_digest(&self, ehr: &str, tokens: &TokenSet) -> Option<PatientDigest> {
        let patient = tokens.context().patient()?;
        let digests = self.sealing.patient_digests(ehr, patient);
        digests.first().copied().map(PatientDigest)
    }

    /// Whether a page that is for somebody may be opened inside a launch with these tokens.
    pub(crate) fn is_for(&self, return_for: ReturnFor, ehr: &str, tokens: &TokenSet) -> bool {
        match (return_for, tokens.context().patient()) {
            (ReturnFor::Anyone, _) | (ReturnFor::NoPatient, None) => true,
            // Under any of the keys: they may be changed between two launches.
            (ReturnFor::Patient(wanted), Some(patient)) => {
                self.sealing.patient_digests(ehr, patient).contains(&wanted.0)
            }
            (ReturnFor::Patient(_), None) | (ReturnFor::NoPatient, Some(_)) => false,
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("registrations", &self.registrations)
            .field("store", &self.store)
            .field("refreshes", &self.refreshes)
            .finish_non_exhaustive()
    }
}
