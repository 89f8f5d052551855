//! Styles that were fetched, by their addresses: [`KeptStyles`].

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tracing::{Instrument as _, Span};

use super::error::SmartStyleError;
use crate::{
    protocol::{smart_style::SmartStyle, transport_error::TransportError},
    runtime::{
        engine::Engine,
        single_flight::{Joined, SingleFlight},
    },
    time::{Clock, Timestamp},
};

/// The address is the version of what is there. An EHR that changes it all the same is believed the next day.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// An EHR in trouble is not asked by every page.
const FAILURE_KEPT: Duration = Duration::from_secs(10);
/// EHRs say where their look is, and could name another address every time.
const MOST: usize = 256;
/// What is longer is fetched each time: an EHR decides how long it is.
const LONGEST: usize = 2_048;

type Fetched = Result<SmartStyle, SmartStyleError>;

/// The styles that this process has fetched, and those that it fetches at this moment. Cheap to clone; clones share them.
#[derive(Clone, Default)]
pub(crate) struct KeptStyles {
    fetched: Arc<Mutex<HashMap<StyleKey, Kept>>>,
    running: SingleFlight<StyleKey, Fetched>,
}

/// Whose look it is, and where it is. One EHR gets nothing that came for another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct StyleKey {
    pub(super) ehr: String,
    pub(super) address: String,
}

struct Kept {
    fetched: Fetched,
    at: Timestamp,
}

impl KeptStyles {
    /// The style of this address: as it was fetched before, else as `fetch` brings it. Who comes meanwhile waits for that.
    pub(super) async fn get<F>(&self, key: StyleKey, clock: &Arc<dyn Clock>, engine: &Engine, fetch: F) -> Fetched
    where
        F: Future<Output = Fetched> + Send + 'static,
    {
        if key.address.len() > LONGEST {
            return fetch.await;
        }
        if let Some(known) = self.known(&key, clock.steady()) {
            return known;
        }
        let waiter = match self.running.join(key.clone()) {
            Joined::Waiter(waiter) => waiter,
            Joined::Leader(leader, waiter) => {
                let (kept, clock) = (self.clone(), Arc::clone(clock));
                // To its end. Pages wait less long than a server that hangs: if it ended with the page that asked first, nobody would
                // ever know that it hangs, and every page would wait.
                let work = async move {
                    let fetched = fetch.await;
                    kept.keep(key, fetched.clone(), clock.steady());
                    leader.complete(fetched);
                };
                if engine.spawn("style", work.instrument(Span::current())).is_refused() {
                    return Err(TransportError::ShutDown.into());
                }
                waiter
            }
        };
        let fetched = waiter.result().await;
        fetched.unwrap_or_else(|| Err(TransportError::Disconnected.into()))
    }

    fn known(&self, key: &StyleKey, now: Timestamp) -> Option<Fetched> {
        let all = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(key)?;
        let long = if kept.fetched.is_ok() { KEPT } else { FAILURE_KEPT };
        (now.saturating_since(kept.at) < long).then(|| kept.fetched.clone())
    }

    fn keep(&self, key: StyleKey, fetched: Fetched, now: Timestamp) {
        let mut all = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(&key) {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.at);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.and_then(|key| all.remove(&key));
        }
        all.insert(key, Kept { fetched, at: now });
    }
}

impl fmt::Debug for KeptStyles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptStyles").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
