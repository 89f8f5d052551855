//! The configuration: [`SmartConfig`], built once and shared by everything.
//!
//! [`builder`] and [`mod@env`] collect, [`build`] checks everything at once, [`settings`] and [`ehr`] are what the rest uses.

mod build;
mod builder;
mod cookies;
mod ehr;
mod env;
mod error;
mod hourly;
mod http;
mod key_file;
pub(crate) mod on_launch;
mod paths;
mod policies;
mod problems;
mod quirks;
mod redirect_uris;
pub(crate) mod resolver;
mod settings;
mod sign_in;

#[cfg(test)]
mod tests;

#[cfg(feature = "actix")]
use std::sync::Weak;
use std::{fmt, sync::Arc, time::Duration};

pub use builder::SmartConfigBuilder;
pub use cookies::{CookiePolicy, CookiePolicyError, Partitioned, SameSite};
pub(crate) use cookies::{CookieSettings, Secure};
pub use ehr::{Ehr, EhrBuilder};
pub use error::{ConfigError, ConfigProblem, InvalidReason, ProblemKind};
pub use http::CertificateError;
pub(crate) use http::HttpSettings;
pub use paths::PathError;
pub(crate) use paths::{LAUNCH_SCOPE, LaunchNaming, Paths};
pub(crate) use policies::CrossSite;
pub use policies::{IdTokenPolicy, OtherUser, Relaunch, Revocation, StandaloneLaunch, SubjectOnRefresh};
pub use quirks::{
    DiscoveryHeader, PkceListing, Quirks, RefreshScope, ScopeVersionChoice, UnprefixedScopes, WildcardScopes,
};
pub(crate) use redirect_uris::RedirectRules;
pub(crate) use settings::Settings;
pub use sign_in::SignIn;
pub(crate) use sign_in::check_demand;

#[cfg(not(feature = "actix"))]
use crate::transport::NoTransport;
use crate::{
    launch::{
        id_token::Identifier,
        session::{LaunchError, LaunchHandle, SmartSession},
    },
    protocol::metadata::ServerMetadata,
    runtime::{
        Shared,
        discovery::{DiscoveryError, DiscoverySettings, DocumentCache, DocumentRequest},
        engine::{Engine, EngineOptions, ShutdownReport, TransportChoice},
    },
    store::LaunchUse,
    transport::{HttpTransport, bounded::BoundedTransport},
};

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
///             .scopes("openid fhirUser launch/patient patient/*.rs offline_access"),
///     )
///     .build()?;
/// assert_eq!(config.ehrs()[0].client_id(), "my-app");
/// # Ok::<(), actix_smart_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SmartConfig {
    inner: Arc<Inner>,
}

/// What the handles share. The engine closes when the last handle goes; its work holds only `shared`.
pub(crate) struct Inner {
    shared: Arc<Shared>,
    engine: Engine,
    metadata: DocumentCache<ServerMetadata>,
    identifier: Identifier,
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
        self.shared().registrations.listed()
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
        self.shared().registrations.put(ehr)
    }

    /// Removes an EHR while the application runs; no launch begins there any more. Launches that are open work until
    /// their access token runs out
    /// ([`RefreshFailure::NotOffered`](crate::RefreshFailure::NotOffered) then), and are refreshed again when the EHR is put
    /// back. A sign-in under way goes on when the EHR is put back while it still accepts the code, often only a minute; later
    /// the person starts again.
    ///
    /// Returns whether it was there. What a resolver knows is removed at the resolver; see
    /// [`forget_resolved`](Self::forget_resolved).
    #[expect(clippy::must_use_candidate, reason = "removing is what it is called for")]
    pub fn remove_ehr(&self, fhir_base_url: &str) -> bool {
        self.shared().registrations.remove(fhir_base_url)
    }

    /// Asks the resolver anew for this EHR when it is next needed, though an answer is still remembered. For a
    /// registration that was just changed or removed.
    pub fn forget_resolved(&self, fhir_base_url: &str) {
        self.shared().registrations.forget(fhir_base_url);
    }

    /// Goes on with a launch outside of a request: a job that was begun on a page, a WebSocket, a stream. It counts as a use
    /// of the launch, and so does each [`SmartSession::current_token`] of what it returns.
    ///
    /// # Errors
    ///
    /// [`LaunchError`] when the launch has ended or its token cannot be made fresh now.
    pub async fn resume(&self, handle: &LaunchHandle) -> Result<SmartSession, LaunchError> {
        let id = handle.id().ok_or(LaunchError::NotFound)?;
        SmartSession::load(self, id, LaunchUse::Counts).await
    }

    /// Stops taking new work and waits, at most for `limit`, until running code exchanges, refreshes and saves are done.
    ///
    /// Call it after `server.await`: work that belongs to launches does not run on the server's workers, and the end
    /// of `main` would cut it off. A rotating refresh token that was sent and whose answer was not saved costs its
    /// launch.
    pub async fn shutdown(&self, limit: Duration) -> ShutdownReport {
        self.inner.engine.shutdown(limit).await
    }

    fn assemble(shared: Shared, transport: Option<Arc<dyn HttpTransport>>) -> Self {
        let engine = Engine::new(EngineOptions {
            transport: choose(transport, &shared.settings.http),
        });
        let discovery = DiscoverySettings {
            ttl: shared.settings.metadata_ttl,
            timeout: shared.settings.http.request_timeout,
        };
        let metadata = DocumentCache::new(&engine, Arc::clone(&shared.clock), discovery);
        let identifier = Identifier::new(&engine, &shared.clock, discovery);
        Self {
            inner: Arc::new(Inner {
                shared: Arc::new(shared),
                engine,
                metadata,
                identifier,
            }),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        self.inner.shared()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// What verifies id tokens.
    pub(crate) fn identifier(&self) -> &Identifier {
        &self.inner.identifier
    }

    pub(crate) fn transport(&self) -> Arc<dyn HttpTransport> {
        self.inner.engine.transport()
    }

    /// The metadata of an EHR: fetched when first needed, then cached.
    pub(crate) async fn metadata_of(&self, ehr: &Ehr) -> Result<Arc<ServerMetadata>, DiscoveryError> {
        self.inner.metadata.get(&metadata_request(ehr)).await
    }

    /// The metadata of an EHR, as far as it was fetched before.
    pub(crate) fn known_metadata_of(&self, ehr: &Ehr) -> Option<Arc<ServerMetadata>> {
        self.inner.metadata.known(&metadata_request(ehr))
    }

    #[cfg(feature = "actix")]
    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }
}

/// With the headers that this EHR wants for it.
fn metadata_request(ehr: &Ehr) -> DocumentRequest<ServerMetadata> {
    let headers = ehr.quirks().headers_for_discovery(ehr.client_id());
    let request = DocumentRequest::metadata_of(ehr.fhir_base_url()).reaching(ehr.addresses().clone());
    headers.fold(request, |request, (name, value)| request.header(name, value))
}

impl Inner {
    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

#[cfg(feature = "actix")]
fn choose(transport: Option<Arc<dyn HttpTransport>>, http: &HttpSettings) -> TransportChoice {
    match transport {
        Some(own) => TransportChoice::Custom(Arc::new(BoundedTransport::new(own))),
        None => TransportChoice::Awc(http.awc()),
    }
}

/// Without awc an application brings its own transport; `build` has refused a configuration without one.
#[cfg(not(feature = "actix"))]
fn choose(transport: Option<Arc<dyn HttpTransport>>, _: &HttpSettings) -> TransportChoice {
    let own = transport.unwrap_or_else(|| Arc::new(NoTransport));
    TransportChoice::Custom(Arc::new(BoundedTransport::new(own)))
}

impl fmt::Debug for SmartConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartConfig")
            .field("registrations", &self.shared().registrations)
            .field("settings", &self.shared().settings)
            .field("store", &self.shared().store)
            .finish_non_exhaustive()
    }
}
