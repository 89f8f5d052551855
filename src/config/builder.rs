//! [`SmartConfigBuilder`]: every option with its default. Checked in [`build`](super::build).

use std::{fmt, sync::Arc, time::Duration};

use super::{
    cookies::CookiePolicy,
    ehr::EhrBuilder,
    http::HttpSettings,
    paths::{GivenPaths, LaunchNaming},
    policies::{CrossSite, OtherUser, Policies, Relaunch, StandaloneLaunch},
    settings::TokenTimes,
};
use crate::{
    config::{on_launch::LaunchHook, resolver::EhrResolver},
    pages::Pages,
    protocol::client_auth::ClientAuth,
    store::{BrowserLimits, Lifetimes, SealingKeys, StoreRules, TokenStore},
    time::{Clock, SystemClock},
    transport::HttpTransport,
};

/// Collects a configuration. Nothing is checked before [`build`](Self::build), which then reports everything at once.
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct SmartConfigBuilder {
    pub(super) ehrs: Vec<EhrBuilder>,
    pub(super) resolver: Option<Arc<dyn EhrResolver>>,
    pub(super) resolver_ttl: Duration,
    pub(super) redirect_uri: Option<String>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) published: Vec<ClientAuth>,
    pub(super) paths: GivenPaths,
    pub(super) cookies: CookiePolicy,
    pub(super) policies: Policies,
    pub(super) http: HttpSettings,
    /// PEM texts.
    pub(super) extra_roots: Vec<String>,
    pub(super) tokens: TokenTimes,
    pub(super) metadata_ttl: Duration,
    pub(super) rules: StoreRules,
    pub(super) store: Option<TokenStore>,
    pub(super) sealing_keys: Option<SealingKeys>,
    pub(super) transport: Option<Arc<dyn HttpTransport>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hook: Option<LaunchHook>,
    pub(super) on_launch_timeout: Duration,
    pub(super) pages: Option<Arc<dyn Pages>>,
    pub(super) frame_ancestors: Vec<String>,
}

impl Default for SmartConfigBuilder {
    fn default() -> Self {
        Self {
            ehrs: Vec::new(),
            resolver: None,
            resolver_ttl: Duration::from_secs(5 * 60),
            redirect_uri: None,
            allowed_hosts: Vec::new(),
            published: Vec::new(),
            paths: GivenPaths::default(),
            cookies: CookiePolicy::default(),
            policies: Policies::default(),
            http: HttpSettings::default(),
            extra_roots: Vec::new(),
            tokens: TokenTimes::default(),
            metadata_ttl: Duration::from_secs(60 * 60),
            rules: StoreRules::default(),
            store: None,
            sealing_keys: None,
            transport: None,
            clock: Arc::new(SystemClock),
            hook: None,
            on_launch_timeout: Duration::from_secs(10),
            pages: None,
            frame_ancestors: Vec::new(),
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

    /// Where to find EHRs that are not in the configuration: tenants in a database. Default: none.
    ///
    /// Without an EHR in the configuration, say the [`redirect_uri`](Self::redirect_uri) here.
    pub fn ehr_resolver(mut self, resolver: impl EhrResolver) -> Self {
        self.resolver = Some(Arc::new(resolver));
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
    /// ([`AddressEnforcement::NotEnforced`](crate::AddressEnforcement::NotEnforced)), they go to these hosts only.
    ///
    /// EHRs of the configuration are not concerned: whoever writes it decides about the network anyway.
    pub fn allow_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.allowed_hosts.extend(hosts.into_iter().map(Into::into));
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
    /// those of the store; [`MemoryStore`](crate::MemoryStore) makes its own, `RedisStore` has those that it was given. Without
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

    /// How requests leave the process. Default: awc (feature `actix`).
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

/// How long and how much.
impl SmartConfigBuilder {
    /// How long things live, all at once. Default: [`Lifetimes::default`].
    pub const fn lifetimes(mut self, lifetimes: Lifetimes) -> Self {
        self.rules.lifetimes = lifetimes;
        self
    }

    /// How long a person may take to sign in at the EHR. Default: 10 minutes.
    pub const fn pending_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.lifetimes.pending = lifetime;
        self
    }

    /// How long a launch that nobody uses stays open. Default: 1 hour. What a page asks by itself need not count
    /// ([`LaunchUse`](crate::LaunchUse)).
    pub const fn idle_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.lifetimes.launch_idle = lifetime;
        self
    }

    /// How long a launch stays open at most. Default: 12 hours.
    pub const fn absolute_lifetime(mut self, lifetime: Duration) -> Self {
        self.rules.lifetimes.launch_absolute = lifetime;
        self
    }

    /// How much one browser may keep. Default: 8 pending authorizations and 16 launches.
    pub const fn browser_limits(mut self, limits: BrowserLimits) -> Self {
        self.rules.limits = limits;
        self
    }

    /// The time for opening a connection to the EHR: name, TCP and TLS together. What could not be sent within it is not
    /// sent afterwards. Default: 5 s. A [`transport`](Self::transport) of your own has a limit of its own.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = timeout;
        self
    }

    /// The time for one request to the EHR, from sending it to the last byte of the answer. Default: 10 s.
    pub const fn request_timeout(mut self, timeout: Duration) -> Self {
        self.http.request_timeout = timeout;
        self
    }

    /// The largest body accepted from the EHR, in bytes. Default: 1 MiB.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.http.body_limit = bytes;
        self
    }

    /// The time that the EHR has for the answer to a code exchange or a refresh, from sending it to the last byte. It goes on
    /// when the request that caused it is gone. Default: 60 s. Connecting comes before ([`connect_timeout`](Self::connect_timeout)),
    /// and a second credential is tried in what is left of it.
    pub const fn token_deadline(mut self, deadline: Duration) -> Self {
        self.tokens.deadline = deadline;
        self
    }

    /// How long server metadata is believed; a shorter `Cache-Control` of the server wins. Default: 1 hour.
    /// Zero asks at every launch.
    pub const fn metadata_ttl(mut self, ttl: Duration) -> Self {
        self.metadata_ttl = ttl;
        self
    }

    /// How long a token is taken to live when the server does not say. Default: 300 s.
    pub const fn default_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.tokens.default_lifetime = lifetime;
        self
    }

    /// How long a request waits for a refresh that is due while the present token still works. Default: 2 s. With zero
    /// it goes on at once.
    pub const fn refresh_wait_due(mut self, wait: Duration) -> Self {
        self.tokens.wait_when_due = wait;
        self
    }

    /// How long a request waits for a refresh when the present token does not work any more, before it is answered 503.
    /// Default: 10 s.
    pub const fn refresh_wait_unusable(mut self, wait: Duration) -> Self {
        self.tokens.wait_when_unusable = wait;
        self
    }
}

/// Paths, as the application's router sees them.
impl SmartConfigBuilder {
    /// The first page of a launch. Default: `/~{smart_launch}/`. It begins with `/~{smart_launch}`, where the launch's id
    /// goes, and may have a query and a fragment.
    pub fn landing(mut self, path: impl Into<String>) -> Self {
        self.paths.landing = Some(path.into());
        self
    }

    /// One launch per browser instead of one per tab, for an application that cannot have `/~{smart_launch}` in its
    /// paths. The landing page is then `/` unless [`landing`](Self::landing) says otherwise.
    ///
    /// The danger: a second launch replaces the first, and a tab that still shows the first patient works on the second
    /// one's record from then on, without anybody noticing.
    pub const fn danger_one_launch_per_browser(mut self) -> Self {
        self.paths.naming = LaunchNaming::DangerOnePerBrowser;
        self
    }

    /// Where launches begin. Default: `/auth/launch`. This is the *launch URL* to register with the EHR.
    pub fn launch_path(mut self, path: impl Into<String>) -> Self {
        self.paths.launch = path.into();
        self
    }

    /// Where the EHR sends the browser back, as the application sees it. Default: `/auth/callback` if the redirect URI
    /// ends in it, else the whole path of the redirect URI.
    pub fn callback_path(mut self, path: impl Into<String>) -> Self {
        self.paths.callback = Some(path.into());
        self
    }

    /// Where logging out is done, by POST. Default: `/auth/logout`; below a launch's segment it ends that launch.
    pub fn logout_path(mut self, path: impl Into<String>) -> Self {
        self.paths.logout = path.into();
        self
    }

    /// Where the public keys are. Default: `/.well-known/jwks.json`.
    pub fn jwks_path(mut self, path: impl Into<String>) -> Self {
        self.paths.jwks = path.into();
        self
    }

    /// Where the browser goes after logging out. Default: a page that says that the launch has ended.
    pub fn after_logout(mut self, path: impl Into<String>) -> Self {
        self.paths.after_logout = Some(path.into());
        self
    }

    /// What a proxy in front takes away from the path, such as `/app`. Default: what the path of the redirect URI has
    /// before the callback path. It goes before every address that the browser sees.
    pub fn public_path(mut self, path: impl Into<String>) -> Self {
        self.paths.public = Some(path.into());
        self
    }
}

/// Policies.
impl SmartConfigBuilder {
    /// How launch cookies are set. Default: [`CookiePolicy::default`].
    pub fn cookie(mut self, policy: CookiePolicy) -> Self {
        self.cookies = policy;
        self
    }

    /// Whether a person may start at the application. Default: [`StandaloneLaunch::Offered`].
    pub const fn standalone(mut self, policy: StandaloneLaunch) -> Self {
        self.policies.standalone = policy;
        self
    }

    /// How an ended launch is started again. Default: [`Relaunch::SameKind`].
    pub const fn relaunch(mut self, policy: Relaunch) -> Self {
        self.policies.relaunch = policy;
        self
    }

    /// What a second user in the same browser means for the first one's launches. Default: [`OtherUser::End`].
    pub const fn other_user(mut self, policy: OtherUser) -> Self {
        self.policies.other_user = policy;
        self
    }

    /// Lets requests that another site has caused change things and open WebSockets. Default: refused.
    ///
    /// The danger: any page a person visits can act in the person's name where the browser sends the launch's cookie
    /// along: always with `SameSite=None`, and otherwise from another port or a sister domain. Through a WebSocket it
    /// can also read the patient's data, because CORS does not apply to those, and it can embed images and scripts that
    /// hold such data (no `Cross-Origin-Resource-Policy` is sent). Only for applications with a defence of their own.
    pub const fn danger_allow_cross_site(mut self) -> Self {
        self.policies.cross_site = CrossSite::DangerAllow;
        self
    }

    /// Root certificates to trust beside the usual ones, as PEM text: a hospital's own authority. Can be repeated.
    /// Default: none.
    pub fn extra_root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Pages in the look of the application instead of the crate's own. Default: the crate's own.
    pub fn pages(mut self, pages: impl Pages) -> Self {
        self.pages = Some(Arc::new(pages));
        self
    }

    /// An origin that may show the application in a frame, for example `https://ehr.example`: an EHR that embeds it. Can
    /// be repeated. Default: none is named, which means two different things:
    ///
    /// - Answers to requests that used a launch can be framed by the application's own pages only
    ///   (`frame-ancestors 'self'`), unless the handler sent `frame-ancestors` or `X-Frame-Options` itself.
    /// - The crate's own pages, such as an error or the page after signing out, have no `frame-ancestors`: **any site may
    ///   frame them**. They show no patient's data.
    ///
    /// With at least one origin both may be framed by these and by the application's own pages, and by nobody else.
    pub fn frame_ancestor(mut self, origin: impl Into<String>) -> Self {
        self.frame_ancestors.push(origin.into());
        self
    }

    /// How the crate introduces itself to the EHR. Default: `actix-smart-auth/` and its version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.http.user_agent = user_agent.into();
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
