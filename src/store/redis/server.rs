//! What a link leads to: a server at an address, or the primary that the sentinels name ([`Server`]).

use std::{fmt, time::Duration};

use redis::{Value, aio::MultiplexedConnection};
use tokio::time::{Instant, timeout_at};

use super::{
    endpoint::{Endpoint, NotOpened},
    sentinels::{self, Named, Sentinels, Wait},
};
use crate::store::StoreError;

/// How often an idle connection is tried. A firewall that forgets it is noticed then, not by a request.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);

/// Where a link leads to.
#[derive(Clone)]
pub(super) enum Server {
    At(Endpoint),
    PrimaryOf(Sentinels),
}

impl Server {
    /// Finds the server and opens a connection to it, before the deadline.
    pub(super) async fn open(
        &self,
        buffered: usize,
        deadline: Instant,
    ) -> Result<(Endpoint, MultiplexedConnection), NotOpened> {
        match self {
            Self::At(endpoint) => {
                let connection = self.open_at(endpoint, buffered, deadline).await?;
                Ok((endpoint.clone(), connection))
            }
            Self::PrimaryOf(sentinels) => {
                // Half of the time is the server's.
                let asked_until = Instant::now() + deadline.saturating_duration_since(Instant::now()) / 2;
                let none = |why| NotOpened {
                    error: StoreError::Unavailable,
                    why: format!("no sentinel names a primary ({why})"),
                };
                let mut failed = NotOpened::in_time();
                for wait in [Wait::UntilDecided, Wait::ForAll] {
                    let Named { servers, may_be_more } = sentinels.named(asked_until, wait).await.map_err(none)?;
                    for endpoint in servers {
                        match self.open_at(&endpoint, buffered, deadline).await {
                            Ok(connection) => return Ok((endpoint, connection)),
                            Err(error) => failed = error,
                        }
                    }
                    if !may_be_more {
                        break;
                    }
                }
                Err(failed)
            }
        }
    }

    /// Opens a connection to a server that was found before. A server that is loading, or wants a password, says so now.
    pub(super) async fn open_at(
        &self,
        endpoint: &Endpoint,
        buffered: usize,
        deadline: Instant,
    ) -> Result<MultiplexedConnection, NotOpened> {
        let opening = async {
            let mut connection = endpoint.open(buffered).await?;
            redis::cmd("PING").query_async::<Value>(&mut connection).await?;
            let is_wrong = match self {
                Self::At(_) => false,
                Self::PrimaryOf(_) => !sentinels::is_primary(&mut connection).await?,
            };
            if is_wrong {
                return Err(NotOpened {
                    error: StoreError::Unavailable,
                    why: format!("{endpoint} is named as the primary and is a replica"),
                });
            }
            Ok(connection)
        };
        timeout_at(deadline, opening)
            .await
            .unwrap_or_else(|_| Err(NotOpened::in_time()))
    }

    /// Whether another attempt to connect may lead to another server.
    pub(super) const fn is_looked_for(&self) -> bool {
        matches!(self, Self::PrimaryOf(_))
    }

    /// How often the connection is tried, and the sentinels asked.
    pub(super) const fn pulse(&self) -> Duration {
        match self {
            Self::At(_) => HEARTBEAT,
            Self::PrimaryOf(_) => sentinels::LOOK,
        }
    }

    /// Whether another server is to be used from now on.
    pub(super) async fn has_moved_from(&self, current: &Endpoint) -> bool {
        match self {
            Self::At(_) => false,
            Self::PrimaryOf(sentinels) => {
                let deadline = Instant::now() + sentinels::LOOK;
                sentinels.have_moved_from(current, deadline).await
            }
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(endpoint) => endpoint.fmt(f),
            Self::PrimaryOf(sentinels) => sentinels.fmt(f),
        }
    }
}
