//! What every part behind one `SmartConfig` works with: [`Runtime`]. It knows no use-case; those are in [`crate::launch`].

pub(crate) mod app_threads;
pub(crate) mod asking;
pub(crate) mod audit;
pub(crate) mod both;
pub(crate) mod brands;
pub(crate) mod clocks;
pub(crate) mod discovery;
pub(crate) mod engine;
pub(crate) mod handed_over;
pub(crate) mod health;
pub(crate) mod launch_watch;
pub(crate) mod oauth_endpoint;
pub(crate) mod places;
pub(crate) mod proven_lately;
pub(crate) mod redirect_limit;
pub(crate) mod refusal_log;
pub(crate) mod registrations;
pub(crate) mod seen_lately;
pub(crate) mod sign_ins;
pub(crate) mod signing;
pub(crate) mod single_flight;
pub(crate) mod token_endpoint;

#[cfg(feature = "actix")]
use std::sync::atomic::AtomicBool;
use std::{fmt, sync::Arc};

use crate::{
    config::{Ehr, Settings, on_launch::LaunchHook},
    log_throttle::LogThrottle,
    protocol::{callback::KnownEhrs, metadata::ServerMetadata},
    runtime::{
        app_threads::AppThreads,
        audit::Auditor,
        discovery::{Current, DiscoveryError, Document, DocumentCache, DocumentRequest, fetch_current},
        engine::Engine,
        health::EhrHealth,
        places::Places,
        proven_lately::ProvenLately,
        redirect_limit::RedirectLimit,
        registrations::{Asker, EhrLookupError, Registrations},
        seen_lately::SeenLately,
    },
    store::{LaunchKey, LaunchUse, LoadedLaunch, SealingKeys, StoreAccess, StoreError, StoreRules},
    time::{Clock, Timestamp},
    transport::HttpTransport,
};

/// Settings, registrations, store, clock, engine and caches.
///
/// Work on the engine holds this, so its handle of the engine is detached: the engine's end is noticed when its last owner
/// goes, and work in progress must not keep it open.
pub(crate) struct Runtime {
    pub(crate) settings: Settings,
    pub(crate) registrations: Registrations,
    /// The origin of this application, as the redirect URI says it.
    pub(crate) own_origin: String,
    pub(crate) store: StoreAccess,
    /// For what the crate seals itself: cookies of sign-ins, and what it notes in the store.
    pub(crate) sealing: SealingKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) on_launch: Option<LaunchHook>,
    pub(crate) engine: Engine,
    pub(crate) metadata: DocumentCache<ServerMetadata>,
    pub(crate) app_threads: AppThreads,
    pub(crate) redirects: RedirectLimit,
    /// How many requests go to each EHR at once.
    pub(crate) places: Places,
    pub(crate) log_throttle: LogThrottle,
    /// The store tells it of launches that end; what else is audited is told by whoever does it.
    pub(crate) audit: Arc<Auditor>,
    /// What the route for load balancers has seen last.
    #[cfg(feature = "actix")]
    pub(crate) health: Arc<health::Lately<health::Look>>,
    /// Whether the log has it already that an answer may be too large for a proxy.
    #[cfg(feature = "actix")]
    pub(crate) large_headers_said: AtomicBool,
    /// Interrupted sign-ins that are in the log already.
    pub(crate) interrupted_sign_ins: SeenLately,
    /// By which secrets requests of this process have proved their launches.
    pub(crate) proven: ProvenLately,
}

impl Runtime {
    /// Where EHRs open the application.
    pub(crate) fn launch_url(&self) -> String {
        self.outside(self.settings.paths.launch())
    }

    /// Where the application publishes its keys.
    pub(crate) fn own_jwks_url(&self) -> String {
        self.outside(self.settings.paths.jwks())
    }

    /// The address of a path as a browser or an EHR knows it.
    fn outside(&self, path: &str) -> String {
        format!("{}{}", self.own_origin, self.settings.paths.external(path))
    }

    /// What time it is in records: the store's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// How requests leave this process.
    pub(crate) fn transport(&self) -> Arc<dyn HttpTransport> {
        self.engine.transport()
    }

    /// The metadata of an EHR: fetched when first needed, then cached.
    pub(crate) async fn metadata_of(&self, ehr: &Ehr) -> Result<Arc<ServerMetadata>, DiscoveryError> {
        self.metadata.get(&metadata_request(ehr)).await
    }

    /// The metadata of an EHR as it is at this moment, for a look at how things stand.
    pub(crate) async fn current_metadata_of(&self, ehr: &Ehr) -> Result<Current<ServerMetadata>, DiscoveryError> {
        self.current(&metadata_request(ehr)).await
    }

    /// A document as it is at this moment.
    pub(crate) async fn current<D: Document>(&self, wanted: &DocumentRequest<D>) -> Result<Current<D>, DiscoveryError> {
        fetch_current(&*self.transport(), wanted, self.settings.http.request_timeout).await
    }

    /// Forgets the metadata of the EHRs with this address.
    pub(crate) fn forget_metadata(&self, fhir_base_url: &str) {
        for ehr in self.registrations.all_known() {
            if ehr.fhir_base_url().matches(fhir_base_url) {
                self.metadata.forget(&metadata_request(&ehr));
            }
        }
    }

    /// The metadata of an EHR, as far as it was fetched before.
    pub(crate) fn known_metadata_of(&self, ehr: &Ehr) -> Option<Arc<ServerMetadata>> {
        self.metadata.known(&metadata_request(ehr))
    }

    /// The EHRs whose metadata was fetched here.
    pub(crate) fn health_of_ehrs(&self) -> Vec<EhrHealth> {
        let known = self.registrations.all_known().into_iter();
        known
            .filter_map(|ehr| {
                let (metadata_age, is_failing) = self.metadata.age(&metadata_request(&ehr))?;
                Some(EhrHealth {
                    ehr: ehr.key().to_owned(),
                    metadata_age,
                    is_failing,
                })
            })
            .collect()
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
        let found = self.registrations.find(iss, Asker::Anybody).await?;
        Some(found)
            .filter(|ehr| ehr.takes_launches())
            .ok_or(EhrLookupError::NotRegistered)
    }

    /// The registration that the record of a launch or of a sign-in names.
    pub(crate) async fn ehr_of_record(&self, key: &str) -> Result<Arc<Ehr>, EhrLookupError> {
        self.registrations.find(key, Asker::Launch).await
    }
}

/// With the headers that this EHR wants for it.
fn metadata_request(ehr: &Ehr) -> DocumentRequest<ServerMetadata> {
    let headers = ehr.quirks().headers_for_discovery(ehr.client_id());
    let request = DocumentRequest::metadata_of(ehr.fhir_base_url()).reaching(ehr.addresses().clone());
    headers.fold(request, |request, (name, value)| request.header(name, value))
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("registrations", &self.registrations)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
