//! `on_launch`: the application's word before a launch opens.

mod chosen;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

pub(crate) use chosen::Chosen;
pub use chosen::ContextChoiceError;

use super::ehr::Ehr;
use crate::{
    protocol::{
        findings::TokenResponseReport, id_token::IdTokenClaims, launch_facts::launch_facts, return_to::ReturnTo,
        scope::Scopes, token::TokenSet,
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
    pub(crate) report: TokenResponseReport,
    pub(crate) return_to: Option<Arc<str>>,
    pub(crate) identity: Option<IdTokenClaims>,
    pub(crate) chosen: Arc<Chosen>,
}

impl Launched {
    /// The EHR registration.
    #[must_use]
    pub fn ehr(&self) -> &Ehr {
        &self.ehr
    }

    /// Whether it began in the EHR or in the application.
    #[must_use]
    pub const fn kind(&self) -> LaunchKind {
        self.kind
    }

    /// What was missing or unusual in the EHR's answer to the code. The log has each thing once for each EHR.
    #[must_use]
    pub const fn token_response(&self) -> TokenResponseReport {
        self.report
    }

    /// The path of the application that this sign-in was begun for (`return_to` of the launch address), without the segment of a
    /// launch. It belongs to this sign-in alone, so that what a person chose in one tab does not open in another. Anybody can make
    /// such a link: look whether the user may see what it names.
    #[must_use]
    pub fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// Makes this the patient of the launch, where the EHR named none: found by FHIR, or chosen by the person before this sign-in
    /// began ([`return_to`](Self::return_to) tells which sign-in it was; a choice that is kept by user would open in another tab).
    /// `id` is the id alone. [`Patient::source`](crate::Patient::source) says then that it came from the application.
    ///
    /// It counts once the hook has let the launch open. Should the EHR name another patient in the answer to a refresh, the
    /// launch ends.
    ///
    /// # Errors
    ///
    /// [`ContextChoiceError`] when the EHR named another one, when another one was chosen before, or when it is not an id.
    pub fn choose_patient(&self, id: &str) -> Result<(), ContextChoiceError> {
        self.chosen.patient(id, self.tokens.context().patient())
    }

    /// The same for the encounter.
    ///
    /// # Errors
    ///
    /// As [`choose_patient`](Self::choose_patient).
    pub fn choose_encounter(&self, id: &str) -> Result<(), ContextChoiceError> {
        self.chosen.encounter(id, self.tokens.context().encounter())
    }

    launch_facts!(self =>
        aud: &self.aud,
        tokens: &self.tokens,
        requested: &self.requested,
        identity: self.identity.as_ref(),
    );
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
