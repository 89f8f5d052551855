//! What all resource servers of a configuration work with: [`ResourceServers`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

#[cfg(feature = "actix")]
use super::error::{CallerTokenError, CallerTokenErrorKind as Kind};
use super::{
    answers::{Answers, Bad, Known, TokenDigest},
    ask::Asked,
    failed::{AGAIN, Failed, Server},
    never_good::NeverGood,
    not_checked::NotChecked,
    pauses::{About, LeftAlone, Pauses, Turn},
    server::ResourceServer,
};
use crate::{
    backend::Backends,
    config::Ehr,
    log_throttle::log_seldom,
    protocol::{introspection::Introspection, secret::AccessToken},
    runtime::{
        Runtime,
        places::Busy,
        single_flight::{Joined, SingleFlight, Waiter},
    },
    time::Timestamp,
};

/// Made once per configuration.
pub(crate) struct ResourceServers {
    runtime: Arc<Runtime>,
    backends: Arc<Backends>,
    running: SingleFlight<TokenDigest, Outcome>,
    /// By FHIR base URL.
    here: Mutex<HashMap<String, Here>>,
}

/// What is known of one server.
#[derive(Default)]
struct Here {
    answers: Answers,
    pauses: Pauses,
    never_good: NeverGood,
}

/// The right to ask, which is given back however the question ends.
struct Asking<'a> {
    shared: &'a ResourceServers,
    ehr: &'a str,
    token: TokenDigest,
    about: About,
    turn: Turn,
}

pub(super) type Outcome = Result<Arc<Introspection>, Failed>;

impl ResourceServers {
    pub(crate) fn new(runtime: Arc<Runtime>, backends: Arc<Backends>) -> Self {
        Self {
            runtime,
            backends,
            running: SingleFlight::default(),
            here: Mutex::default(),
        }
    }

    /// The one for the EHR with this address, which is looked up at each check.
    pub(crate) fn server(self: &Arc<Self>, fhir_base_url: &str) -> ResourceServer {
        ResourceServer::of(self, fhir_base_url)
    }

    /// The one for the only EHR of the configuration with callers' tokens.
    #[cfg(feature = "actix")]
    pub(crate) fn only(self: &Arc<Self>) -> Result<ResourceServer, CallerTokenError> {
        let listed = self.runtime.registrations.listed();
        let mut with_callers = listed.iter().filter(|ehr| ehr.caller_tokens().is_some());
        match (with_callers.next(), with_callers.next()) {
            (Some(ehr), None) => Ok(self.server(ehr.key())),
            (Some(_), Some(_)) => Err(CallerTokenError::new(Kind::Several)),
            (None, _) => Err(CallerTokenError::new(Kind::NotAResourceServer)),
        }
    }

    pub(super) const fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// What is known of a token, and how long strangers have to wait.
    pub(super) fn known(&self, ehr: &Ehr, token: TokenDigest) -> (Known, Option<Duration>) {
        let (here, now) = (self.here(), self.runtime.steady());
        here.get(ehr.key()).map_or((Known::Stranger, None), |here| {
            (here.answers.of(token, now), here.answers.flood(now))
        })
    }

    /// Has the server asked, once for all who have the same token at the same time.
    pub(super) fn join(self: &Arc<Self>, ehr: Arc<Ehr>, token: AccessToken, digest: TokenDigest) -> Waiter<Outcome> {
        let (leader, waiter) = match self.running.join(digest) {
            Joined::Waiter(waiter) => return waiter,
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let shared = Arc::clone(self);
        // Not awaited: a caller that goes takes the answer from nobody.
        let asking = async move { shared.ask(&ehr, &token, digest).await };
        let tell = move |outcome| leader.complete(outcome);
        self.runtime
            .engine
            .spawn_then("introspection of a caller's token", asking, tell);
        waiter
    }

    async fn ask(&self, ehr: &Ehr, token: &AccessToken, digest: TokenDigest) -> Outcome {
        let Some(rules) = ehr.caller_tokens() else {
            return Err(Failed::unasked(NotChecked::NoEndpoint, AGAIN));
        };
        let about = self.about(ehr, digest);
        // First of all: callers come faster than metadata, and than a token of the application's own.
        let place = self.runtime.places.take(ehr.desk(), about.place()).await;
        let place = place.map_err(|Busy { retry_after }| Failed::unasked(NotChecked::Busy, retry_after))?;
        // With the place in hand: those who waited for one while the server hung must not wait for the server as well.
        let asking = self.turn(ehr.key(), digest, about)?;
        let asked = Asked {
            ehr,
            rules,
            token,
            place: &place,
            backend: self.backends.client(ehr.key()),
        };
        let outcome = asking.ended(asked.ask(&self.runtime).await.map(Arc::new));
        let now = self.runtime.steady();
        let mut all = self.here();
        let here = all.entry(ehr.key().to_owned()).or_default();
        match &outcome {
            Ok(said) if said.active() => {
                here.never_good.good();
                here.answers.good(digest, said, rules.kept_for, now);
            }
            Ok(_) => {
                let is_to_be_said = here.answers.is_new(digest) && here.never_good.refused();
                here.answers.bad(digest, Bad::Inactive, now);
                drop(all);
                if is_to_be_said {
                    self.say_never_good(ehr);
                }
            }
            // What begins a pause is answered by that.
            Err(failed) if matches!(failed.server, Server::Answers | Server::IsTroubled) => {
                here.answers.bad(digest, Bad::Failed(failed.cause), now);
            }
            Err(_) => {}
        }
        outcome
    }

    fn about(&self, ehr: &Ehr, token: TokenDigest) -> About {
        let here = self.here();
        here.get(ehr.key())
            .map_or(About::Stranger, |here| here.answers.about(token))
    }

    fn turn<'a>(&'a self, ehr: &'a str, token: TokenDigest, about: About) -> Result<Asking<'a>, Failed> {
        let (mut all, now) = (self.here(), self.runtime.steady());
        let turn = all
            .get_mut(ehr)
            .map_or(Ok(Turn::Usual), |here| here.turn(token, about, now))?;
        Ok(Asking {
            shared: self,
            ehr,
            token,
            about,
            turn,
        })
    }

    fn answered(&self, asking: &Asking<'_>, failed: Option<&Failed>) -> Option<LeftAlone> {
        let (mut all, now) = (self.here(), self.runtime.steady());
        let here = all.entry(asking.ehr.to_owned()).or_default();
        let left_alone = here.pauses.answered(asking.about, asking.turn, failed, now);
        // Patience is asked for because of all questions together.
        let is_stuck = failed.is_some_and(|failed| matches!(failed.server, Server::Hangs | Server::IsTroubled));
        if left_alone.is_some() && is_stuck {
            here.answers.stuck(asking.token, now);
        }
        left_alone
    }

    fn say_never_good(&self, ehr: &Ehr) {
        log_seldom!(
            self.runtime,
            warn,
            ehr = ehr.key(),
            client_id = ehr.client_id(),
            "no caller's token was good since the start, and several were refused: see that the callers' tokens are of this server, and that \
             this client is registered there as a resource server, with these credentials; a server may call every token inactive where it \
             is not. The preflight looks at that"
        );
    }

    fn here(&self) -> MutexGuard<'_, HashMap<String, Here>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Here {
    /// How the server may be asked now.
    fn turn(&mut self, token: TokenDigest, about: About, now: Timestamp) -> Result<Turn, Failed> {
        // Once more: hundreds may have waited for their places since the flood began.
        if let (Known::Stranger, Some(wait)) = (self.answers.of(token, now), self.answers.flood(now)) {
            return Err(Failed::unasked(NotChecked::Flood, wait));
        }
        self.pauses.turn(about, now)
    }
}

impl Asking<'_> {
    /// What came of it, with the time for which nobody else is asked about.
    fn ended(mut self, mut outcome: Outcome) -> Outcome {
        let left_alone = self.shared.answered(&self, outcome.as_ref().err());
        self.turn = Turn::Usual;
        if let (Err(failed), Some(LeftAlone { time, is_new })) = (&mut outcome, left_alone) {
            failed.retry_after = time;
            if is_new {
                log_seldom!(
                    self.shared.runtime,
                    warn,
                    ehr = self.ehr,
                    seconds = time.as_secs(),
                    "the EHR is not asked about callers' tokens for some seconds: {}",
                    failed.cause
                );
            }
        }
        outcome
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        // Broken off. The next one sees whether the server answers again.
        if self.turn == Turn::Probe {
            let broken_off = Failed::unasked(NotChecked::ShuttingDown, AGAIN);
            self.shared.answered(self, Some(&broken_off));
        }
    }
}
