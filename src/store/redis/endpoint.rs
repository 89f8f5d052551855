//! One server: where it is, and opening a connection to it ([`Endpoint`]).

use std::fmt;

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisError,
    aio::MultiplexedConnection, io::tcp::TcpSettings,
};
use secrecy::ExposeSecret as _;

use super::{RedisStoreError, credentials::CredentialProvider, fault::Fault, host_and_port::HostAndPort, tls::Tls};
use crate::store::StoreError;

/// How one server is reached, and signed in to.
#[derive(Clone)]
pub(super) struct Endpoint {
    info: ConnectionInfo,
    credentials: Option<CredentialProvider>,
}

/// Why a connection could not be opened.
#[derive(Debug, Clone)]
pub(super) struct NotOpened {
    pub(super) error: StoreError,
    /// For the log; nothing secret is in it.
    pub(super) why: String,
}

impl Endpoint {
    /// The server at an address of the form `redis[s]://[user:password@]host[:port][/database]`, or a socket.
    pub(super) fn parse(url: &str, tls: &Tls) -> Result<Self, RedisStoreError> {
        let info = url.into_connection_info().map_err(|_| RedisStoreError::Address)?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(RedisStoreError::InsecureTls);
        }
        let info = tls.applied_to(info)?;
        // Requests and answers are small: waiting to fill a packet would only make them late.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Ok(Self {
            info,
            credentials: None,
        })
    }

    pub(super) fn with_credentials(mut self, credentials: Option<CredentialProvider>) -> Self {
        self.credentials = credentials;
        self
    }

    /// Signs in so, where no credentials are asked for.
    pub(super) fn with_login(mut self, user: Option<&str>, password: Option<&str>) -> Self {
        let mut settings = self.info.redis_settings().clone();
        if let Some(user) = user {
            settings = settings.set_username(user);
        }
        if let Some(password) = password {
            settings = settings.set_password(password);
        }
        self.info = self.info.set_redis_settings(settings);
        self
    }

    /// Another server that is reached and signed in to in the same way. A socket has no other.
    pub(super) fn at(&self, place: &HostAndPort) -> Self {
        let (host, port) = (place.host.clone(), place.port);
        let addr = match self.info.addr().clone() {
            ConnectionAddr::Tcp(..) => ConnectionAddr::Tcp(host, port),
            ConnectionAddr::TcpTls {
                insecure, tls_params, ..
            } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure,
                tls_params,
            },
            other => other,
        };
        Self {
            info: self.info.clone().set_addr(addr),
            credentials: self.credentials.clone(),
        }
    }

    /// Where it is, where that is a host.
    pub(super) fn place(&self) -> Option<HostAndPort> {
        let (host, port) = match self.info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => (host.clone(), *port),
            _ => return None,
        };
        Some(HostAndPort { host, port })
    }

    pub(super) fn database(&self) -> i64 {
        self.info.redis_settings().db()
    }

    pub(super) fn uses_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }

    /// Whether both sign in as the same, and over the same kind of connection.
    pub(super) fn is_reached_like(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.info.redis_settings(), other.info.redis_settings());
        self.uses_tls() == other.uses_tls()
            && mine.username() == theirs.username()
            && mine.password() == theirs.password()
    }

    /// Opens a connection and signs in. Time-outs are the caller's: one over everything.
    pub(super) async fn open(&self, buffered: usize) -> Result<MultiplexedConnection, NotOpened> {
        let mut info = self.info.clone();
        if let Some(credentials) = &self.credentials {
            let credentials = credentials.ask().await.map_err(|error| NotOpened {
                error: StoreError::Unavailable,
                why: error.to_string(),
            })?;
            let mut settings = info.redis_settings().clone();
            if let Some(user) = credentials.user {
                settings = settings.set_username(user);
            }
            let settings = settings.set_password(credentials.password.expose_secret());
            info = info.set_redis_settings(settings);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(buffered.clamp(1, 1024));
        let client = Client::open(info)?;
        Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.addr().fmt(f)
    }
}

impl NotOpened {
    pub(super) fn in_time() -> Self {
        Self {
            error: StoreError::Unavailable,
            why: "no answer in time".to_owned(),
        }
    }
}

/// A server repeats a command that it does not know, and some of what comes with it: of one with which a connection is opened that
/// is the password.
const REPEATED: &str = "with args beginning with";

impl From<RedisError> for NotOpened {
    fn from(error: RedisError) -> Self {
        let why = error.to_string();
        Self {
            why: why
                .split_once(REPEATED)
                .map_or(&*why, |(said, _)| said)
                .trim_end_matches([' ', ','])
                .to_owned(),
            error: match Fault::of(&error) {
                Fault::Answered(cause) => cause,
                Fault::Broken | Fault::NoScript => StoreError::Unavailable,
            },
        }
    }
}
