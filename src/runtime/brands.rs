//! Brand bundles, fetched when they are needed and kept: [`BrandKeeper`].

mod fetch;
pub(crate) mod linked;
mod resolver;

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

pub use self::fetch::BrandsError;
use self::fetch::{Fetched, fetch};
pub(crate) use self::resolver::BrandResolver;
use crate::{
    config::{BrandDirectory, BundleOrigin, CheckedBrands, NamedBy},
    protocol::{
        brands::{Brands, BrandsReport, StillThere},
        network_guard::Addresses,
        visible::without_query,
    },
    runtime::{
        engine::Engine,
        single_flight::{Joined, SingleFlight, Waiter},
    },
    time::{Clock, Timestamp},
};

/// How long a publisher is left alone that has failed, while there is no bundle of its.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// How long, while there is an older one.
const LATER_PAUSE: Duration = Duration::from_secs(300);
/// How long, while its bundle lacks half of the servers of the older one, or more.
const DOUBT_PAUSE: Duration = Duration::from_secs(3_600);

/// How often such a bundle has to come before it is believed, with no good one in between.
const DOUBT_LOOKS: u32 = 3;

/// How long somebody waits for a bundle that was never there, once. The fetch goes on.
const PATIENCE: Duration = Duration::from_secs(3);

/// The bundles of one configuration. Cheap to clone; clones share everything. It does not keep the engine open.
#[derive(Clone)]
pub(crate) struct BrandKeeper(Arc<Inner>);

struct Inner {
    brands: CheckedBrands,
    /// Where its bundles may be.
    addresses: Addresses,
    engine: Engine,
    clock: Arc<dyn Clock>,
    /// By the place of the source.
    states: Mutex<Vec<State>>,
    running: SingleFlight<usize, Outcome>,
    /// Changes whenever a fetch has ended.
    ended: watch::Sender<()>,
}

/// What is known of one source. Times are steady.
#[derive(Debug, Clone, Default)]
struct State {
    etag: Option<String>,
    asked_at: Option<Timestamp>,
    failed: Option<(BrandsError, Timestamp)>,
    /// It has lacked half of the FHIR servers that are used on, or more, at every look since.
    doubt: Option<Doubt>,
    /// Somebody has waited for the first one in vain. Nobody does so again.
    is_late: bool,
}

/// About a bundle that lacks half of the servers of the last one, or more.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    since: Timestamp,
    /// How often it has come so.
    looks: u32,
}

/// Whether a bundle has to be fetched.
enum Need {
    No,
    /// There is one, and it is time to ask for a newer.
    Newer,
    /// There is none.
    First,
    /// There is none, and asking has just failed.
    Failed(BrandsError),
}

type Outcome = Result<(), BrandsError>;

/// What was found in the bundles that are there.
struct FoundInBundles<T> {
    what: T,
    /// Whether a bundle was missing, which may have more.
    more: bool,
}

/// Nothing was found, and a bundle that may have it is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotThere {
    #[error("the brand bundle {bundle} has not come yet, and is being fetched; look whether its publisher answers")]
    Late { bundle: String },
    #[error("the brand bundle {bundle} is not there: {error}")]
    Failed { bundle: String, error: BrandsError },
}

impl BrandKeeper {
    pub(crate) fn new(brands: CheckedBrands, addresses: Addresses, engine: &Engine, clock: Arc<dyn Clock>) -> Self {
        let states = vec![State::default(); brands.sources.len()];
        Self(Arc::new(Inner {
            brands,
            addresses,
            engine: engine.detached(),
            clock,
            states: Mutex::new(states),
            running: SingleFlight::default(),
            ended: watch::Sender::default(),
        }))
    }

    fn directory(&self) -> &BrandDirectory {
        &self.0.brands.directory
    }

    /// Asks for every bundle, and waits for it.
    pub(crate) async fn load(&self) -> Result<BrandsReport, BrandsError> {
        let sources = 0..self.0.brands.sources.len();
        let waiters: Vec<_> = sources.map(|source| self.join(source)).collect();
        let mut first_error = None;
        for waiter in waiters {
            if let Err(error) = self.told(waiter).await {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or_else(|| Ok(self.0.brands.directory.report()), Err)
    }

    /// Sees to it that every bundle is there. Nobody waits for a newer one.
    async fn ready(&self) -> Outcome {
        let mut waiters = Vec::new();
        let mut outcome = Ok(());
        for source in 0..self.0.brands.sources.len() {
            match self.need(source) {
                Need::No => {}
                Need::Newer => drop(self.join(source)),
                Need::First => waiters.push(self.join(source)),
                Need::Failed(error) => outcome = Err(error),
            }
        }
        for waiter in waiters {
            if let Err(error) = self.told(waiter).await {
                outcome = Err(error);
            }
        }
        outcome
    }

    /// Asks for what is missing or old, and waits for nothing. Returns until when a person waits for it.
    fn begin(&self) -> Instant {
        for source in 0..self.0.brands.sources.len() {
            if matches!(self.need(source), Need::First | Need::Newer) {
                drop(self.join(source));
            }
        }
        Instant::now() + PATIENCE
    }

    /// What `look` finds in the bundles that are there. Where that is nothing, the missing ones, for which somebody has asked with
    /// [`begin`](Self::begin), are waited for: each once, and until that moment. `None`: all are there, and none has it.
    async fn find<T>(
        &self,
        until: Instant,
        look: impl Fn() -> Option<T>,
    ) -> Result<Option<FoundInBundles<T>>, NotThere> {
        let mut ended = self.0.ended.subscribe();
        let sources = 0..self.0.brands.sources.len();
        loop {
            // Before the look: what comes in between is looked at in the next round.
            let missing = sources.clone().filter_map(|source| match self.need(source) {
                Need::No | Need::Newer => None,
                Need::First => Some((source, None)),
                Need::Failed(error) => Some((source, Some(error))),
            });
            let missing: Vec<_> = missing.collect();
            if let Some(what) = look() {
                let more = !missing.is_empty();
                return Ok(Some(FoundInBundles { what, more }));
            }
            let Some((first, error)) = missing.first() else {
                return Ok(None);
            };
            let coming = missing.iter().filter(|(_, error)| error.is_none());
            let waited_for: Vec<_> = coming
                .map(|(source, _)| *source)
                .filter(|source| !self.state(*source, |state| state.is_late))
                .collect();
            if !waited_for.is_empty() && timeout_at(until, ended.changed()).await.is_ok() {
                continue;
            }
            for source in waited_for {
                self.state(source, |state| state.is_late = true);
            }
            let bundle = self.shown(*first);
            return Err(match error.clone() {
                Some(error) => NotThere::Failed { bundle, error },
                None => NotThere::Late { bundle },
            });
        }
    }

    /// The address of a bundle as it may stand in the log: there may be a key in the query.
    fn shown(&self, source: usize) -> String {
        let address = self.0.brands.sources.get(source);
        address.map(|address| without_query(address.url())).unwrap_or_default()
    }

    fn need(&self, source: usize) -> Need {
        let now = self.0.clock.steady();
        let state = self.state(source, |state| state.clone());
        let failed = state.failed.filter(|(_, until)| now < *until).map(|(error, _)| error);
        match (self.0.brands.directory.is_loaded(source), failed) {
            (false, None) => Need::First,
            (false, Some(error)) => Need::Failed(error),
            (true, Some(_)) => Need::No,
            (true, None) => {
                let age = state.asked_at.map(|asked_at| now.saturating_since(asked_at));
                match age {
                    Some(age) if age < self.0.brands.refresh_after() => Need::No,
                    _ => Need::Newer,
                }
            }
        }
    }

    fn join(&self, source: usize) -> Waiter<Outcome> {
        let (leader, waiter) = match self.0.running.join(source) {
            Joined::Waiter(waiter) => return waiter,
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let keeper = self.clone();
        let work = async move {
            let mut refresh = pin!(keeper.refresh(source));
            let outcome = match timeout(PATIENCE, &mut refresh).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    keeper.tell_late(source);
                    refresh.await
                }
            };
            leader.complete(outcome);
            keeper.0.ended.send_replace(());
        };
        // The first starts the engine; the second does not hold up its end, as nothing is lost with it.
        let engine = self.0.engine.clone();
        drop(
            self.0
                .engine
                .spawn("brand bundle", async move { engine.spawn_aside(work) }),
        );
        waiter
    }

    fn tell_late(&self, source: usize) {
        if !self.0.brands.directory.is_loaded(source) {
            tracing::warn!(
                bundle = self.shown(source),
                "a brand bundle takes long; until it is there nobody finds what only it has"
            );
        }
    }

    async fn refresh(&self, source: usize) -> Outcome {
        let brands = &self.0.brands;
        let Some(address) = brands.sources.get(source) else {
            return Ok(());
        };
        let shown = self.shown(source);
        let etag = self.state(source, |state| state.etag.clone());
        let etag = etag.filter(|_| brands.directory.is_loaded(source));
        let transport = self.0.engine.transport();
        let (addresses, limit, read) = (&self.0.addresses, brands.body_limit(), brands.reader());
        let fetched = fetch(&*transport, address.url(), etag, limit, addresses, read).await;
        let outcome = match fetched {
            Ok(Fetched::New { brands: new, etag }) => {
                let report = new.report();
                new.tell_left_out(&shown);
                let put = self.check_servers(source, &new);
                let put = put.and_then(|()| Ok(brands.directory.put(source, *new, BundleOrigin::Fetched)?));
                put.inspect(|()| {
                    tracing::info!(
                        bundle = shown,
                        choices = report.choices,
                        endpoints = report.endpoints,
                        left_out = report.left_out,
                        "a brand bundle was read"
                    );
                    self.state(source, |state| state.etag = etag);
                })
            }
            Ok(Fetched::NotModified) => {
                // The publisher has the good one: a smaller one in between was a mistake.
                self.state(source, |state| state.doubt = None);
                Ok(())
            }
            Err(error) => Err(error),
        };
        let now = self.0.clock.steady();
        let is_loaded = brands.directory.is_loaded(source);
        if let Err(error @ BrandsError::ServersGone { .. }) = &outcome {
            let believed_after = brands.refresh_after();
            tracing::error!(
                bundle = shown, %error, ?believed_after,
                "a brand bundle has lost half of its FHIR servers or more; the last one is used on"
            );
        } else if let Err(error) = &outcome {
            let used = if is_loaded { "; the last one is used on" } else { "" };
            let error = match brands.named_by {
                NamedBy::Application => error.to_string(),
                NamedBy::Ehr => error.of_linked(),
            };
            tracing::warn!(bundle = shown, error, "a brand bundle could not be fetched{used}");
        }
        self.state(source, |state| {
            state.failed = outcome.clone().err().map(|error| {
                let pause = match &error {
                    BrandsError::ServersGone { .. } => DOUBT_PAUSE.min(brands.refresh_after()),
                    _ if is_loaded => LATER_PAUSE,
                    _ => FIRST_PAUSE,
                };
                (error, now.saturating_add(pause))
            });
            if outcome.is_ok() {
                state.asked_at = Some(now);
            }
        });
        outcome
    }

    /// Whether a bundle may take the place of the last one. One that lacks half of the servers of the last one that was fetched, or more,
    /// may be a mistake of its publisher, or somebody else's, and is believed when it has been so for long, and at every look. A look that
    /// failed says nothing of it. The doubt lives as long as the process. So it must not begin with a copy that came with the application:
    /// one that is restarted often would never believe the new bundle.
    fn check_servers(&self, source: usize, new: &Brands) -> Outcome {
        let (brands, clock) = (&self.0.brands, self.0.clock.steady());
        if new.is_empty() {
            // It is refused for another reason.
            return Ok(());
        }
        let StillThere { before, now } = brands.directory.still_there(source, new);
        let are_gone = before > 0 && now.saturating_mul(2) <= before;
        let is_doubted = self.state(source, |state| {
            let looks = state.doubt.map_or(0, |doubt| doubt.looks).saturating_add(1);
            let since = state.doubt.map_or(clock, |doubt| doubt.since);
            let for_long = looks >= DOUBT_LOOKS && clock.saturating_since(since) >= brands.refresh_after();
            // One that is believed is what the next one is compared with: its looks are counted anew.
            state.doubt = (are_gone && !for_long).then_some(Doubt { since, looks });
            state.doubt.is_some()
        });
        match is_doubted {
            true => Err(BrandsError::ServersGone { before, now }),
            false => Ok(()),
        }
    }

    async fn told(&self, waiter: Waiter<Outcome>) -> Outcome {
        waiter.result().await.unwrap_or_else(|| {
            Err(match self.0.engine.takes_work() {
                true => BrandsError::NotRead,
                false => BrandsError::ShuttingDown,
            })
        })
    }

    fn state<T>(&self, source: usize, look: impl FnOnce(&mut State) -> T) -> T {
        let mut states = self.0.states.lock().unwrap_or_else(PoisonError::into_inner);
        match states.get_mut(source) {
            Some(state) => look(state),
            None => look(&mut State::default()),
        }
    }
}
