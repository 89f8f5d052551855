//! How a [`PostgresStore`] is made.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use super::{
    PostgresStore,
    address::{Address, Encryption},
    connection::Target,
    error::PostgresStoreError,
    link::{Link, LinkOptions},
    schema::Schema,
    store::Inner,
    tls::Tls,
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

/// Collects the options of a [`PostgresStore`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct PostgresStoreBuilder {
    url: String,
    sealer: Option<Sealer>,
    schema: String,
    connect_timeout: Duration,
    link: LinkOptions,
    root_certificates: Option<String>,
    uses_noted_every: Duration,
    clock: Option<Arc<dyn Clock>>,
}

impl PostgresStore {
    /// A store in the database at `url`: `postgres://[user[:password]@]host[:port][,host[:port]…][/database][?option=value&…]`, or with
    /// `postgres://%2Fpath%2Fto%2Ffolder/database` over a socket.
    ///
    /// Of several hosts the first is used that takes writes. The options are `sslmode`, `application_name`, `options`,
    /// `connect_timeout` (for one attempt, within [`connect_timeout`](PostgresStoreBuilder::connect_timeout)), `tcp_user_timeout` and
    /// `keepalives…`. Leave out the others of libpq. `sslrootcert`, `sslcert`, `sslkey`, `passfile`, `service`, `hostaddr` and
    /// `channel_binding=require` are refused: an authority of your own is given by [`root_certificates`](PostgresStoreBuilder::root_certificates),
    /// and certificates of clients and channel binding are not there.
    /// Default of `sslmode`: `verify-full`, or `disable` when all hosts are of this machine (`localhost`, 127.0.0.1, `[::1]`, a socket).
    /// `require` and `verify-ca` are taken as `verify-full`: the certificate has to be of the host's name, and signed by an authority
    /// that is trusted.
    pub fn builder(url: impl Into<String>) -> PostgresStoreBuilder {
        PostgresStoreBuilder {
            url: url.into(),
            sealer: None,
            schema: "smart_auth".to_owned(),
            connect_timeout: Duration::from_secs(2),
            link: LinkOptions {
                command_timeout: Duration::from_secs(2),
                max_in_flight: 2048,
                max_connections: 10,
                sweep_every: Duration::from_secs(60),
            },
            root_certificates: None,
            uses_noted_every: Duration::from_secs(10),
            clock: None,
        }
    }
}

impl PostgresStoreBuilder {
    /// The keys under which records are sealed; the same for all processes that share the database. Required.
    pub fn sealing_keys(mut self, keys: SealingKeys) -> Self {
        self.sealer = Some(Sealer::Keys(keys));
        self
    }

    /// Stores records without sealing them.
    ///
    /// The danger: a reader of the tables, of the server's files on disk, of a backup or of the connection has the access
    /// and refresh tokens and the patients of all launches. For tests only.
    ///
    /// The crate then has no keys for what browsers keep while they sign in: give it some with
    /// [`SmartConfigBuilder::sealing_keys`](crate::SmartConfigBuilder::sealing_keys).
    pub fn danger_plain_text(mut self) -> Self {
        self.sealer = Some(Sealer::DangerPlainText);
        self
    }

    /// The schema of the database that holds the store. Default: `smart_auth`. Applications that share a database need one each.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// The time for connecting: name look-up, TLS, signing in and a first answer; of several hosts each has an equal part of it. Default: 2 s.
    /// At most an hour.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The time for one operation, waiting for a connection and for locks included. Default: 2 s. At most an hour. A request waits so long at most for a
    /// server that hangs; one that signs out of all launches of a browser, twice as long.
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

    /// How many connections a process has to the server at most, for its operations; more for moments, to see
    /// whether the server is there and while idle ones are tried.
    /// Each runs one operation at a time, which takes about as long as a write to the server's disk. Two of them are kept from writes, which may hang
    /// while a standby is away; of two it is one, of one none. At least 1. Default: 10.
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.link.max_connections = connections;
        self
    }

    /// How often a launch that is in use is noted as used: a request soon after another one then only reads, and the server has nothing
    /// to write to its disk. Such a launch ends that much earlier when nobody uses it any more, never later. Where a browser has too many
    /// launches, the one ends that is noted as unused the longest. Default: 10 s; at most a twentieth of
    /// [`Lifetimes::launch_idle`](crate::store::Lifetimes::launch_idle), whatever is set here. Zero notes each use. While somebody writes to the launch, a
    /// use is noted later, within that twentieth.
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

    /// How often a process frees the rows of what is over, for tests. Default: 60 s.
    #[cfg(any(test, feature = "test-util"))]
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub const fn sweeping_every(mut self, span: Duration) -> Self {
        self.link.sweep_every = span;
        self
    }

    /// The authorities to trust for TLS, as PEM text. Default: the system's.
    pub fn root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// The store. Does not connect; the first operation does.
    ///
    /// # Errors
    ///
    /// [`PostgresStoreError`]: an address that cannot be read, a mode of TLS that may not encrypt, no sealing keys, a name of a schema that
    /// cannot be used, a time-out of zero or of more than an hour, no certificates that can be read.
    pub fn build(self) -> Result<PostgresStore, PostgresStoreError> {
        let sealer = self.sealer.ok_or(PostgresStoreError::NoSealingKeys)?;
        let schema = Schema::parse(&self.schema).ok_or(PostgresStoreError::Schema)?;
        if ![self.connect_timeout, self.link.command_timeout]
            .into_iter()
            .all(timeouts::is_usable)
        {
            return Err(PostgresStoreError::Timeout);
        }
        let Address { servers, encryption } = Address::parse(&self.url)?;
        let tls = match encryption {
            Encryption::None => None,
            Encryption::Verified => Some(Tls::new(self.root_certificates.as_deref())?),
        };
        let target = Target {
            servers,
            tls,
            schema,
            connect_timeout: self.connect_timeout,
            command_timeout: self.link.command_timeout,
            held: Arc::default(),
            has_warned: AtomicBool::new(false),
        };
        let alarms = Arc::new(Alarms::of("PostgreSQL"));
        Ok(PostgresStore {
            inner: Arc::new(Inner {
                link: Link::new(target, self.link, Arc::clone(&alarms), self.clock),
                sealer,
                opened: OpenedRecords::new(),
                uses_noted_every: self.uses_noted_every,
                lost_claims: LostClaims::default(),
                alarms,
            }),
        })
    }
}

impl fmt::Debug for PostgresStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStoreBuilder")
            .field("sealing", &self.sealer)
            .field("schema", &self.schema)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
