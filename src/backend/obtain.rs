//! One token for all callers: from this process's memory, from the store, or from the EHR.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};
use tracing::{Instrument as _, Span, field::Empty};

use super::{
    ask::{Unanswered, ask},
    error::BackendError,
    kept::{Asker, Kept, Stored},
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
        asking::{BEYOND, LOOK, STORE},
        single_flight::{Joined, Leader, SingleFlight, Waiter},
    },
    store::{Patience, StoreError, ValueKey},
    time::Timestamp,
};

/// How long callers wait for the store once the EHR has answered.
const SAVING: Duration = Duration::from_secs(1);
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
    /// What notes of this process are signed with.
    process: [u8; 16],
}

/// What came of it, and what other processes do not know yet.
struct Ran<'a> {
    outcome: Outcome,
    unsaved: Option<(Note<'a>, Result<BackendToken, Unanswered>)>,
}

/// Whether the work was begun for this caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leader,
    Waiter,
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
            process: rand::random(),
        }
    }

    /// The token. One that is due and still good is handed out at once, and renewed meanwhile.
    pub(super) async fn obtain(&self, work: Work, wanted: Wanted) -> Outcome {
        let now = self.runtime.now();
        self.renewals.asked_for(work.key, now);
        if let Some(known) = self.known(work.key) {
            if wanted.is_met_by(&known, now) {
                return Ok(known);
            }
            if matches!(wanted, Wanted::Fresh) && known.is_usable(now) {
                drop(self.join(work, wanted));
                return Ok(known);
            }
        }
        let (waiter, role) = self.join(work.clone(), wanted.clone());
        let token = self.told(waiter).await?;
        // What was under way when this joined was for others: who had not seen it refused, or who came when it was still good.
        // One's own answer is not asked for once more: a token that is over when it comes would cost two requests each time.
        if role == Role::Leader || wanted.would_take(&token, self.runtime.now()) {
            return Ok(token);
        }
        self.told(self.join(work, wanted).0).await
    }

    pub(super) async fn outcome_of(&self, work: Work, wanted: Wanted) -> Outcome {
        self.told(self.join(work, wanted).0).await
    }

    async fn told(&self, waiter: Waiter<Outcome>) -> Outcome {
        waiter.result().await.unwrap_or_else(|| {
            Err(match self.runtime.engine.takes_work() {
                true => BackendError::Interrupted,
                false => BackendError::ShuttingDown,
            })
        })
    }

    fn join(&self, work: Work, wanted: Wanted) -> (Waiter<Outcome>, Role) {
        let (leader, waiter) = match self.running.join(work.key) {
            Joined::Waiter(waiter) => return (waiter, Role::Waiter),
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let span = tracing::info_span!("smart.backend", ehr = work.ehr.key(), outcome = Empty);
        let tokens = self.clone();
        let leading = async move {
            let Ran { outcome, unsaved } = tokens.run(&work, &wanted).await;
            let name = outcome.as_ref().map_or_else(|error| error.name(), |_| "token");
            Span::current().record("outcome", name);
            if let Ok(token) = &outcome {
                tokens.remember(work.key, token);
            }
            tokens.renewals.begin(&tokens, &work);
            let Some((note, answer)) = unsaved else {
                return Some((leader, outcome));
            };
            let mut saving = pin!(note.answered(&answer));
            // A process that has its token may end at once, and the others would wait for it. But nobody waits long for a store that
            // is away.
            if timeout(SAVING, saving.as_mut()).await.is_ok() {
                return Some((leader, outcome));
            }
            leader.complete(outcome);
            saving.await;
            None
        };
        let tell = |told: Option<(Leader<ValueKey, Outcome>, Outcome)>| {
            if let Some((leader, outcome)) = told {
                leader.complete(outcome);
            }
        };
        // Not awaited: the token is for all, not for the request that happened to want it first.
        let leading = leading.instrument(span);
        self.runtime.engine.spawn_then("backend token", leading, tell);
        (waiter, Role::Leader)
    }

    async fn run(&self, work: &Work, wanted: &Wanted) -> Ran<'_> {
        match self.note(work, wanted).await {
            Ok(note) => self.ask(work, wanted, note).await,
            Err(outcome) => Ran { outcome, unsaved: None },
        }
    }

    /// The note that this process asks the EHR; or what there is to say without asking.
    async fn note(&self, work: &Work, wanted: &Wanted) -> Result<Note<'_>, Outcome> {
        let runtime = &*self.runtime;
        let asker = Asker {
            process: self.process,
            credentials: work.ehr.credentials().fingerprint(),
        };
        let (began, longest) = (
            Instant::now(),
            runtime.settings.tokens.deadline + runtime.settings.signer_timeout + BEYOND,
        );
        let mut patience = Patience::of(STORE);
        while began.elapsed() < longest {
            let stored = self.load(work.key).await.map_err(Err)?;
            let now = runtime.now();
            if let Some(settled) = settled(&stored.kept, wanted, &asker, now) {
                return Err(settled);
            }
            if stored.kept.is_asked_for_by_another(asker.process, now) {
                match usable(&stored.kept, wanted, now) {
                    Some(usable) => return Err(Ok(usable)),
                    None => sleep(LOOK).await,
                }
                continue;
            }
            let error = match Note::write(runtime, work.key, asker, stored.clone()).await {
                Ok(Some(note)) => return Ok(note),
                // Somebody has written meanwhile. Nobody writes many times in a row.
                Ok(None) => StoreError::Unavailable,
                // The store may have done it, and says so when it is asked again.
                Err(error) => error,
            };
            if let Some(usable) = usable(&stored.kept, wanted, now) {
                return Err(Ok(usable));
            }
            if !patience.allows_another().await {
                return Err(Err(self.without_store(error)));
            }
        }
        Err(Err(BackendError::NotInTime))
    }

    async fn ask<'a>(&'a self, work: &Work, wanted: &Wanted, mut note: Note<'a>) -> Ran<'a> {
        let answer = note.held_during(ask(&self.runtime, work)).await;
        let outcome = match &answer {
            Ok(token) => Ok(token.clone()),
            Err(unanswered) => {
                let usable = usable(note.kept(), wanted, self.runtime.now());
                usable.ok_or_else(|| note.failed(unanswered))
            }
        };
        Ran {
            outcome,
            unsaved: Some((note, answer)),
        }
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
fn settled(kept: &Kept, wanted: &Wanted, asker: &Asker, now: Timestamp) -> Option<Outcome> {
    let usable = usable(kept, wanted, now);
    if let Some(token) = &kept.token {
        let is_too_early = match wanted {
            Wanted::Fresh => false,
            // Nothing else can be obtained so soon; the caller sees that it is the same.
            Wanted::OtherThan(refused) => is_same(token.access_token(), refused) && token.is_younger_than(PACE, now),
        };
        if is_too_early || wanted.is_met_by(token, now) {
            return Some(Ok(token.clone()));
        }
    }
    let failure = kept
        .failure
        .filter(|failure| failure.concerns(asker) && failure.holds(now))?;
    Some(usable.ok_or(BackendError::NoToken {
        failure: failure.what,
        retry_after: failure.until.saturating_since(now),
    }))
}

/// The token that is kept, where it is good enough while there is no newer one.
fn usable(kept: &Kept, wanted: &Wanted, now: Timestamp) -> Option<BackendToken> {
    kept.token.clone().filter(|token| wanted.would_take(token, now))
}
