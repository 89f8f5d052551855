//! The cache itself: who fetches, who waits, and what becomes of the outcome.
//!
//! - However many ask at once, one request goes out, and it is carried to its end even if all of them go away.
//! - A document is kept for the configured time, or as long as its `Cache-Control` says if that is shorter, but at
//!   least [`FLOOR`], so that `no-store` does not turn a burst of launches into a burst of requests.
//! - A failure is remembered for [`FAILURE_PAUSE`]. A document that was good once is served on as long as fetching it
//!   again fails, or takes longer than [`EARLIER_AFTER`].
//! - A caller that misses something in a document that is still kept can have it fetched again, once per
//!   [`REFETCH_INTERVAL`].

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::timeout;
use tracing::Instrument as _;

use super::{
    document::{Document, DocumentRequest},
    document_kind::DocumentKind,
    entries::{Answer, Entries, Failed, Good},
    error::DiscoveryError,
    fetch::{self, Broken, Fetched},
    settings::DiscoverySettings,
};
use crate::{
    meter,
    runtime::{
        engine::Engine,
        sign_ins::SignIn,
        single_flight::{Joined, Leader, SingleFlight, Waiter},
    },
    time::Clock,
};

/// The shortest time that a document is kept.
const FLOOR: Duration = Duration::from_secs(10);

/// How long nothing is asked after a failure.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);

/// How long a fetch is waited for while there is a document that was good once. One server that hangs makes no launch slow.
const EARLIER_AFTER: Duration = Duration::from_secs(1);

/// The time from the end of one fetch that somebody forced to the beginning of the next.
///
/// A stranger who sends tokens with invented key ids must not be able to have the EHR's keys fetched again and again, and an
/// EHR that changes its keys does not do so twice in ten seconds.
const REFETCH_INTERVAL: Duration = Duration::from_secs(10);

/// The documents of one kind. Cheap to clone; clones share everything.
pub(crate) struct DocumentCache<D: Document> {
    inner: Arc<Inner<D>>,
}

/// What there is for somebody who missed something in a document.
#[derive(Debug)]
pub(crate) enum Newer<D> {
    /// A later document. Its fetch may have begun before the miss: look, and ask again if it is missing in this one too.
    Fetched(Arc<D>),
    /// None, and it is too soon to ask the server again.
    TooSoon,
}

struct Inner<D: Document> {
    engine: Engine,
    clock: Arc<dyn Clock>,
    settings: DiscoverySettings,
    entries: Mutex<Entries<D>>,
    /// Joined and completed under the lock of `entries`: who does not find an outcome there finds the fetch that will bring it.
    fetches: SingleFlight<String, Answer<D>>,
}

impl<D: Document> DocumentCache<D> {
    /// An empty cache. Nothing is fetched before [`get`](Self::get).
    pub(crate) fn new(engine: &Engine, clock: Arc<dyn Clock>, settings: DiscoverySettings) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine: engine.detached(),
                clock,
                settings,
                entries: Mutex::default(),
                fetches: SingleFlight::default(),
            }),
        }
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] when there is no usable document and none from earlier.
    pub(crate) async fn get(&self, request: &DocumentRequest<D>) -> Answer<D> {
        let fetching = match self.inner.look_up(request) {
            Found::Answer(answer) => return answer,
            Found::Fetch(joined) => self.fetching(joined, request, Occasion::Due),
        };
        match self.known(request) {
            None => wait_for(fetching, request).await,
            Some(earlier) => {
                let request = request.clone();
                let waiting = async move { timeout(EARLIER_AFTER, wait_for(fetching, &request)).await };
                // On the engine: the caller may be in a runtime without timers, or in none.
                match self.inner.engine.spawn(D::KIND.work(), waiting).await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) | Err(_) => Ok(earlier),
                }
            }
        }
    }

    /// The document as it was fetched last, however long ago. Asks nobody.
    pub(crate) fn known(&self, request: &DocumentRequest<D>) -> Option<Arc<D>> {
        self.inner.entries().known(request)
    }

    /// Where the documents are that are known, share a sign with this sign-in, and send codes elsewhere. Asks nobody.
    pub(crate) fn with_codes_elsewhere(&self, than: &SignIn) -> Vec<Arc<str>> {
        self.inner.entries().with_codes_elsewhere(than)
    }

    /// How long ago the document was fetched that is known, and whether fetching it again failed. Asks nobody.
    pub(crate) fn age(&self, request: &DocumentRequest<D>) -> Option<(Duration, bool)> {
        let now = self.inner.clock.steady();
        self.inner.entries().age(request, now)
    }

    /// Forgets the document, and that it could not be fetched. A fetch that is under way still brings its own.
    pub(crate) fn forget(&self, request: &DocumentRequest<D>) {
        self.inner.entries().forget(request);
    }

    /// A later document than `seen`, which lacks something that should be in it.
    ///
    /// Takes what came in meanwhile or is on its way, else fetches, at most once per [`REFETCH_INTERVAL`] however many
    /// ask.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] when the server was asked and gave none; `seen` is still the latest then.
    pub(crate) async fn newer_than(
        &self,
        seen: &Arc<D>,
        request: &DocumentRequest<D>,
    ) -> Result<Newer<D>, DiscoveryError> {
        // How it ended is read from the entry: those who wait are handed the earlier document after a failure.
        match self.inner.look_for_newer(seen, request) {
            Refetch::Settled(result) => return result,
            Refetch::Fetch(joined) => {
                let fetching = self.fetching(joined, request, Occasion::Forced);
                drop(wait_for(fetching, request).await);
            }
        }
        self.inner.newer_now(seen, request)
    }

    /// The fetch to wait for; it is started if it is ours.
    ///
    /// Not under the lock: a closed engine drops the work at once.
    fn fetching(&self, joined: Flight<D>, request: &DocumentRequest<D>, occasion: Occasion) -> Waiter<Answer<D>> {
        match joined {
            Joined::Waiter(waiter) => waiter,
            Joined::Leader(leader, waiter) => {
                let fetch = Fetch {
                    inner: Arc::clone(&self.inner),
                    request: request.clone(),
                    occasion,
                    leader,
                };
                drop(self.inner.engine.spawn(D::KIND.work(), fetch.run()));
                waiter
            }
        }
    }
}

async fn wait_for<D: Document>(fetching: Waiter<Answer<D>>, request: &DocumentRequest<D>) -> Answer<D> {
    match fetching.result().await {
        Some(answer) => answer,
        // The work never ran, panicked or was stopped. The next one who asks fetches anew.
        None => Err(DiscoveryError::Interrupted {
            endpoint: request.url().to_string(),
        }),
    }
}

impl<D: Document> Clone for DocumentCache<D> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<D: Document> fmt::Debug for DocumentCache<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentCache")
            .field("kind", &D::KIND)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

type Flight<D> = Joined<String, Answer<D>>;

/// What the cache has for somebody who asks.
enum Found<D: Document> {
    Answer(Answer<D>),
    Fetch(Flight<D>),
}

/// What the cache has for somebody who wants a later document.
enum Refetch<D: Document> {
    Settled(Result<Newer<D>, DiscoveryError>),
    Fetch(Flight<D>),
}

impl<D: Document> Inner<D> {
    fn entries(&self) -> MutexGuard<'_, Entries<D>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, request: &DocumentRequest<D>) -> Found<D> {
        let now = self.clock.steady();
        let mut entries = self.entries();
        let entry = entries.of(request);
        if let Some(good) = entry.good.as_ref().filter(|good| now < good.fresh_until) {
            return Found::Answer(Ok(Arc::clone(&good.document)));
        }
        if let Some(failed) = entry.failed.as_ref().filter(|failed| now < failed.until) {
            return Found::Answer(match &entry.good {
                Some(good) => Ok(Arc::clone(&good.document)),
                None => Err(failed.error.clone()),
            });
        }
        Found::Fetch(self.fetches.join(request.cache_key()))
    }

    fn look_for_newer(&self, seen: &Arc<D>, request: &DocumentRequest<D>) -> Refetch<D> {
        let now = self.clock.steady();
        let mut entries = self.entries();
        let entry = entries.of(request);
        if let Some(newer) = entry.newer(seen) {
            return Refetch::Settled(Ok(Newer::Fetched(newer)));
        }
        if let Some(fetching) = self.fetches.running(&request.cache_key()) {
            return Refetch::Fetch(Joined::Waiter(fetching));
        }
        if let Some(failed) = entry.failed.as_ref().filter(|failed| now < failed.until) {
            return Refetch::Settled(Err(failed.error.clone()));
        }
        if entry.no_refetch_before.is_some_and(|moment| now < moment) {
            return Refetch::Settled(Ok(Newer::TooSoon));
        }
        Refetch::Fetch(self.fetches.join(request.cache_key()))
    }

    /// How the fetch ended that somebody waited for who wants a later document.
    fn newer_now(&self, seen: &Arc<D>, request: &DocumentRequest<D>) -> Result<Newer<D>, DiscoveryError> {
        let mut entries = self.entries();
        let entry = entries.of(request);
        match (entry.newer(seen), &entry.failed) {
            (Some(newer), _) => Ok(Newer::Fetched(newer)),
            (None, Some(failed)) => Err(failed.error.clone()),
            (None, None) => Err(DiscoveryError::Interrupted {
                endpoint: request.url().to_string(),
            }),
        }
    }

    /// Puts the outcome of a fetch into the cache, ends the fetch, and hands those who waited what they get.
    fn settle(
        &self,
        request: &DocumentRequest<D>,
        occasion: Occasion,
        outcome: Result<Fetched<D>, DiscoveryError>,
        leader: Leader<String, Answer<D>>,
    ) {
        let now = self.clock.steady();
        let mut entries = self.entries();
        let entry = entries.of(request);
        let answer = match outcome {
            Ok(fetched) => {
                if occasion == Occasion::Forced {
                    entry.no_refetch_before = Some(now.saturating_add(REFETCH_INTERVAL));
                }
                let lifetime = match fetched.max_age {
                    Some(max_age) => max_age.max(FLOOR).min(self.settings.ttl),
                    None => self.settings.ttl,
                };
                let document = Arc::new(fetched.document);
                let at = usize::try_from(self.clock.now().as_secs()).unwrap_or(usize::MAX);
                meter::DISCOVERY_FETCHED.set(at, labels(request));
                let good = Good {
                    document: Arc::clone(&document),
                    fetched_at: now,
                    fresh_until: now.saturating_add(lifetime),
                };
                entries.keep(request, good);
                Ok(document)
            }
            Err(error) => {
                let stale = entry.good.as_ref().map(|good| Arc::clone(&good.document));
                log_failure(D::KIND, &error, stale.is_some());
                meter::DISCOVERY_FAILURES.count(labels(request));
                entry.failed = Some(Failed {
                    error: error.clone(),
                    until: now.saturating_add(FAILURE_PAUSE),
                });
                stale.ok_or(error)
            }
        };
        leader.complete(answer);
    }
}

/// One line per failed request, however many waited for it.
pub(super) fn log_failure(kind: DocumentKind, error: &DiscoveryError, served_earlier_document: bool) {
    let (endpoint, status) = (error.endpoint(), error.status());
    if served_earlier_document {
        tracing::warn!(endpoint, status, %error, "{kind} could not be fetched again; using the earlier document");
    } else {
        tracing::error!(endpoint, status, %error, "{kind} could not be fetched");
    }
}

fn labels<D: Document>(request: &DocumentRequest<D>) -> meter::Labels<'_, 2> {
    [("document", D::KIND.work()), ("endpoint", request.url().as_str())]
}

/// Why a document is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// There is none, or it is no longer fresh.
    Due,
    /// Somebody missed something in it.
    Forced,
}

/// A fetch, as work for the engine.
struct Fetch<D: Document> {
    inner: Arc<Inner<D>>,
    request: DocumentRequest<D>,
    occasion: Occasion,
    leader: Leader<String, Answer<D>>,
}

impl<D: Document> Fetch<D> {
    async fn run(self) {
        let transport = self.inner.engine.transport();
        let broken = match (self.occasion, self.inner.entries().known(&self.request)) {
            (Occasion::Due, Some(_)) => Broken::GiveUp,
            // Every sign-in would fail until the next fetch. Where something is missed, those fail that miss it: their
            // codes are spent by then.
            (Occasion::Due, None) | (Occasion::Forced, _) => Broken::AskOnceMore,
        };
        let span = tracing::info_span!("smart.discovery", document = D::KIND.work(), endpoint = %self.request.url());
        let outcome = fetch::fetch(&*transport, &self.request, self.inner.settings.timeout, broken)
            .instrument(span)
            .await;
        self.inner.settle(&self.request, self.occasion, outcome, self.leader);
    }
}
