//! [`SmartConfig`]: the public handle of one configuration, and of everything that is at work behind it.

mod start;

#[cfg(feature = "actix")]
use std::{collections::HashMap, sync::Weak};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    backend::{BackendClient, Backends},
    config::{ConfigError, Ehr, EhrBuilder, SmartConfigBuilder},
    launch::{
        error::LaunchError,
        finish::Callbacks,
        handle::LaunchHandle,
        id_token::IdTokenVerifier,
        logout,
        refresh::Refresher,
        revoke::Revoker,
        session::{Sessions, SmartSession},
    },
    protocol::brands::BrandsReport,
    registration::{FirstUses, KeptRegistrations, Registrar},
    resource_server::{ResourceServer, ResourceServers},
    runtime::{
        Runtime,
        both::both,
        brands::{BrandKeeper, BrandsError, linked::LinkedBrands},
        engine::{Engine, ShutdownReport},
        health::Health,
    },
    store::LaunchUse,
};
#[cfg(feature = "actix")]
use crate::{config::resolver::Choices, runtime::registrations::EhrLookupError};

/// How long bundles that EHRs link are waited for, where somebody wants them loaded.
const LOADING: Duration = Duration::from_secs(10);

/// A checked configuration. Cheap to clone; clones share everything.
///
/// Build it once, outside the closure of `HttpServer::new`, which runs once per worker.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{ClientAuth, Ehr, SmartConfig};
///
/// let config = SmartConfig::builder()
///     .ehr(
///         Ehr::builder("https://ehr.example/fhir/r4")
///             .client_id("my-app")
///             .client_auth(ClientAuth::client_secret("from a safe place"))
///             .redirect_uri("https://app.example/auth/callback")
///             .scopes("openid fhirUser launch/patient patient/Patient.rs offline_access"),
///     )
///     .build()?;
/// assert_eq!(config.ehrs()[0].client_id(), "my-app");
/// # Ok::<(), actix_smart_auth::error::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SmartConfig {
    inner: Arc<Inner>,
}

/// What the handles share. The engine closes when the last handle goes; its work holds only the runtime.
pub(crate) struct Inner {
    runtime: Arc<Runtime>,
    engine: Engine,
    revoker: Revoker,
    verifier: IdTokenVerifier,
    callbacks: Callbacks,
    refresher: Refresher,
    sessions: Arc<Sessions>,
    backends: Arc<Backends>,
    resource_servers: Arc<ResourceServers>,
    first_uses: Option<Arc<FirstUses>>,
    brands: Option<BrandKeeper>,
    /// `None`: EHRs are called as they are in the configuration.
    linked_brands: Option<LinkedBrands>,
}

impl SmartConfig {
    /// Starts a configuration with the defaults that are given with each option.
    pub fn builder() -> SmartConfigBuilder {
        SmartConfigBuilder::default()
    }

    /// One EHR from environment variables, and the defaults for everything else. The variables are listed at
    /// [`EhrBuilder::from_env`]; to set other options too, begin with [`SmartConfigBuilder::ehr_from_env`].
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().ehr_from_env().build()
    }

    /// The EHRs of the configuration as they are now, in the order in which they came. Those of a resolver are not
    /// among them.
    #[must_use]
    pub fn ehrs(&self) -> Arc<[Arc<Ehr>]> {
        self.runtime().registrations.listed()
    }

    /// Adds an EHR while the application runs, or puts it in the place of the one with the same FHIR base URL. Launches
    /// that are open, and sign-ins under way, go on with the new one:
    ///
    /// - With the same client id nothing is lost, whatever else has changed. Where the *kind* of the credentials has (a
    ///   secret became a key) and the EHR refuses the application then, the log says so.
    /// - With another client id, codes and refresh tokens of the old one are not sent any more: they are good for no other
    ///   client, and sending them could make the EHR revoke them. A launch goes on while its token is not due, then ends
    ///   ([`EndReason::RegistrationChanged`](crate::EndReason::RegistrationChanged)), and may begin again by itself. Its
    ///   tokens are not revoked, as nobody is left who could. Somebody who was signing in reads that the settings were
    ///   changed, and starts again.
    ///
    /// An EHR that was removed is put back in the same way: its launches go on. So does a sign-in whose callback came
    /// meanwhile, while the EHR still accepts the code, often only a minute; later the person starts again.
    ///
    /// The same holds for a resolver's registration that changes, as soon as its answer is asked for again.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is missing or invalid; nothing has changed then.
    pub fn put_ehr(&self, ehr: EhrBuilder) -> Result<Arc<Ehr>, ConfigError> {
        self.runtime().registrations.put(ehr)
    }

    /// Removes an EHR while the application runs; no launch begins there any more. Launches that are open work until
    /// their access token runs out
    /// ([`RefreshFailure::NotOffered`](crate::error::RefreshFailure::NotOffered) then), and are refreshed again when the EHR is put
    /// back. A sign-in under way goes on when the EHR is put back while it still accepts the code, often only a minute; later
    /// the person starts again.
    ///
    /// Returns whether it was there. What a resolver knows is removed at the resolver; see
    /// [`forget_resolved`](Self::forget_resolved).
    #[expect(clippy::must_use_candidate, reason = "removing is what it is called for")]
    pub fn remove_ehr(&self, fhir_base_url: &str) -> bool {
        self.runtime().registrations.remove(fhir_base_url)
    }

    /// Asks the resolver anew for this EHR when it is next needed, though an answer is still remembered. For a
    /// registration that was just changed or removed.
    pub fn forget_resolved(&self, fhir_base_url: &str) {
        self.runtime().registrations.forget(fhir_base_url);
    }

    /// Has the metadata of this EHR fetched again when it is next needed. For an EHR that has just changed its endpoints;
    /// otherwise metadata is kept for [`metadata_ttl`](crate::SmartConfigBuilder::metadata_ttl). In this process only.
    /// Launches keep the endpoints with which they began.
    pub fn forget_metadata(&self, fhir_base_url: &str) {
        self.runtime().forget_metadata(fhir_base_url);
    }

    /// Asks for the brand bundles, and waits for them: before the first person needs them, or when one is to be looked at again at once.
    /// It asks each time, however new they are; where a publisher gives an `ETag`, it sends a bundle only if it has changed.
    /// Says how many brands there are. Without [`SmartConfigBuilder::brands`] there are none. Bundles that EHRs of the configuration link
    /// ([`EhrNames::Brands`](crate::brands::EhrNames::Brands)) are waited for as well, for up to 10 s; they are not counted, and one that
    /// cannot be fetched is in the log only.
    ///
    /// # Errors
    ///
    /// [`BrandsError`] of the first that could not be fetched. What was there before is used on, and it is asked for again when somebody
    /// needs it. Start the application all the same.
    pub async fn load_brands(&self) -> Result<BrandsReport, BrandsError> {
        let linked = async {
            if let Some(linked) = &self.inner.linked_brands {
                linked.prepare(LOADING).await;
            }
        };
        let brands = async {
            match &self.inner.brands {
                Some(brands) => brands.load().await,
                None => Ok(BrandsReport::default()),
            }
        };
        both(linked, brands).await.1
    }

    /// The JWK Set of the public keys of all EHRs that are known now, as the middleware publishes it: to be registered by value, or
    /// published by something else where the application serves nothing. `None` where no EHR has a key.
    #[must_use]
    pub fn jwks(&self) -> Option<String> {
        self.runtime().registrations.jwks()
    }

    /// The application as a client of its own, without a user, at the EHR with this FHIR base URL. It is looked up when a token is
    /// asked for, so that one that is added later will do.
    #[must_use]
    pub fn backend(&self, fhir_base_url: &str) -> BackendClient {
        self.inner.backends.client(fhir_base_url)
    }

    /// The application as a resource server for callers with tokens of the EHR with this FHIR base URL. It is looked up when a token
    /// is checked, so that one that is added later will do.
    #[must_use]
    pub fn resource_server(&self, fhir_base_url: &str) -> ResourceServer {
        self.inner.resource_servers.server(fhir_base_url)
    }

    /// Registers the application at the EHR with this FHIR base URL by itself (RFC 7591), and manages the registration (RFC 7592). The
    /// EHR need not be one of this configuration yet; [`put_ehr`](Self::put_ehr) adds it afterwards.
    #[must_use]
    pub fn registrar(&self, fhir_base_url: &str) -> Registrar {
        Registrar::new(Arc::clone(self.runtime()), self.inner.engine.clone(), fhir_base_url)
    }

    /// The registrations that the application made by itself, at first use.
    #[must_use]
    pub fn kept_registrations(&self) -> KeptRegistrations {
        KeptRegistrations::new(Arc::clone(self.runtime()), self.inner.first_uses.clone())
    }

    /// Goes on with a launch outside of a request: a job that was begun on a page, a WebSocket, a stream. It counts as a use
    /// of the launch, and so does each [`SmartSession::current_token`] of what it returns.
    ///
    /// # Errors
    ///
    /// [`LaunchError`] when the launch has ended or its token cannot be made fresh now.
    pub async fn resume(&self, handle: &LaunchHandle) -> Result<SmartSession, LaunchError> {
        self.resume_as(handle, LaunchUse::Counts).await
    }

    /// The same for somebody who may not be at work: a job at night does not keep a launch open for a person who has gone home, and
    /// does not tell the EHR that somebody is there ([`Quirks::activity_on_refresh`](crate::Quirks::activity_on_refresh)).
    ///
    /// # Errors
    ///
    /// As [`resume`](Self::resume).
    pub async fn resume_as(&self, handle: &LaunchHandle, launch_use: LaunchUse) -> Result<SmartSession, LaunchError> {
        let id = handle.id().ok_or(LaunchError::NotFound)?;
        self.inner.sessions.load(id, launch_use).await
    }

    /// Ends a launch by its handle, whether or not its token works: for a sign-out without a request of the middleware. Returns
    /// whether it was open. Its tokens are revoked in the background where the EHR has an endpoint for it; a failure is only
    /// logged.
    ///
    /// # Errors
    ///
    /// [`LaunchError::Unavailable`] when the token store cannot be reached; the launch is still open then. A handle that is none
    /// is of no launch: `Ok(false)`.
    pub async fn end_launch(&self, handle: &LaunchHandle) -> Result<bool, LaunchError> {
        let Some(id) = handle.id() else { return Ok(false) };
        let ended = logout::end_launch(self.runtime(), self.revoker(), id.key()).await;
        let ended = ended.map_err(|error| LaunchError::not_ended(self.runtime(), id.key(), error))?;
        Ok(ended.count() > 0)
    }

    /// Whether this process can do its work: asks the token store, and looks at the thread of the crate, the audit trail and the
    /// metadata. For a readiness probe; the `health_check` of [`health`](crate::health) is a route for it. Within 3 s.
    ///
    /// Needs a tokio runtime with timers around it, as every handler has.
    pub async fn health(&self) -> Health {
        Health::of(self.runtime()).await
    }

    /// The same for a route that strangers can ask: the store is asked once a second at most.
    #[cfg(feature = "actix")]
    pub(crate) async fn health_lately(&self) -> Health {
        Health::lately(self.runtime()).await
    }

    /// Stops taking new work and waits, at most for `limit`, until running code exchanges, refreshes and saves are done, and audit
    /// events are written.
    ///
    /// Call it after `server.await`: work that belongs to launches does not run on the server's workers, and the end
    /// of `main` would cut it off. A rotating refresh token that was sent and whose answer was not saved costs its
    /// launch.
    pub async fn shutdown(&self, limit: Duration) -> ShutdownReport {
        let began = Instant::now();
        let mut report = self.inner.engine.shutdown(limit).await;
        // After the work: that has something to say to the end.
        report.audit_events_left = self.runtime().audit.drain(limit.saturating_sub(began.elapsed())).await;
        report
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        self.inner.runtime()
    }

    pub(crate) fn revoker(&self) -> &Revoker {
        &self.inner.revoker
    }

    /// What verifies id tokens.
    pub(crate) fn verifier(&self) -> &IdTokenVerifier {
        &self.inner.verifier
    }

    /// What registers the application at first use, where anything does.
    pub(crate) fn first_uses(&self) -> Option<&Arc<FirstUses>> {
        self.inner.first_uses.as_ref()
    }

    pub(crate) fn callbacks(&self) -> &Callbacks {
        &self.inner.callbacks
    }

    pub(crate) fn refresher(&self) -> &Refresher {
        &self.inner.refresher
    }

    /// What a person can choose from, by what was typed.
    #[cfg(feature = "actix")]
    pub(crate) async fn ehr_choices(&self, search: &str, limit: usize) -> Result<Choices, EhrLookupError> {
        let names = async {
            match &self.inner.linked_brands {
                Some(linked) => linked.names(search, limit).await,
                None => HashMap::new(),
            }
        };
        self.runtime().registrations.choices(search, limit, names).await
    }

    #[cfg(feature = "actix")]
    pub(crate) fn backends(&self) -> &Arc<Backends> {
        &self.inner.backends
    }

    #[cfg(feature = "actix")]
    pub(crate) fn resource_servers(&self) -> &Arc<ResourceServers> {
        &self.inner.resource_servers
    }

    pub(crate) fn sessions(&self) -> &Arc<Sessions> {
        &self.inner.sessions
    }

    #[cfg(feature = "actix")]
    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }
}

impl Inner {
    pub(crate) const fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }
}

impl fmt::Debug for SmartConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartConfig")
            .field("registrations", &self.runtime().registrations)
            .field("settings", &self.runtime().settings)
            .field("store", &self.runtime().store)
            .finish_non_exhaustive()
    }
}
