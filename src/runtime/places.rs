//! How many requests to one EHR are under way at once, and which ones wait: [`Places`].
//!
//! Kept apart by EHR registration, not by server: tenants share servers, and one whose requests hang must not slow its
//! neighbour. A request that cannot be served soon is refused at once, before anything is sent: one that waits until nobody
//! listens any more spends a code or a refresh token for nothing.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use crate::{config::Ehr, meter, protocol::urls::FhirBaseUrl};

/// How many introspections beside them.
const INTROSPECTIONS: usize = 16;
/// How many introspections of callers' tokens that the EHR has not called good before, beside them again: strangers can cause those.
const CALLER_TOKENS: usize = 8;
/// How many launches of one registration the application is asked about at once (`on_launch`). A tenant whose database hangs
/// must not take the threads from the others.
const HOOKS: usize = 32;
/// The longest that anybody waits for a place.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What is said of the time to wait while no request has ended yet.
const USUAL: Duration = Duration::from_secs(5);
/// What is said of it at least and at most.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The places of all registrations. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<String, Counter>>>);

/// What a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// A refresh: goes before exchanges when a place gets free.
    Refresh,
    /// A code exchange.
    Exchange,
    /// An introspection. Apart from the others, so that it takes no place from them.
    Introspection,
    /// An introspection of a token that a stranger may have invented.
    CallerToken,
    /// A call of `on_launch`, which asks the EHR nothing. Apart from the others too.
    Hook,
    /// A call of a signer, which asks the EHR nothing either.
    Signature,
}

/// Whose places they are, and how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk<'a> {
    ehr: &'a str,
    token_requests: usize,
}

/// The right to have one request under way. Free again when dropped.
#[must_use]
pub(crate) struct Place {
    places: Places,
    ehr: String,
    kind: PlaceKind,
    since: Instant,
}

/// There is no place, and will be none soon. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy {
    /// When it is worth trying again: 1 to 30 s.
    pub(crate) retry_after: Duration,
}

impl Places {
    /// A place for one request to a registration. Waits for it, first come first served, for at most 5 s.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many wait already, or none got free in time.
    pub(crate) async fn take(&self, desk: impl Into<Desk<'_>>, kind: PlaceKind) -> Result<Place, Busy> {
        let desk = desk.into();
        let taken = self.take_or_wait(desk, kind).await;
        taken.inspect_err(|_| meter::SHED.count([("ehr", desk.ehr), ("kind", kind.name())]))
    }

    async fn take_or_wait(&self, desk: Desk<'_>, kind: PlaceKind) -> Result<Place, Busy> {
        let ehr = name_of(desk.ehr);
        let waiting = {
            let mut all = self.lock();
            let here = all.entry(ehr.clone()).or_default();
            here.most = desk.token_requests;
            if here.has_room(kind) && here.waiting(kind).is_empty() {
                *here.taken(kind) += 1;
                None
            } else if here.waiting(kind).len() >= here.queue(kind) {
                return Err(here.busy(kind));
            } else {
                let (call, called) = oneshot::channel();
                here.last_number += 1;
                let number = here.last_number;
                here.waiting(kind).push_back(Waiter { number, call });
                Some((number, called))
            }
        };
        let Some((number, called)) = waiting else {
            return Ok(self.place(ehr, kind));
        };
        let _queued = meter::QUEUED.hold([("kind", kind.name())]);
        let mut seat = Seat {
            places: self,
            ehr: &ehr,
            kind,
            number: Some(number),
        };
        // Whether it was called is asked under the lock: it may be called at the moment at which it gives up.
        let _ = timeout(LONGEST_WAIT, called).await;
        match seat.leave() {
            Left::Called => Ok(self.place(ehr.clone(), kind)),
            Left::InVain(busy) => Err(busy),
        }
    }

    /// Whether [`take`](Self::take) would refuse at once. A look, which the next moment may belie.
    pub(crate) fn would_refuse(&self, ehr: &str, kind: PlaceKind) -> Option<Busy> {
        let mut all = self.lock();
        let here = all.get_mut(&name_of(ehr))?;
        let full = !here.has_room(kind) && here.waiting(kind).len() >= here.queue(kind);
        full.then(|| here.busy(kind))
    }

    fn place(&self, ehr: String, kind: PlaceKind) -> Place {
        Place {
            places: self.clone(),
            ehr,
            kind,
            since: Instant::now(),
        }
    }

    /// Gives a place back, and on to the next one that waits. A registration that nobody asks any more is forgotten.
    fn free(&self, ehr: &str, kind: PlaceKind, held: Option<Duration>) {
        let mut all = self.lock();
        let Some(here) = all.get_mut(ehr) else { return };
        let taken = here.taken(kind);
        *taken = taken.saturating_sub(1);
        if let Some(held) = held {
            // What was usual counts for three quarters: one slow answer is not yet a slow EHR.
            let usual = here.usual(kind);
            *usual = Some(usual.map_or(held, |usual| (usual * 3 + held) / 4));
        }
        here.call_next();
        if here.is_idle() {
            all.remove(ehr);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Counter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a registration is called here. However its FHIR base URL is written, it has its places once: launches keep the
/// spelling that they began with when the registration gets another.
fn name_of(ehr: &str) -> String {
    FhirBaseUrl::parse(ehr).map_or_else(|_| ehr.to_owned(), |url| url.normalized().to_owned())
}

impl PlaceKind {
    /// As metrics call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Exchange => "exchange",
            Self::Introspection => "introspection",
            Self::CallerToken => "caller_token",
            Self::Hook => "on_launch",
            Self::Signature => "signature",
        }
    }
}

#[cfg(test)]
impl<'a> From<&'a str> for Desk<'a> {
    fn from(ehr: &'a str) -> Self {
        Self {
            ehr,
            token_requests: crate::config::DEFAULT_TOKEN_REQUESTS.into(),
        }
    }
}

impl Ehr {
    /// Its places.
    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            ehr: self.key(),
            token_requests: self.token_requests_at_once(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.free(&self.ehr, self.kind, Some(self.since.elapsed()));
    }
}

/// What is under way at one registration.
#[derive(Default)]
struct Counter {
    /// How many token requests, refreshes and exchanges together, it has under way at most.
    most: usize,
    refreshes: Line,
    exchanges: Line,
    introspections: Line,
    caller_tokens: Line,
    hooks: Line,
    signatures: Line,
    /// How long token requests lately took.
    usual_token_request: Option<Duration>,
    /// How long `on_launch` lately took.
    usual_hook: Option<Duration>,
    /// How long signatures lately took.
    usual_signature: Option<Duration>,
    /// How long introspections lately took: other work for the EHR, with another time-out.
    usual_introspection: Option<Duration>,
    last_number: u64,
}

/// The requests of one kind.
#[derive(Default)]
struct Line {
    taken: usize,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    number: u64,
    call: oneshot::Sender<()>,
}

impl Counter {
    /// How many exchanges it has under way at most: strangers can cause those, refreshes only people with a launch.
    const fn most_exchanges(&self) -> usize {
        self.most.div_ceil(2)
    }

    /// How many may wait.
    const fn queue(&self, kind: PlaceKind) -> usize {
        match kind {
            PlaceKind::Refresh => self.most,
            PlaceKind::Exchange => self.most_exchanges(),
            // The kept answers of all who are at work may run out in the same moment.
            PlaceKind::Introspection => 1_024,
            // After a start nobody is known. Each waits with a token of 8 kB at most.
            PlaceKind::CallerToken => 256,
            // Who would wait has a code that is not sent yet, and may come again.
            PlaceKind::Hook => 0,
            // Those that wait for token requests, and those that are under way.
            PlaceKind::Signature => self.most * 2,
        }
    }

    fn has_room(&self, kind: PlaceKind) -> bool {
        let token_requests = self.refreshes.taken + self.exchanges.taken;
        match kind {
            PlaceKind::Refresh => token_requests < self.most,
            PlaceKind::Exchange => token_requests < self.most && self.exchanges.taken < self.most_exchanges(),
            PlaceKind::Introspection => self.introspections.taken < INTROSPECTIONS,
            PlaceKind::CallerToken => self.caller_tokens.taken < CALLER_TOKENS,
            PlaceKind::Hook => self.hooks.taken < HOOKS,
            PlaceKind::Signature => self.signatures.taken < self.most,
        }
    }

    const fn line(&mut self, kind: PlaceKind) -> &mut Line {
        match kind {
            PlaceKind::Refresh => &mut self.refreshes,
            PlaceKind::Exchange => &mut self.exchanges,
            PlaceKind::Introspection => &mut self.introspections,
            PlaceKind::CallerToken => &mut self.caller_tokens,
            PlaceKind::Hook => &mut self.hooks,
            PlaceKind::Signature => &mut self.signatures,
        }
    }

    const fn taken(&mut self, kind: PlaceKind) -> &mut usize {
        &mut self.line(kind).taken
    }

    const fn waiting(&mut self, kind: PlaceKind) -> &mut VecDeque<Waiter> {
        &mut self.line(kind).waiting
    }

    /// Gives free places to those who wait, in the order of what they are for.
    fn call_next(&mut self) {
        for kind in [
            PlaceKind::Refresh,
            PlaceKind::Exchange,
            PlaceKind::Introspection,
            PlaceKind::CallerToken,
            PlaceKind::Hook,
            PlaceKind::Signature,
        ] {
            while self.has_room(kind)
                && let Some(next) = self.waiting(kind).pop_front()
            {
                *self.taken(kind) += 1;
                // Somebody who is about to go finds itself called, and passes the place on.
                let _ = next.call.send(());
            }
        }
    }

    const fn usual(&mut self, kind: PlaceKind) -> &mut Option<Duration> {
        match kind {
            PlaceKind::Refresh | PlaceKind::Exchange => &mut self.usual_token_request,
            PlaceKind::Introspection | PlaceKind::CallerToken => &mut self.usual_introspection,
            PlaceKind::Hook => &mut self.usual_hook,
            PlaceKind::Signature => &mut self.usual_signature,
        }
    }

    fn busy(&mut self, kind: PlaceKind) -> Busy {
        let retry_after = self.usual(kind).unwrap_or(USUAL).clamp(SHORTEST, LONGEST);
        Busy { retry_after }
    }

    fn is_idle(&self) -> bool {
        [
            &self.refreshes,
            &self.exchanges,
            &self.introspections,
            &self.caller_tokens,
            &self.hooks,
            &self.signatures,
        ]
        .iter()
        .all(|line| line.taken == 0 && line.waiting.is_empty())
    }
}

/// Somebody who waits. Dropped, it leaves no hole, and passes on a place that it was given and did not take.
struct Seat<'a> {
    places: &'a Places,
    ehr: &'a str,
    kind: PlaceKind,
    number: Option<u64>,
}

/// How waiting ended.
enum Left {
    /// With a place, which is the waiter's.
    Called,
    /// Without.
    InVain(Busy),
}

impl Seat<'_> {
    fn leave(&mut self) -> Left {
        let (number, mut all) = (self.number.take(), self.places.lock());
        let in_vain = all.get_mut(self.ehr).and_then(|here| {
            let waiting = here.waiting(self.kind);
            let before = waiting.len();
            waiting.retain(|waiter| Some(waiter.number) != number);
            (waiting.len() < before).then(|| here.busy(self.kind))
        });
        in_vain.map_or(Left::Called, Left::InVain)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if self.number.is_some()
            && let Left::Called = self.leave()
        {
            // Nothing was sent, which says nothing of how long requests take.
            self.places.free(self.ehr, self.kind, None);
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places")
            .field("registrations", &self.lock().len())
            .finish()
    }
}
