//! `on_launch`: the application's word before a launch opens.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use super::builder::SmartConfigBuilder;

use crate::{
    config::Ehr,
    protocol::{
        id_token::{FhirUserReference, IdTokenClaims},
        launch_context::LaunchContext,
        return_to::ReturnTo,
        scope::Scopes,
        token::TokenSet,
    },
    store::LaunchKind,
};

/// A launch that is about to open: what `on_launch` gets to look at.
///
/// Nothing is stored yet, and the browser has nothing. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Launched {
    pub(crate) ehr: Arc<Ehr>,
    pub(crate) aud: Arc<str>,
    pub(crate) kind: LaunchKind,
    pub(crate) requested: Arc<Scopes>,
    pub(crate) tokens: Arc<TokenSet>,
    pub(crate) identity: Option<IdTokenClaims>,
}

impl Launched {
    /// The EHR registration.
    #[must_use]
    pub fn ehr(&self) -> &Ehr {
        &self.ehr
    }

    /// The FHIR base URL that the access token is for.
    #[must_use]
    pub fn fhir_base_url(&self) -> &str {
        &self.aud
    }

    /// Whether it began in the EHR or in the application.
    #[must_use]
    pub const fn kind(&self) -> LaunchKind {
        self.kind
    }

    /// Patient, encounter and the rest of the context.
    #[must_use]
    pub fn launch_context(&self) -> &LaunchContext {
        self.tokens.context()
    }

    /// The granted scopes.
    #[must_use]
    pub fn granted_scopes(&self) -> &Scopes {
        self.tokens.granted_scopes()
    }

    /// The scopes that were requested.
    #[must_use]
    pub fn requested_scopes(&self) -> &Scopes {
        &self.requested
    }

    /// The requested scopes that the granted ones do not cover ([`Scopes::covers`]). `launch`, `openid` and the like may
    /// be among them although the EHR gave what they ask for.
    #[must_use]
    pub fn denied_scopes(&self) -> Scopes {
        self.granted_scopes().uncovered(&self.requested)
    }

    /// Who signed in: the claims of the verified id token. `None` when there is none, which the policy of the
    /// registration ([`IdTokenPolicy`](crate::IdTokenPolicy)) allows then.
    #[must_use]
    pub const fn id_token_claims(&self) -> Option<&IdTokenClaims> {
        self.identity.as_ref()
    }

    /// Who signed in, as a FHIR resource. `None` when the EHR did not say.
    #[must_use]
    pub fn fhir_user(&self) -> Option<&FhirUserReference> {
        self.id_token_claims()?.fhir_user()
    }

    /// The tokens, for a look at the FHIR server before the launch opens.
    #[must_use]
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }
}

/// Where a launch lands: the answer of `on_launch`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LandAt {
    /// Where the browser wanted to go, else the landing page.
    #[default]
    Default,
    /// A path of the application, below the launch segment, for example `/labs`.
    Path(ReturnTo),
}

/// The application's no: the person gets a 403 page, the tokens are dropped, and revoked in the background where the EHR
/// has an endpoint for it (RFC 7009).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refuse {
    pub(crate) message: Option<String>,
}

impl Refuse {
    /// A refusal with the standard words.
    #[must_use]
    pub const fn new() -> Self {
        Self { message: None }
    }

    /// A refusal with a sentence for the person, for example "Ask the front desk for an account."
    #[must_use]
    pub fn because(message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
        }
    }
}

type HookFuture = Pin<Box<dyn Future<Output = Result<LandAt, Refuse>> + Send>>;

/// The application's hook.
#[derive(Clone)]
pub(crate) struct LaunchHook(Arc<dyn Fn(Launched) -> HookFuture + Send + Sync>);

impl LaunchHook {
    pub(crate) fn new<F, Fut>(hook: F) -> Self
    where
        F: Fn(Launched) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<LandAt, Refuse>> + Send + 'static,
    {
        Self(Arc::new(move |launched| Box::pin(hook(launched))))
    }

    pub(crate) fn call(&self, launched: Launched) -> HookFuture {
        (self.0)(launched)
    }
}

impl fmt::Debug for LaunchHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaunchHook")
    }
}

/// The application's word before a launch opens.
impl SmartConfigBuilder {
    /// The application's word before a launch opens: map the person to a local user, choose where the launch lands, or
    /// refuse it. Default: every launch opens.
    ///
    /// It runs before anything is stored, once per launch, on a thread of its own inside a tokio runtime of the crate: it
    /// may wait, and where it blocks it delays nobody else. At most 64 run at once. It has to end in time
    /// ([`on_launch_timeout`](Self::on_launch_timeout)).
    ///
    /// That holds for the hook itself, and not for tasks that it gives to `tokio::spawn`: those of all hooks share one thread
    /// with their timers and sockets. A task that blocks there stops all of them, and `tokio::task::block_in_place` panics
    /// there. Block in the hook, or in `tokio::task::spawn_blocking`.
    ///
    /// The tokens of a refused launch are dropped, and revoked in the background where the EHR has an endpoint for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::{LandAt, Launched, Refuse, SmartConfig};
    ///
    /// let builder = SmartConfig::builder().on_launch(|launched: Launched| async move {
    ///     match launched.launch_context().patient() {
    ///         Some(_) => Ok(LandAt::Default),
    ///         None => Err(Refuse::because("Please open this application from a patient's chart.")),
    ///     }
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_launch<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Launched) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<LandAt, Refuse>> + Send + 'static,
    {
        self.hook = Some(LaunchHook::new(hook));
        self
    }

    /// The time for one call of [`on_launch`](Self::on_launch), waiting for a free thread included. Default: 10 s.
    ///
    /// When it is over the launch does not open: the person gets a page with *Start again*, and the tokens are dropped, and
    /// revoked in the background where the EHR has an endpoint for it. The hook's future is dropped as soon as it waits; a hook
    /// that blocks keeps its thread until it does not block any more.
    pub const fn on_launch_timeout(mut self, timeout: Duration) -> Self {
        self.on_launch_timeout = timeout;
        self
    }
}
