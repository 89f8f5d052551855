//! Server metadata, fetched when first asked for and kept: one [`MetadataCache`] per configuration.
//!
//! - However many ask at once, one request goes out, and it is carried to its end even if all of them go away.
//! - A document is kept for the configured time, or as long as its `Cache-Control` says if that is shorter, but at
//!   least [`FLOOR`], so that `no-store` does not turn a burst of launches into a burst of requests.
//! - A failure is remembered for [`FAILURE_PAUSE`]. A document that was good once is served on as long as fetching it
//!   again fails.

mod error;
mod fetch;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    engine::Engine,
    protocol::{
        metadata::ServerMetadata,
        urls::{EndpointUrl, FhirBaseUrl},
    },
    time::{Clock, Timestamp},
};
pub use error::{DiscoveryError, RedirectProblem};
use fetch::Fetched;

/// The shortest time that a document is kept.
const FLOOR: Duration = Duration::from_secs(10);

/// How long nothing is asked after a failure.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);

/// What can be set about discovery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiscoverySettings {
    /// How long a document is kept when the server does not ask for less. Default: 1 h.
    pub(crate) ttl: Duration,
    /// How long one fetch may take, redirects included. Default: 10 s.
    pub(crate) timeout: Duration,
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(60 * 60),
            timeout: Duration::from_secs(10),
        }
    }
}

/// The metadata of the registered EHRs.
#[derive(Clone)]
pub(crate) struct MetadataCache {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    clock: Arc<dyn Clock>,
    settings: DiscoverySettings,
    /// By the text of the registered FHIR base URL.
    entries: Mutex<HashMap<String, Entry>>,
}

#[derive(Default)]
struct Entry {
    good: Option<Good>,
    failed: Option<Failed>,
    /// The fetch that is under way. `None` in it until that is over.
    fetching: Option<watch::Receiver<Option<Answer>>>,
}

struct Good {
    metadata: Arc<ServerMetadata>,
    fresh_until: Timestamp,
}

struct Failed {
    error: DiscoveryError,
    until: Timestamp,
}

type Answer = Result<Arc<ServerMetadata>, DiscoveryError>;

impl MetadataCache {
    /// An empty cache. Nothing is fetched before [`get`](Self::get).
    pub(crate) fn new(engine: &Engine, clock: Arc<dyn Clock>, settings: DiscoverySettings) -> Self {
        Self {
            shared: Arc::new(Shared {
                engine: engine.detached(),
                clock,
                settings,
                entries: Mutex::default(),
            }),
        }
    }

    /// The metadata of a registered EHR.
    ///
    /// `base` must be the registered spelling: it is what is fetched, and the key.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] when there is no usable document and none from earlier.
    pub(crate) async fn get(&self, base: &FhirBaseUrl) -> Answer {
        let mut answer = match self.shared.look_up(base) {
            Found::Answer(answer) => return answer,
            Found::Fetching(answer) => answer,
            Found::Fetch(fetch, answer) => {
                // Not under the lock: a closed engine drops the work at once, and that takes the lock.
                drop(self.shared.engine.spawn("metadata", fetch.run()));
                answer
            }
        };
        let interrupted = || DiscoveryError::Interrupted {
            endpoint: base.metadata_url().into(),
        };
        match answer.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone().unwrap_or_else(|| Err(interrupted())),
            Err(_) => Err(interrupted()),
        }
    }
}

impl fmt::Debug for MetadataCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataCache")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

/// The token endpoint, which no launch and no refresh can do without.
///
/// # Errors
///
/// [`DiscoveryError::MissingEndpoint`] when the metadata does not name it.
pub(crate) fn token_endpoint(metadata: &ServerMetadata) -> Result<&EndpointUrl, DiscoveryError> {
    metadata.token_endpoint().ok_or(DiscoveryError::MissingEndpoint {
        field: "token_endpoint",
    })
}

/// The authorization endpoint, which no launch can do without.
///
/// # Errors
///
/// [`DiscoveryError::MissingEndpoint`] when the metadata does not name it.
pub(crate) fn authorization_endpoint(metadata: &ServerMetadata) -> Result<&EndpointUrl, DiscoveryError> {
    metadata
        .authorization_endpoint()
        .ok_or(DiscoveryError::MissingEndpoint {
            field: "authorization_endpoint",
        })
}

/// What the cache has for somebody who asks.
enum Found {
    Answer(Answer),
    Fetching(watch::Receiver<Option<Answer>>),
    Fetch(Fetch, watch::Receiver<Option<Answer>>),
}

impl Shared {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(self: &Arc<Self>, base: &FhirBaseUrl) -> Found {
        let now = self.clock.now();
        let mut entries = self.entries();
        let entry = entries.entry(base.as_str().to_owned()).or_default();
        if let Some(good) = entry.good.as_ref().filter(|good| now < good.fresh_until) {
            return Found::Answer(Ok(Arc::clone(&good.metadata)));
        }
        if let Some(fetching) = &entry.fetching {
            return Found::Fetching(fetching.clone());
        }
        if let Some(failed) = entry.failed.as_ref().filter(|failed| now < failed.until) {
            return Found::Answer(match &entry.good {
                Some(good) => Ok(Arc::clone(&good.metadata)),
                None => Err(failed.error.clone()),
            });
        }
        let (sender, receiver) = watch::channel(None);
        entry.fetching = Some(receiver.clone());
        let fetch = Fetch {
            shared: Arc::clone(self),
            base: base.clone(),
            answer: sender,
            settled: false,
        };
        Found::Fetch(fetch, receiver)
    }

    /// Puts the outcome of a fetch into the cache, ends the fetch, and says what those who waited get.
    fn settle(&self, base: &FhirBaseUrl, outcome: Result<Fetched, DiscoveryError>) -> Answer {
        let now = self.clock.now();
        let mut entries = self.entries();
        let entry = entries.entry(base.as_str().to_owned()).or_default();
        entry.fetching = None;
        match outcome {
            Ok(fetched) => {
                let lifetime = match fetched.max_age {
                    Some(max_age) => max_age.max(FLOOR).min(self.settings.ttl),
                    None => self.settings.ttl,
                };
                let metadata = Arc::new(fetched.metadata);
                entry.failed = None;
                entry.good = Some(Good {
                    metadata: Arc::clone(&metadata),
                    fresh_until: now.saturating_add(lifetime),
                });
                Ok(metadata)
            }
            Err(error) => {
                let stale = entry.good.as_ref().map(|good| Arc::clone(&good.metadata));
                log_failure(&error, stale.is_some());
                entry.failed = Some(Failed {
                    error: error.clone(),
                    until: now.saturating_add(FAILURE_PAUSE),
                });
                stale.ok_or(error)
            }
        }
    }
}

/// One line per failed request, however many waited for it.
fn log_failure(error: &DiscoveryError, served_earlier_document: bool) {
    let (endpoint, status) = (error.endpoint(), error.status());
    if served_earlier_document {
        tracing::warn!(endpoint, status, %error, "server metadata could not be fetched again; using the earlier document");
    } else {
        tracing::error!(endpoint, status, %error, "server metadata could not be fetched");
    }
}

/// A fetch, as work for the engine.
struct Fetch {
    shared: Arc<Shared>,
    base: FhirBaseUrl,
    answer: watch::Sender<Option<Answer>>,
    settled: bool,
}

impl Fetch {
    async fn run(mut self) {
        let transport = self.shared.engine.transport();
        let outcome = fetch::fetch(&*transport, &self.base, self.shared.settings.timeout).await;
        let answer = self.shared.settle(&self.base, outcome);
        self.settled = true;
        self.answer.send_replace(Some(answer));
    }
}

/// For work that never ran, panicked or was stopped: those who wait see the channel close, and the next one who asks
/// fetches anew.
impl Drop for Fetch {
    fn drop(&mut self) {
        if !self.settled
            && let Some(entry) = self.shared.entries().get_mut(self.base.as_str())
        {
            entry.fetching = None;
        }
    }
}
