//! One token for all callers: from this process's memory, from the store, or from the EHR.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, Span, field::Empty};

use super::{
    ask::ask,
    error::BackendError,
    kept::{Kept, Stored},
    lease::Note,
    renewal::Renewals,
    token::{BackendToken, is_same},
    work::Work,
};
use crate::{
    log_throttle::log_seldom,
    protocol::secret::AccessToken,
    runtime::{
        Runtime,
        single_flight::{Joined, SingleFlight, Waiter},
    },
    store::{Patience, StoreError, ValueKey},
    time::Timestamp,
};

/// How often one that waits for another process looks again.
const LOOK: Duration = Duration::from_millis(200);
/// How long one waits for another process beyond the time that a signer and the EHR have: that one may have died.
const BEYOND: Duration = Duration::from_secs(20);
/// How long a store that does not answer is asked again.
const STORE: Duration = Duration::from_secs(2);
/// How old a token has to be for another one to be asked for because it was refused: a server that refuses them all must not
/// have a token request with each.
const PACE: Duration = Duration::from_secs(10);

/// The tokens of all registrations. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(super) struct Tokens {
    runtime: Arc<Runtime>,
    running: SingleFlight<ValueKey, Outcome>,
    /// What this process has seen last.
    known: Arc<Mutex<HashMap<ValueKey, BackendToken>>>,
    renewals: Renewals,
}

/// Which token will do.
#[derive(Clone)]
pub(super) enum Wanted {
    /// Any that is not due for renewal.
    Fresh,
    /// Any but this one, which was refused.
    OtherThan(AccessToken),
}

pub(super) type Outcome = Result<BackendToken, BackendError>;

impl Tokens {
    pub(super) fn new(runtime: Arc<Runtime>) -> Self {
        Self {
            runtime,
            running: SingleFlight::default(),
            known: Arc::default(),
            renewals: Renewals::default(),
        }
    }

    /// The token. One that is due and still good is handed out at once, and renewed meanwhile.
    pub(super) async fn obtain(&self, work: Work, wanted: Wanted) -> Outcome {
        let now = self.runtime.now();
        if let Some(known) = self.known(work.key) {
            if wanted.is_met_by(&known, now) {
                return Ok(known);
            }
            if matches!(wanted, Wanted::Fresh) && known.is_usable(now) {
                drop(self.join(work, wanted));
                return Ok(known);
            }
        }
        let token = self.outcome_of(work.clone(), wanted.clone()).await?;
        // What was under way when this joined was for others: who had not seen it refused, or who came when it was still good.
        if wanted.would_take(&token, self.runtime.now()) {
            return Ok(token);
        }
        self.outcome_of(work, wanted).await
    }

    pub(super) async fn outcome_of(&self, work: Work, wanted: Wanted) -> Outcome {
        let outcome = self.join(work, wanted).result().await;
        outcome.unwrap_or(Err(BackendError::ShuttingDown))
    }

    fn join(&self, work: Work, wanted: Wanted) -> Waiter<Outcome> {
        let (leader, waiter) = match self.running.join(work.key) {
            Joined::Waiter(waiter) => return waiter,
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let span = tracing::info_span!("smart.backend", ehr = work.ehr.key(), outcome = Empty);
        let tokens = self.clone();
        let leading = async move {
            let outcome = tokens.run(&work, &wanted).await;
            let name = outcome.as_ref().map_or_else(|error| error.name(), |_| "token");
            Span::current().record("outcome", name);
            if let Ok(token) = &outcome {
                tokens.remember(work.key, token);
            }
            leader.complete(outcome);
            tokens.renewals.begin(&tokens, &work);
        };
        // Not awaited: the token is for all, not for the request that happened to want it first.
        drop(self.runtime.engine.spawn("backend token", leading.instrument(span)));
        waiter
    }

    async fn run(&self, work: &Work, wanted: &Wanted) -> Outcome {
        let runtime = &*self.runtime;
        let own: [u8; 16] = rand::random();
        let (began, longest) = (
            Instant::now(),
            runtime.settings.tokens.deadline + runtime.settings.signer_timeout + BEYOND,
        );
        let mut patience = Patience::of(STORE);
        while began.elapsed() < longest {
            let stored = self.load(work.key).await?;
            let now = runtime.now();
            if let Some(settled) = settled(&stored.kept, wanted, now) {
                return settled;
            }
            if stored.kept.is_asked_for_by_another(own, now) {
                match usable(&stored.kept, wanted, now) {
                    Some(usable) => return Ok(usable),
                    None => sleep(LOOK).await,
                }
                continue;
            }
            match Note::write(runtime, work.key, own, stored.clone()).await {
                Ok(Some(note)) => return self.ask_and_keep(work, wanted, note).await,
                // Somebody has written meanwhile.
                Ok(None) => {}
                // The store may have done it, and says so when it is asked again.
                Err(_) if patience.allows_another().await => {}
                Err(error) => return usable(&stored.kept, wanted, now).ok_or_else(|| self.without_store(error)),
            }
        }
        Err(BackendError::NotInTime)
    }

    async fn ask_and_keep(&self, work: &Work, wanted: &Wanted, mut note: Note<'_>) -> Outcome {
        let answer = note.held_during(ask(&self.runtime, work)).await;
        if let Ok(token) = &answer {
            // Those who ask in this process need not wait for the store.
            self.remember(work.key, token);
        }
        let outcome = match &answer {
            Ok(token) => Ok(token.clone()),
            Err(unanswered) => {
                let usable = usable(note.kept(), wanted, self.runtime.now());
                usable.ok_or_else(|| note.failed(unanswered))
            }
        };
        note.answered(&answer).await;
        outcome
    }

    async fn load(&self, key: ValueKey) -> Result<Stored, BackendError> {
        let mut patience = Patience::of(STORE);
        loop {
            match Stored::load(&self.runtime, key).await {
                Ok(stored) => return Ok(stored),
                Err(_) if patience.allows_another().await => {}
                Err(error) => return Err(self.without_store(error)),
            }
        }
    }

    fn without_store(&self, error: StoreError) -> BackendError {
        log_seldom!(self.runtime, warn, %error, "a backend token could not be looked up in the token store");
        BackendError::StoreUnavailable
    }

    pub(super) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    pub(super) fn known(&self, key: ValueKey) -> Option<BackendToken> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key).cloned()
    }

    fn remember(&self, key: ValueKey, token: &BackendToken) {
        let now = self.runtime.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= known.capacity() {
            known.retain(|_, token| token.is_usable(now));
        }
        known.insert(key, token.clone());
    }
}

impl Wanted {
    /// Whether there is nothing to ask for.
    fn is_met_by(&self, token: &BackendToken, now: Timestamp) -> bool {
        match self {
            Self::Fresh => !token.is_due(now),
            Self::OtherThan(_) => self.would_take(token, now),
        }
    }

    /// Whether it is good enough while there is no newer one.
    fn would_take(&self, token: &BackendToken, now: Timestamp) -> bool {
        token.is_usable(now)
            && match self {
                Self::Fresh => true,
                Self::OtherThan(refused) => !is_same(token.access_token(), refused),
            }
    }
}

/// What there is to say without asking the EHR.
fn settled(kept: &Kept, wanted: &Wanted, now: Timestamp) -> Option<Outcome> {
    let usable = usable(kept, wanted, now);
    if let Some(token) = &kept.token {
        let is_too_early = match wanted {
            Wanted::Fresh => false,
            // Nothing else is to be had so soon; the caller sees that it is the same.
            Wanted::OtherThan(refused) => {
                is_same(token.access_token(), refused) && now.saturating_since(token.requested_at) < PACE
            }
        };
        if is_too_early || wanted.is_met_by(token, now) {
            return Some(Ok(token.clone()));
        }
    }
    let failure = kept.failure.filter(|failure| now < failure.until)?;
    Some(usable.ok_or(BackendError::NoToken {
        failure: failure.what,
        retry_after: failure.until.saturating_since(now),
    }))
}

/// The token that is kept, where it is good enough while there is no newer one.
fn usable(kept: &Kept, wanted: &Wanted, now: Timestamp) -> Option<BackendToken> {
    kept.token.clone().filter(|token| wanted.would_take(token, now))
}
