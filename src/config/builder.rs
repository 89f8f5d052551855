//! [`SmartConfigBuilder`]: every option with its default. Checked in [`check`](super::check).

mod audit;
mod limits;
mod paths;
mod policies;
#[cfg(any(feature = "actix", feature = "reqwest"))]
mod sending;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use super::{
    brand_directory::BrandDirectory,
    cookies::CookiePolicy,
    ehr_builder::EhrBuilder,
    ehr_names::EhrNames,
    first_use::{FirstUse, RegistrationStore},
    http::HttpSettings,
    on_launch::{LandAt, LaunchHook, Launched, Refuse},
    paths::GivenPaths,
    policies::Policies,
    resolver::EhrResolver,
    settings::TokenTimes,
};
#[cfg(any(feature = "actix", feature = "reqwest"))]
use crate::transport::ClientCertificate;
#[cfg(feature = "reqwest")]
use crate::transport::ForwardProxy;
use crate::{
    audit::AuditSettings,
    pages::{Brand, LanguageChoice, Pages},
    protocol::client_auth::ClientAuth,
    store::{SealingKeys, StoreRules, TokenStore},
    time::{Clock, SystemClock},
    transport::HttpTransport,
};

/// Collects a configuration. Nothing is checked before [`build`](Self::build), which then reports everything at once.
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct SmartConfigBuilder {
    pub(super) ehrs: Vec<EhrBuilder>,
    pub(super) ehrs_come_later: bool,
    pub(super) resolver: Option<Arc<dyn EhrResolver>>,
    pub(super) brands: Option<BrandDirectory>,
    pub(super) ehr_names: EhrNames,
    pub(super) resolver_ttl: Duration,
    pub(super) first_use: Option<Arc<dyn FirstUse>>,
    pub(super) registration_store: Option<Arc<dyn RegistrationStore>>,
    pub(super) redirect_uri: Option<String>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) published: Vec<ClientAuth>,
    pub(super) paths: GivenPaths,
    pub(super) cookies: CookiePolicy,
    pub(super) policies: Policies,
    pub(super) http: HttpSettings,
    /// PEM texts.
    pub(super) extra_roots: Vec<String>,
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(super) client_certificate: Option<ClientCertificate>,
    #[cfg(feature = "reqwest")]
    pub(super) forward_proxy: Option<ForwardProxy>,
    pub(super) tokens: TokenTimes,
    pub(super) metadata_ttl: Duration,
    pub(super) rules: StoreRules,
    pub(super) store: Option<TokenStore>,
    pub(super) sealing_keys: Option<SealingKeys>,
    pub(super) transport: Option<Arc<dyn HttpTransport>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hook: Option<LaunchHook>,
    pub(super) on_launch_timeout: Duration,
    pub(super) signer_timeout: Duration,
    pub(super) brand: Option<Brand>,
    pub(super) language: LanguageChoice,
    pub(super) pages: Option<Arc<dyn Pages>>,
    pub(super) frame_ancestors: Vec<String>,
    pub(super) style_origins: Vec<String>,
    pub(super) audit: AuditSettings,
}

impl Default for SmartConfigBuilder {
    fn default() -> Self {
        Self {
            ehrs: Vec::new(),
            ehrs_come_later: false,
            resolver: None,
            first_use: None,
            registration_store: None,
            brands: None,
            ehr_names: EhrNames::default(),
            resolver_ttl: Duration::from_secs(5 * 60),
            redirect_uri: None,
            allowed_hosts: Vec::new(),
            published: Vec::new(),
            paths: GivenPaths::default(),
            cookies: CookiePolicy::default(),
            policies: Policies::default(),
            http: HttpSettings::default(),
            extra_roots: Vec::new(),
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            client_certificate: None,
            #[cfg(feature = "reqwest")]
            forward_proxy: None,
            tokens: TokenTimes::default(),
            metadata_ttl: Duration::from_secs(60 * 60),
            rules: StoreRules::default(),
            store: None,
            sealing_keys: None,
            transport: None,
            clock: Arc::new(SystemClock),
            hook: None,
            on_launch_timeout: Duration::from_secs(10),
            signer_timeout: Duration::from_secs(10),
            brand: None,
            language: LanguageChoice::default(),
            pages: None,
            frame_ancestors: Vec::new(),
            style_origins: Vec::new(),
            audit: AuditSettings::default(),
        }
    }
}

/// EHRs, and what the crate stands on.
impl SmartConfigBuilder {
    /// Adds an EHR. At least one is needed, or a [`resolver`](Self::ehr_resolver).
    ///
    /// All redirect URIs have the same origin and lead to the callback path, or to one segment below it:
    /// `https://app.example/auth/callback/north`. Give each EHR one of its own where the EHRs do not trust each other: a
    /// sign-in at one of them can then not be passed off as another's, whatever their servers do.
    pub fn ehr(mut self, ehr: EhrBuilder) -> Self {
        self.ehrs.push(ehr);
        self
    }

    /// Adds the EHR that environment variables describe; see [`EhrBuilder::from_env`].
    pub fn ehr_from_env(self) -> Self {
        self.ehr(EhrBuilder::from_env())
    }

    /// Where to find EHRs that are not in the configuration: tenants in a database. Default: none. The last call wins.
    ///
    /// Without an EHR in the configuration, say the [`redirect_uri`](Self::redirect_uri) here.
    pub fn ehr_resolver(mut self, resolver: impl EhrResolver) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// Registers the application at EHRs when it is first needed there (RFC 7591), once for all processes; see the
    /// [guide](crate::guide::registration#at-first-use). Asked for what neither the configuration nor the
    /// [resolver](Self::ehr_resolver) has, and remembered as the resolver's answers are ([`resolver_ttl`](Self::resolver_ttl)).
    /// Default: none. The last call wins.
    ///
    /// Without an EHR in the configuration, say the [`redirect_uri`](Self::redirect_uri) here.
    pub fn register_at_first_use(mut self, first_use: impl FirstUse) -> Self {
        self.first_use = Some(Arc::new(first_use));
        self
    }

    /// Where registrations are kept that were made at first use. Default: the token store, which then has to survive restarts and must
    /// not throw away what has an expiry when its memory is short. With a store of your own, give
    /// [`sealing_keys`](Self::sealing_keys) as well, the same in all processes and after each restart.
    pub fn registration_store(mut self, store: impl RegistrationStore) -> Self {
        self.registration_store = Some(Arc::new(store));
        self
    }

    /// Lets people choose among the EHRs of brand bundles. Default: none. The last call wins.
    ///
    /// EHRs of the configuration come first, then those of the [`ehr_resolver`](Self::ehr_resolver), if there is one. What is said of a
    /// resolver's EHRs holds for these. [`register_at_first_use`](Self::register_at_first_use) is asked for what is in no bundle.
    pub fn brands(mut self, directory: BrandDirectory) -> Self {
        self.brands = Some(directory);
        self
    }

    /// What people read where they choose among the EHRs of the configuration. Default: [`EhrNames::Configured`].
    ///
    /// With [`EhrNames::Brands`] each has the name and the place of the brand bundle that its metadata links. A bundle at another origin
    /// than the EHR's FHIR server is fetched from public addresses only, unless [`allow_hosts`](Self::allow_hosts) names its host.
    pub const fn ehr_names(mut self, names: EhrNames) -> Self {
        self.ehr_names = names;
        self
    }

    /// How long the resolver's answers are believed. Default: 5 minutes; that there is no such EHR, at most 30 s.
    pub const fn resolver_ttl(mut self, ttl: Duration) -> Self {
        self.resolver_ttl = ttl;
        self
    }

    /// Hosts that the resolver's EHRs may be at although their addresses are not public, such as
    /// `fhir.hospital.internal`, `10.1.2.3` or `*.hospital.internal`. Can be repeated. Default: none; requests for a
    /// resolver's EHR go to public addresses only.
    ///
    /// With a transport that cannot look at addresses, behind a forward proxy for example
    /// ([`AddressEnforcement::NotEnforced`](crate::transport::AddressEnforcement::NotEnforced)), they go to these hosts only.
    ///
    /// EHRs of the configuration are not concerned: the person who writes it decides about the network anyway.
    pub fn allow_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.allowed_hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Builds without an EHR as well: those of [`SmartConfig::put_ehr`](crate::SmartConfig::put_ehr) come later, when the application
    /// has registered itself there ([`SmartConfig::registrar`](crate::SmartConfig::registrar)). Default: no. Where people are to
    /// launch, give [`redirect_uri`](Self::redirect_uri) too; without it only EHRs for the application itself can be added.
    pub const fn ehrs_come_later(mut self) -> Self {
        self.ehrs_come_later = true;
        self
    }

    /// The redirect URI of EHRs that are given without one. Default: none; each EHR has to say its own.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Publishes the public keys of these credentials, whichever EHR uses them: an EHR reads them before the first
    /// launch, when the resolver has not been asked for its registration yet. Can be repeated. Default: those of the
    /// EHRs of the configuration.
    pub fn publish_keys(mut self, of: impl Into<ClientAuth>) -> Self {
        self.published.push(of.into());
        self
    }

    /// The keys that seal what browsers keep while they sign in. All processes that share a store need the same. Default:
    /// those of the store; [`MemoryStore`](crate::store::MemoryStore) makes its own, `RedisStore` and `PostgresStore` have those that they were given. Without
    /// any the configuration is not built.
    pub fn sealing_keys(mut self, keys: SealingKeys) -> Self {
        self.sealing_keys = Some(keys);
        self
    }

    /// Where launches are kept. Default: the memory of this process.
    pub fn store(mut self, store: TokenStore) -> Self {
        self.store = Some(store);
        self
    }

    /// How requests leave the process, where neither HTTP client of the crate will do (features `actix` and `reqwest`,
    /// `http_client`). Default: none of your own.
    ///
    /// The options about connecting have no effect on it: `connect_timeout`, `body_limit`, `user_agent`, root and client
    /// certificates, `forward_proxy`. The log says so when the configuration is built. Let it pass
    /// the tests of `transport::acceptance` (feature `test-util`).
    pub fn transport(mut self, transport: impl HttpTransport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Where the time comes from. Default: the system's clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

/// The application's word before a launch opens.
impl SmartConfigBuilder {
    /// The application's word before a launch opens: map the person to a local user, choose where the launch lands, or
    /// refuse it. Default: every launch opens. The last call wins.
    ///
    /// It runs before anything is stored, once per launch, on a thread of its own inside a tokio runtime of the crate: it
    /// may wait, and where it blocks it delays nobody else. At most 256 run at once, and 32 of one EHR registration. It has to end in time
    /// ([`on_launch_timeout`](Self::on_launch_timeout)).
    ///
    /// That holds for the hook itself, and not for tasks that it gives to `tokio::spawn`: those of all hooks share one thread
    /// with their timers and sockets. A task that blocks there stops all of them, and `tokio::task::block_in_place` panics
    /// there. Block in the hook itself: it has a thread of its own. What it gives to `tokio::task::spawn_blocking` needs a limit
    /// of its own: it goes on when the hook's time is over, and all hooks together have 512 such threads. Once all of them are
    /// stuck, no hook gets one any more.
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
}

impl fmt::Debug for SmartConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartConfigBuilder")
            .field("ehrs", &self.ehrs)
            .field("paths", &self.paths)
            .field("cookies", &self.cookies)
            .field("policies", &self.policies)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
