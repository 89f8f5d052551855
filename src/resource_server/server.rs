//! The checks of callers' tokens: [`ResourceServer`].

use std::{fmt, sync::Arc};

use super::{
    answers::{Bad, Known, TokenDigest},
    error::{CallerTokenError, CallerTokenErrorKind as Kind},
    failed::{AGAIN, Failed},
    judge::judge,
    not_checked::NotChecked,
    servers::ResourceServers,
    token::CallerToken,
};
use crate::{
    log_throttle::log_seldom,
    protocol::{
        bearer::{bearer_token, is_token},
        secret::AccessToken,
    },
};

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

impl ResourceServer {
    /// The one for the EHR with this address, which is looked up at each check.
    pub(super) fn of(shared: &Arc<ResourceServers>, fhir_base_url: &str) -> Self {
        Self {
            shared: Arc::clone(shared),
            ehr: fhir_base_url.into(),
        }
    }

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
        let (shared, runtime) = (&self.shared, self.shared.runtime());
        let ehr = runtime.ehr_of_record(&self.ehr).await?;
        let rules = ehr.caller_tokens().ok_or(Kind::NotAResourceServer)?;
        let digest = TokenDigest::of(ehr.key(), ehr.client_id(), token);
        let said = match shared.known(&ehr, digest) {
            (Known::Good(said), _) => said,
            (Known::Bad(Bad::Inactive), _) => return Err(Kind::Inactive),
            (Known::Bad(Bad::Failed(cause)), _) => return Err(not_checked(Failed::unasked(cause, AGAIN))),
            (Known::Stranger, Some(wait)) => return Err(not_checked(Failed::unasked(NotChecked::Flood, wait))),
            (Known::Formerly, _) | (Known::Stranger, None) => {
                let waiter = shared.join(Arc::clone(&ehr), token.clone(), digest);
                let outcome = waiter.result().await;
                let said = outcome
                    .unwrap_or(Err(Failed::unasked(NotChecked::ShuttingDown, AGAIN)))
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
            Kind::NotChecked { .. } => log_seldom!(self.shared.runtime(), warn, ehr = ehr, "{kind}"),
            Kind::NotAResourceServer | Kind::Ehr(_) => log_seldom!(self.shared.runtime(), error, ehr = ehr, "{kind}"),
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

const fn not_checked(failed: Failed) -> Kind {
    Kind::NotChecked {
        cause: failed.cause,
        retry_after: failed.retry_after,
    }
}
