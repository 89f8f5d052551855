//! The checks of callers' tokens: [`ResourceServer`].

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    answers::{Answers, Bad, Known, TokenDigest},
    ask::{Asked, Failed},
    error::{CallerTokenError, CallerTokenErrorKind as Kind},
    not_checked::NotChecked,
    token::CallerToken,
};
use crate::{
    backend::Backends,
    config::{CheckedCallerTokens, Ehr},
    log_throttle::log_seldom,
    protocol::{
        bearer::{bearer_token, is_token},
        id_token::CLOCK_TOLERANCE,
        introspection::Introspection,
        secret::AccessToken,
    },
    runtime::{
        Runtime,
        places::PlaceKind,
        single_flight::{Joined, SingleFlight, Waiter},
    },
};

/// When a failure that was just seen is worth being asked about again.
const AGAIN: Duration = Duration::from_secs(1);

/// The application as a resource server for the tokens of one EHR's authorization server
/// ([`SmartConfig::resource_server`](crate::SmartConfig::resource_server)). Cheap to clone; all of one EHR share what they know.
///
/// Handlers take a [`CallerToken`]. Where several EHRs have [`caller_tokens`](crate::EhrBuilder::caller_tokens), a route says by
/// `app_data` whose tokens it takes; a token is never tried at one after the other.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{SmartAuth, SmartConfig, resource_server::CallerToken};
/// use actix_web::{App, web};
///
/// # fn of(config: SmartConfig) {
/// let north = config.resource_server("https://north.example/fhir");
/// let app = App::new()
///     .service(web::scope("/north").app_data(north).route("/results", web::get().to(results)))
///     .wrap(SmartAuth::new(config));
/// # let _ = app;
/// # }
/// async fn results(caller: CallerToken) -> String {
///     caller.scopes().to_string()
/// }
/// ```
#[derive(Clone)]
pub struct ResourceServer {
    shared: Arc<ResourceServers>,
    /// A FHIR base URL.
    ehr: Arc<str>,
}

/// What all of them work with: made once per configuration.
pub(crate) struct ResourceServers {
    runtime: Arc<Runtime>,
    backends: Arc<Backends>,
    running: SingleFlight<TokenDigest, Outcome>,
    /// By FHIR base URL.
    answers: Mutex<HashMap<String, Answers>>,
}

type Outcome = Result<Arc<Introspection>, Failed>;

impl ResourceServers {
    pub(crate) fn new(runtime: Arc<Runtime>, backends: Arc<Backends>) -> Self {
        Self {
            runtime,
            backends,
            running: SingleFlight::default(),
            answers: Mutex::default(),
        }
    }

    /// The one for the EHR with this address, which is looked up at each check.
    pub(crate) fn server(self: &Arc<Self>, fhir_base_url: &str) -> ResourceServer {
        ResourceServer {
            shared: Arc::clone(self),
            ehr: fhir_base_url.into(),
        }
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

    fn answers(&self) -> MutexGuard<'_, HashMap<String, Answers>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, ehr: &Ehr, token: TokenDigest) -> (Known, Option<Duration>) {
        let (answers, now) = (self.answers(), self.runtime.steady());
        let here = answers.get(ehr.key());
        here.map_or((Known::Stranger, None), |here| (here.of(token, now), here.flood(now)))
    }

    /// Has the server asked, once for all who have the same token at the same time.
    fn join(
        self: &Arc<Self>,
        ehr: Arc<Ehr>,
        token: AccessToken,
        digest: TokenDigest,
        place: PlaceKind,
    ) -> Waiter<Outcome> {
        let (leader, waiter) = match self.running.join(digest) {
            Joined::Waiter(waiter) => return waiter,
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let shared = Arc::clone(self);
        // Not awaited: a caller that goes takes the answer from nobody.
        drop(
            self.runtime
                .engine
                .spawn("introspection of a caller's token", async move {
                    let outcome = shared.ask(&ehr, &token, digest, place).await;
                    leader.complete(outcome);
                }),
        );
        waiter
    }

    async fn ask(&self, ehr: &Ehr, token: &AccessToken, digest: TokenDigest, place: PlaceKind) -> Outcome {
        let Some(rules) = ehr.caller_tokens() else {
            return Err((NotChecked::NoEndpoint, AGAIN));
        };
        let backend = self.backends.client(ehr.key());
        let asked = Asked {
            ehr,
            rules,
            token,
            place,
            backend,
        };
        let outcome = asked.ask(&self.runtime).await.map(Arc::new);
        let now = self.runtime.steady();
        let mut answers = self.answers();
        let here = answers.entry(ehr.key().to_owned()).or_default();
        match &outcome {
            Ok(said) if said.active() => here.good(digest, said, rules.kept_for, now),
            Ok(_) => here.bad(digest, Bad::Inactive, now),
            Err((cause, _)) if cause.is_an_answer() => here.bad(digest, Bad::Failed(*cause), now),
            Err(_) => {}
        }
        outcome
    }
}

impl ResourceServer {
    /// The FHIR base URL of the EHR, as it was given.
    #[must_use]
    pub fn fhir_base_url(&self) -> &str {
        &self.ehr
    }

    /// Checks the token in the values of a request's `Authorization` headers: exactly one, of the scheme `Bearer` in any case.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); also [`NoToken`](Kind::NoToken) and [`Repeated`](Kind::Repeated).
    pub async fn check_authorization<'a>(
        &self,
        headers: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<CallerToken, CallerTokenError> {
        match bearer_token(headers) {
            Ok(token) => self.check(&token).await,
            Err(problem) => Err(self.refused(problem.into())),
        }
    }

    /// Checks a token: asks the server, or takes what it said a short time ago.
    ///
    /// # Errors
    ///
    /// [`CallerTokenError`]. That the server could not be asked ([`NotChecked`](Kind::NotChecked)) says nothing against the token.
    pub async fn check(&self, token: &AccessToken) -> Result<CallerToken, CallerTokenError> {
        let checked = self.checked(token).await;
        checked.map_err(|kind| {
            self.tell(&kind);
            self.refused(kind)
        })
    }

    async fn checked(&self, token: &AccessToken) -> Result<CallerToken, Kind> {
        if !is_token(token.expose_secret()) {
            return Err(Kind::Malformed);
        }
        let (shared, runtime) = (&self.shared, &self.shared.runtime);
        let ehr = runtime.ehr_of_record(&self.ehr).await?;
        let rules = ehr.caller_tokens().ok_or(Kind::NotAResourceServer)?;
        let digest = TokenDigest::of(ehr.key(), ehr.client_id(), token);
        let said = match shared.known(&ehr, digest) {
            (Known::Good(said), _) => said,
            (Known::Bad(Bad::Inactive), _) => return Err(Kind::Inactive),
            (Known::Bad(Bad::Failed(cause)), _) => return Err(not_checked((cause, AGAIN))),
            (Known::Stranger, Some(wait)) => return Err(not_checked((NotChecked::Flood, wait))),
            (known, _) => {
                let place = match known {
                    Known::Formerly => PlaceKind::Introspection,
                    _ => PlaceKind::CallerToken,
                };
                let waiter = shared.join(Arc::clone(&ehr), token.clone(), digest, place);
                let outcome = waiter.result().await;
                let said = outcome
                    .unwrap_or(Err((NotChecked::ShuttingDown, AGAIN)))
                    .map_err(not_checked)?;
                if said.active() && said.expires_at().is_some_and(|end| runtime.wall_clock() >= end) {
                    log_seldom!(
                        runtime,
                        warn,
                        ehr = ehr.key(),
                        "the EHR calls a caller's token good that has run out by this machine's clock; set the clock (NTP)"
                    );
                }
                said
            }
        };
        judge(runtime, &ehr, rules, &said)?;
        Ok(CallerToken::new(&self.ehr, said))
    }

    fn refused(&self, kind: Kind) -> CallerTokenError {
        CallerTokenError::at(kind, &self.ehr)
    }

    /// Says in the log why a caller was turned away. Strangers can cause that as often as they like.
    fn tell(&self, kind: &Kind) {
        let ehr = &*self.ehr;
        match kind {
            Kind::NotChecked { cause, .. } if cause.is_told() => {
                tracing::debug!(ehr, "a caller was turned away: {kind}")
            }
            Kind::NotChecked { .. } => log_seldom!(self.shared.runtime, warn, ehr = ehr, "{kind}"),
            Kind::NotAResourceServer | Kind::Ehr(_) => log_seldom!(self.shared.runtime, error, ehr = ehr, "{kind}"),
            _ => tracing::debug!(ehr, "a caller was turned away: {kind}"),
        }
    }
}

impl fmt::Debug for ResourceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceServer")
            .field("ehr", &self.ehr)
            .finish_non_exhaustive()
    }
}

const fn not_checked((cause, retry_after): Failed) -> Kind {
    Kind::NotChecked { cause, retry_after }
}

/// Whether a token that the server calls good, or called so a short time ago, is good here and now.
fn judge(runtime: &Runtime, ehr: &Ehr, rules: &CheckedCallerTokens, said: &Introspection) -> Result<(), Kind> {
    if !said.active() {
        return Err(Kind::Inactive);
    }
    let now = runtime.wall_clock();
    if said.expires_at().is_some_and(|end| now >= end) {
        return Err(Kind::Expired);
    }
    // The server has looked at it by its own clock, which may be ahead by so much.
    if said
        .not_before()
        .is_some_and(|start| now.saturating_add(CLOCK_TOLERANCE) < start)
    {
        return Err(Kind::NotYet);
    }
    if rules.issuer.is_some() && said.issuer() != rules.issuer.as_deref() {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr.key(),
            "a caller's token is by another issuer than `CallerTokens::issuer`, or the EHR does not say by whom"
        );
        return Err(Kind::OtherIssuer);
    }
    if let Some(own) = &rules.audience
        && !said.audiences().contains(own)
    {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr.key(),
            "a caller's token is for another audience than `CallerTokens::audience`, or the EHR does not say for whom"
        );
        return Err(Kind::OtherAudience);
    }
    Ok(())
}
