//! Where the servers are: an address, [`RedisSentinels`], or a [`RedisCluster`].

use std::fmt;

use super::credentials::{CredentialProvider, NoRedisCredentials, RedisCredentials};

/// Where a [`RedisStore`](super::RedisStore) keeps launches: what [`RedisStore::builder`](super::RedisStore::builder) takes.
///
/// Made from an address (`&str`, `String`), from [`RedisSentinels`] or from a [`RedisCluster`].
#[derive(Clone, Debug)]
pub struct RedisServers(pub(super) Servers);

#[derive(Clone)]
pub(super) enum Servers {
    At(String),
    Sentinels(RedisSentinels),
    Cluster(RedisCluster),
}

/// A primary with replicas, watched by Redis Sentinel, which makes a replica the primary when that fails.
///
/// The sentinels are asked at each connection, and once a second, which server is the primary. What most of them say counts, and a
/// server that calls itself a replica is not used.
///
/// With TLS the servers' certificates are checked against the names that the sentinels give: set `sentinel resolve-hostnames yes` and
/// `sentinel announce-hostnames yes`, or use certificates with IP addresses.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::store::{RedisCredentials, RedisSentinels, RedisStore, SealingKeys};
///
/// let sentinels = RedisSentinels::new("mymaster", ["redis://sentinel-1:26379", "redis://sentinel-2:26379", "redis://sentinel-3:26379"])
///     .login(RedisCredentials::user("smart", "password"));
/// let store = RedisStore::builder(sentinels)
///     .sealing_keys(SealingKeys::parse("bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE=")?)
///     .build()?;
/// # let _ = store;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing happens before a store is built with it"]
pub struct RedisSentinels {
    pub(super) primary: String,
    pub(super) sentinels: Vec<String>,
    pub(super) tls: ServersTls,
    pub(super) login: Option<RedisCredentials>,
    pub(super) database: i64,
    pub(super) credentials: Option<CredentialProvider>,
}

/// Whether the servers are reached over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServersTls {
    /// When a sentinel is.
    AsSentinels,
    On,
    DangerOff,
}

/// A Redis Cluster: the launches are spread over several primaries.
///
/// All launches of one browser are on one of them. While one is lost, only its launches are unavailable, where the servers have
/// `cluster-require-full-coverage no`.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::store::{RedisCluster, RedisStore, SealingKeys};
///
/// let cluster = RedisCluster::new(["rediss://smart:password@redis-1:6379", "rediss://smart:password@redis-2:6379"]);
/// let store = RedisStore::builder(cluster)
///     .sealing_keys(SealingKeys::parse("bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE=")?)
///     .build()?;
/// # let _ = store;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing happens before a store is built with it"]
pub struct RedisCluster {
    pub(super) nodes: Vec<String>,
}

impl RedisSentinels {
    /// The primary that the sentinels know as `primary` (`sentinel monitor <primary> …`), and the addresses of the sentinels:
    /// `redis[s]://[user:password@]host[:port]`, by default port 26379. What stands there is for the sentinels alone.
    pub fn new<S: Into<String>>(primary: impl Into<String>, sentinels: impl IntoIterator<Item = S>) -> Self {
        Self {
            primary: primary.into(),
            sentinels: sentinels.into_iter().map(Into::into).collect(),
            tls: ServersTls::AsSentinels,
            login: None,
            database: 0,
            credentials: None,
        }
    }

    /// The servers are reached over TLS. Default: they are when a sentinel is, whose address then begins with `rediss://`.
    pub const fn tls(mut self) -> Self {
        self.tls = ServersTls::On;
        self
    }

    /// The servers are reached without TLS, also when the sentinels are reached with it.
    ///
    /// The danger: who can read the connections to the servers has the password, and sees which launches are used. Sealed records stay
    /// sealed.
    pub const fn danger_servers_in_clear(mut self) -> Self {
        self.tls = ServersTls::DangerOff;
        self
    }

    /// User name and password for the servers. Default: none. For those that change see
    /// [`RedisStoreBuilder::credentials`](super::RedisStoreBuilder::credentials).
    pub fn login(mut self, login: RedisCredentials) -> Self {
        self.login = Some(login);
        self
    }

    /// The database of the servers. Default: 0.
    pub const fn database(mut self, number: i64) -> Self {
        self.database = number;
        self
    }

    /// Credentials for the sentinels that change: asked at each connection to one, as
    /// [`RedisStoreBuilder::credentials`](super::RedisStoreBuilder::credentials) is for the servers.
    pub fn sentinel_credentials<F, Fut>(mut self, provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<RedisCredentials, NoRedisCredentials>> + Send + 'static,
    {
        self.credentials = Some(CredentialProvider::new(provider));
        self
    }
}

impl RedisCluster {
    /// The cluster to which these nodes belong, as `redis[s]://[user:password@]host[:port]`. Some are enough: they tell the others.
    /// User name, password and TLS are the same for all. A cluster has no numbered databases.
    pub fn new<S: Into<String>>(nodes: impl IntoIterator<Item = S>) -> Self {
        Self {
            nodes: nodes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&str> for RedisServers {
    fn from(url: &str) -> Self {
        Self(Servers::At(url.to_owned()))
    }
}

impl From<String> for RedisServers {
    fn from(url: String) -> Self {
        Self(Servers::At(url))
    }
}

impl From<&String> for RedisServers {
    fn from(url: &String) -> Self {
        Self(Servers::At(url.clone()))
    }
}

impl From<RedisSentinels> for RedisServers {
    fn from(sentinels: RedisSentinels) -> Self {
        Self(Servers::Sentinels(sentinels))
    }
}

impl From<RedisCluster> for RedisServers {
    fn from(cluster: RedisCluster) -> Self {
        Self(Servers::Cluster(cluster))
    }
}

/// Without addresses, which may have passwords.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(_) => f.write_str("At(…)"),
            Self::Sentinels(sentinels) => sentinels.fmt(f),
            Self::Cluster(cluster) => cluster.fmt(f),
        }
    }
}

/// Without addresses, which may have passwords.
impl fmt::Debug for RedisSentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSentinels")
            .field("primary", &self.primary)
            .field("sentinels", &self.sentinels.len())
            .field("tls", &self.tls)
            .field("login", &self.login)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Without addresses, which may have passwords.
impl fmt::Debug for RedisCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCluster")
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}
