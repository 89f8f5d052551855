//! How a [`RedisStore`] is made.

use std::{fmt, sync::Arc, time::Duration};

use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, TlsCertificates, io::tcp::TcpSettings};

use super::{
    RedisStore,
    fault::Alarms,
    link::{Link, LinkOptions},
    names::Names,
    opened::OpenedRecords,
    scripts::KeyChecks,
    sealer::Sealer,
    store::Inner,
};
use crate::{store::SealingKeys, time::Clock};

/// Collects the options of a [`RedisStore`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct RedisStoreBuilder {
    url: String,
    sealer: Option<Sealer>,
    prefix: String,
    link: LinkOptions,
    root_certificates: Option<String>,
    uses_noted_every: Duration,
    checks: KeyChecks,
    clock: Option<Arc<dyn Clock>>,
}

/// Why there is no [`RedisStore`]. Nothing of the address or a key is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// The address cannot be read.
    #[error(
        "the address of Redis is not of the form redis://[user:password@]host[:port][/database]; with TLS rediss://…, \
         for a socket redis+unix:///path"
    )]
    Address,
    /// The address asks for TLS without checking the server's certificate.
    #[error("the address of Redis ends in #insecure; give the server's authority with `root_certificates` instead")]
    InsecureTls,
    /// There are no sealing keys.
    #[error(
        "a Redis store needs sealing keys (`sealing_keys`); make one with `openssl rand -base64 32` and give the same to \
         all processes"
    )]
    NoSealingKeys,
    /// The prefix has braces, which Redis Cluster would take for a hash tag.
    #[error("the prefix of the names in Redis must not contain braces")]
    Prefix,
    /// A time-out is zero.
    #[error("the time-outs of the Redis store must be longer than zero")]
    Timeout,
    /// The root certificates cannot be read.
    #[error("the root certificates for Redis are not PEM text with certificates")]
    RootCertificates,
}

impl RedisStore {
    /// A store in the server at `url`: `redis://[user:password@]host[:port][/database]`, with TLS `rediss://…`, or
    /// `redis+unix:///path/to/socket`.
    pub fn builder(url: impl Into<String>) -> RedisStoreBuilder {
        RedisStoreBuilder {
            url: url.into(),
            sealer: None,
            prefix: "smart:".to_owned(),
            link: LinkOptions {
                connect_timeout: Duration::from_secs(2),
                command_timeout: Duration::from_secs(2),
                max_in_flight: 2048,
            },
            root_certificates: None,
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

    /// The time for connecting: name look-up, TLS, signing in and a first answer. Default: 2 s.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.link.connect_timeout = timeout;
        self
    }

    /// The time for one operation, waiting for a connection included. Default: 2 s.
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
        self.root_certificates = Some(pem.into());
        self
    }

    /// The store. Does not connect; the first operation does.
    ///
    /// # Errors
    ///
    /// [`RedisStoreError`]: an address that cannot be read, no sealing keys, a prefix with braces, a time-out of zero,
    /// unreadable certificates.
    pub fn build(self) -> Result<RedisStore, RedisStoreError> {
        let sealer = self.sealer.ok_or(RedisStoreError::NoSealingKeys)?;
        if self.prefix.contains(['{', '}']) {
            return Err(RedisStoreError::Prefix);
        }
        if self.link.connect_timeout.is_zero() || self.link.command_timeout.is_zero() {
            return Err(RedisStoreError::Timeout);
        }
        let info = connection_info(&self.url)?;
        let server = info.addr().to_string();
        let client = client(info, self.root_certificates)?;
        let alarms = Arc::new(Alarms::default());
        Ok(RedisStore {
            inner: Arc::new(Inner {
                link: Link::new(client, self.link, Arc::clone(&alarms)),
                names: Names::new(self.prefix),
                sealer,
                opened: OpenedRecords::new(),
                uses_noted_every: self.uses_noted_every,
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
            .field("sealing", &self.sealer)
            .field("prefix", &self.prefix)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

fn connection_info(url: &str) -> Result<ConnectionInfo, RedisStoreError> {
    let info = url.into_connection_info().map_err(|_| RedisStoreError::Address)?;
    if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
        return Err(RedisStoreError::InsecureTls);
    }
    // Requests and answers are small: waiting to fill a packet would only make them late.
    Ok(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

fn client(info: ConnectionInfo, root_certificates: Option<String>) -> Result<Client, RedisStoreError> {
    if !matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
        return Client::open(info).map_err(|_| RedisStoreError::Address);
    }
    // Where several providers are compiled in, rustls does not choose; an application's own choice stays.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: root_certificates.map(String::into_bytes),
    };
    Client::build_with_tls(info, certificates).map_err(|_| RedisStoreError::RootCertificates)
}

#[cfg(test)]
mod tests;
