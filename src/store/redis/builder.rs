//! How a [`RedisStore`] is made.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    NoRedisCredentials, RedisConnections, RedisCredentials, RedisServers, RedisStore, RedisStoreError,
    credentials::CredentialProvider,
    driver::Driver,
    link::LinkOptions,
    names::Names,
    plan::Plan,
    scripts::KeyChecks,
    store::Inner,
    tls::{ClientCertificate, Tls},
};
use crate::{
    store::{
        SealingKeys,
        alarms::Alarms,
        lost_claim::LostClaims,
        sealed::{OpenedRecords, Sealer},
        timeouts,
    },
    time::Clock,
};

/// Collects the options of a [`RedisStore`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct RedisStoreBuilder {
    servers: RedisServers,
    credentials: Option<CredentialProvider>,
    sealer: Option<Sealer>,
    prefix: String,
    link: LinkOptions,
    tls: Tls,
    uses_noted_every: Duration,
    checks: KeyChecks,
    clock: Option<Arc<dyn Clock>>,
}

impl RedisStore {
    /// A store in the server at an address: `redis://[user:password@]host[:port][/database]`, with TLS `rediss://…`, or
    /// `redis+unix:///path/to/socket`. Or in those that [`RedisSentinels`](crate::store::RedisSentinels) watch, or in a
    /// [`RedisCluster`](crate::store::RedisCluster).
    pub fn builder(servers: impl Into<RedisServers>) -> RedisStoreBuilder {
        RedisStoreBuilder {
            servers: servers.into(),
            credentials: None,
            sealer: None,
            prefix: "smart:".to_owned(),
            link: LinkOptions {
                connect_timeout: Duration::from_secs(2),
                command_timeout: Duration::from_secs(2),
                max_in_flight: 2048,
                connections: RedisConnections::PerWorker,
            },
            tls: Tls::default(),
            uses_noted_every: Duration::from_secs(10),
            checks: KeyChecks::default(),
            clock: None,
        }
    }
}

impl RedisStoreBuilder {
    /// The keys under which records are sealed; the same for all processes that share the server. Required.
    pub fn sealing_keys(mut self, keys: SealingKeys) -> Self {
        self.sealer = Some(Sealer::Keys(keys));
        self
    }

    /// Stores records without sealing them.
    ///
    /// The danger: a reader of the server's memory, of its files on disk, of a backup or of the connection has the access
    /// and refresh tokens and the patients of all launches. For tests only.
    ///
    /// The crate then has no keys for what browsers keep while they sign in: give it some with
    /// [`SmartConfigBuilder::sealing_keys`](crate::SmartConfigBuilder::sealing_keys).
    pub fn danger_plain_text(mut self) -> Self {
        self.sealer = Some(Sealer::DangerPlainText);
        self
    }

    /// What all names in Redis begin with. Default: `smart:`. Applications that share a server need one each.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The time for connecting: name look-up, TLS, signing in and a first answer. Default: 2 s. At most an hour.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.link.connect_timeout = timeout;
        self
    }

    /// The time for one operation, waiting for a connection included. Default: 2 s. At most an hour. A request waits so long at most for a server that
    /// hangs, and 50 ms to read what has come by then; one that signs out of all launches of a browser, twice as long.
    pub const fn command_timeout(mut self, timeout: Duration) -> Self {
        self.link.command_timeout = timeout;
        self
    }

    /// How many operations may wait for the server at once; one more fails at once as unavailable. At least 1.
    /// Default: 2048.
    pub const fn max_in_flight(mut self, operations: usize) -> Self {
        self.link.max_in_flight = operations;
        self
    }

    /// How many connections a process has to the server. Default: [`RedisConnections::PerWorker`].
    pub const fn connections(mut self, connections: RedisConnections) -> Self {
        self.link.connections = connections;
        self
    }

    /// How often a launch that is in use is noted as used: a request soon after another one then only reads, and the server has nothing
    /// to write to its disk. Such a launch ends that much earlier when nobody uses it any more, never later. Where a browser has too many
    /// launches, the one ends that is noted as unused the longest. Default: 10 s; at most a twentieth of
    /// [`Lifetimes::launch_idle`](crate::store::Lifetimes::launch_idle), whatever is set here. Zero notes each use.
    pub const fn uses_noted_every(mut self, span: Duration) -> Self {
        self.uses_noted_every = span;
        self
    }

    /// Puts another clock in the place of the server's, for tests that move it. Every process has to have the same.
    #[cfg(any(test, feature = "test-util"))]
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub fn timed_by(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Makes each script refuse to touch a key that it does not declare, for tests of the store itself.
    #[cfg(any(test, feature = "test-util"))]
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub const fn checking_keys(mut self) -> Self {
        self.checks = KeyChecks::Script;
        self
    }

    /// The authorities to trust for `rediss://`, as PEM text. Default: the system's.
    pub fn root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.tls.roots = Some(pem.into());
        self
    }

    /// The certificate that this application shows to the servers (and sentinels with TLS), with those that lead to its authority, and
    /// its key; both as PEM text. Default: none. A renewed one takes effect when the store is built anew.
    pub fn client_certificate(mut self, chain: impl Into<String>, key: impl Into<String>) -> Self {
        self.tls.client = Some(ClientCertificate {
            chain: chain.into(),
            key: key.into(),
        });
        self
    }

    /// Asks for user name and password at each new connection: for passwords that change, and tokens of a cloud provider. Takes the place
    /// of what stands in the address. Default: what stands there.
    ///
    /// It has to answer within [`connect_timeout`](Self::connect_timeout), together with connecting, and must not block its thread. After an
    /// interruption it is asked for many connections at once: keep a token for as long as it is good, if each costs a request.
    /// While it fails, connections that are open go on, and no new one is opened. While a server is away, or there are no credentials, it is
    /// asked at each attempt to connect: once a second for each server, and in a cluster once a second for each address in
    /// [`RedisCluster::new`](crate::store::RedisCluster::new) too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actix_smart_auth::store::{NoRedisCredentials, RedisCredentials, RedisStore};
    /// let builder = RedisStore::builder("rediss://redis.internal").credentials(|| async {
    ///     let read = tokio::task::spawn_blocking(|| std::fs::read_to_string("/run/secrets/redis"));
    ///     let Ok(Ok(password)) = read.await else {
    ///         return Err(NoRedisCredentials::because("the file of the password cannot be read"));
    ///     };
    ///     Ok(RedisCredentials::user("smart", password.trim()))
    /// });
    /// # let _ = builder;
    /// ```
    pub fn credentials<F, Fut>(mut self, provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<RedisCredentials, NoRedisCredentials>> + Send + 'static,
    {
        self.credentials = Some(CredentialProvider::new(provider));
        self
    }

    /// The store. Does not connect; the first operation does.
    ///
    /// # Errors
    ///
    /// [`RedisStoreError`]: an address that cannot be read, no sealing keys, a prefix with braces, a time-out of zero or of more than an hour,
    /// unreadable certificates, no sentinel or node, a cluster with a database.
    pub fn build(self) -> Result<RedisStore, RedisStoreError> {
        let sealer = self.sealer.ok_or(RedisStoreError::NoSealingKeys)?;
        if self.prefix.contains(['{', '}']) {
            return Err(RedisStoreError::Prefix);
        }
        if ![self.link.connect_timeout, self.link.command_timeout]
            .into_iter()
            .all(timeouts::is_usable)
        {
            return Err(RedisStoreError::Timeout);
        }
        let driver = Arc::new(Driver::default());
        let alarms = Arc::new(Alarms::of("Redis"));
        let planned = Plan::of(self.servers.0, &self.tls, self.credentials)?;
        let server = planned.to_string();
        Ok(RedisStore {
            inner: Arc::new(Inner {
                deployment: planned.begin(self.link, driver, Arc::clone(&alarms)),
                names: Names::new(self.prefix),
                sealer,
                opened: OpenedRecords::new(),
                uses_noted_every: self.uses_noted_every,
                lost_claims: LostClaims::default(),
                alarms,
                server,
                checks: self.checks,
                clock: self.clock,
            }),
        })
    }
}

impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("servers", &self.servers)
            .field("sealing", &self.sealer)
            .field("prefix", &self.prefix)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
