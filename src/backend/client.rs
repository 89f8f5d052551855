//! The application as a client of its own: [`BackendClient`].

use std::{fmt, sync::Arc};

use super::{
    error::BackendError,
    obtain::{Tokens, Wanted},
    token::{BackendToken, is_same},
    work::Work,
};
use crate::{
    config::Ehr,
    log_throttle::log_seldom,
    protocol::{client_auth::ClientAuth, scope::Scopes},
    runtime::{Runtime, engine::Engine},
};

/// The application as a client of its own at one EHR, without a user: for nightly jobs, populations, quality measures.
///
/// The registration says so by [`EhrBuilder::backend_scopes`](crate::EhrBuilder::backend_scopes). Cheap to clone; clones and
/// other clients of the same EHR share their tokens, and so do all processes that share a token store.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{Ehr, PrivateKey, PrivateKeyJwt, SmartConfig};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = SmartConfig::builder()
///     .ehr(
///         Ehr::builder("https://ehr.example/fhir/r4")
///             .client_id("nightly-report")
///             .client_auth(PrivateKeyJwt::new("key-1", PrivateKey::file("/run/secrets/key.pem")))
///             .backend_scopes("system/Observation.rs"),
///     )
///     .build()?;
/// let token = config.backend("https://ehr.example/fhir/r4").token().await?;
/// println!("Authorization: Bearer {}", token.access_token().expose_secret());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BackendClient {
    backends: Arc<Backends>,
    /// A FHIR base URL.
    ehr: String,
    /// Others than those of the registration.
    scopes: Option<Scopes>,
    /// Others than those of the registration.
    credentials: Option<Arc<ClientAuth>>,
}

/// What backend clients work with: made once per configuration. It keeps the engine open, so that a job that holds a client goes
/// on while it does.
pub(crate) struct Backends {
    runtime: Arc<Runtime>,
    tokens: Tokens,
    _engine: Engine,
}

impl Backends {
    /// `engine` is an owning handle.
    pub(crate) fn new(runtime: Arc<Runtime>, engine: Engine) -> Self {
        Self {
            tokens: Tokens::new(Arc::clone(&runtime)),
            runtime,
            _engine: engine,
        }
    }

    /// The same for running work, which must not keep the engine open.
    pub(crate) fn detached(&self) -> Self {
        Self {
            runtime: Arc::clone(&self.runtime),
            tokens: self.tokens.clone(),
            _engine: self._engine.detached(),
        }
    }

    /// The client at the EHR with this address, which is looked up when it is asked for a token.
    pub(crate) fn client(self: &Arc<Self>, fhir_base_url: &str) -> BackendClient {
        BackendClient {
            backends: Arc::clone(self),
            ehr: fhir_base_url.to_owned(),
            scopes: None,
            credentials: None,
        }
    }

    /// The client at the one EHR of the configuration that has scopes for the application itself.
    #[cfg(feature = "actix")]
    pub(crate) fn only(self: &Arc<Self>) -> Result<BackendClient, BackendError> {
        let listed = self.runtime.registrations.listed();
        let mut backends = listed.iter().filter(|ehr| ehr.backend().is_some());
        match (backends.next(), backends.next()) {
            (Some(ehr), None) => Ok(self.client(ehr.key())),
            (Some(_), Some(_)) => Err(BackendError::Several),
            (None, _) => Err(BackendError::NotABackend),
        }
    }
}

impl BackendClient {
    /// The same client for other scopes than those of the registration, separated by spaces. They have a token of their own.
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl AsRef<str>) -> Self {
        self.scopes = Some(Scopes::parse(scopes.as_ref()));
        self
    }

    /// The same client with other credentials, for a call or two: to try a new key before the registration gets it
    /// ([`SmartConfig::put_ehr`](crate::SmartConfig::put_ehr)). Its tokens are its own: none that other credentials got is handed out for
    /// these, nor the other way round. They are not renewed in the background.
    ///
    /// Where the credentials cannot be used, [`token`](Self::token) says so, and the log says why.
    #[must_use]
    pub fn with_client_auth(mut self, auth: impl Into<ClientAuth>) -> Self {
        self.credentials = Some(Arc::new(auth.into()));
        self
    }

    /// The FHIR base URL of the EHR, as it was given.
    #[must_use]
    pub fn fhir_base_url(&self) -> &str {
        &self.ehr
    }

    /// An access token that can be used now: the one that is kept, or a new one.
    ///
    /// It is renewed when less is left of its life than a tenth or a minute, whichever is longer, and half of it at most;
    /// while that is done the present one is handed out. Ask for it before each request, or use [`fhir`](Self::fhir).
    ///
    /// # Errors
    ///
    /// [`BackendError`]. What the EHR has answered just now is kept for some seconds and answered again.
    pub async fn token(&self) -> Result<BackendToken, BackendError> {
        self.wanted(Wanted::Fresh).await
    }

    /// Another token than this one, which a server has refused with 401. `None` when there is no other now: the refused one is
    /// so new that asking again would not help.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub async fn other_than(&self, refused: &BackendToken) -> Result<Option<BackendToken>, BackendError> {
        let refused = refused.access_token().clone();
        let token = self.wanted(Wanted::OtherThan(refused.clone())).await?;
        Ok(Some(token).filter(|token| !is_same(token.access_token(), &refused)))
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.backends.runtime
    }

    /// The registration as it is now.
    pub(crate) async fn registration(&self) -> Result<Arc<Ehr>, BackendError> {
        Ok(self.runtime().ehr_of_record(&self.ehr).await?)
    }

    async fn wanted(&self, wanted: Wanted) -> Result<BackendToken, BackendError> {
        let (ehr, scopes) = self.registration_and_scopes().await?;
        let work = match &self.credentials {
            None => Work::new(ehr, scopes),
            Some(auth) => {
                let other = ehr.with_client_auth(auth).map_err(|error| {
                    let key = ehr.key();
                    log_seldom!(self.runtime(), error, ehr = key, %error, "the other credentials of a backend client cannot be used");
                    BackendError::UnusableCredentials
                })?;
                Work::with_other_credentials(Arc::new(other), scopes)
            }
        };
        self.backends.tokens.obtain(work, wanted).await
    }

    /// The registration, and what is asked for there.
    pub(super) async fn registration_and_scopes(&self) -> Result<(Arc<Ehr>, Scopes), BackendError> {
        let ehr = self.registration().await?;
        let scopes = match &self.scopes {
            Some(scopes) => scopes.clone(),
            None => ehr.backend().ok_or(BackendError::NotABackend)?.scopes.clone(),
        };
        if scopes.is_empty() {
            return Err(BackendError::NoScopes);
        }
        Ok((ehr, scopes))
    }
}

impl fmt::Debug for BackendClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendClient")
            .field("ehr", &self.ehr)
            .field("scopes", &self.scopes)
            .field("has_other_credentials", &self.credentials.is_some())
            .finish_non_exhaustive()
    }
}
