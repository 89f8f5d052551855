//! Which server is the primary, asked of the sentinels: [`Sentinels`].
//!
//! All are asked at once. What more than half of them say counts at once, so that one that hangs costs nothing; otherwise what most
//! say within a bounded time. That the server calls itself a primary is checked after connecting: a sentinel may lie, or be out of date.

use std::{fmt, sync::Arc, time::Duration};

use redis::{RedisError, Value, aio::MultiplexedConnection};
use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{endpoint::Endpoint, host_and_port::HostAndPort};

/// The sentinels of one primary.
#[derive(Clone)]
pub(super) struct Sentinels {
    name: Arc<str>,
    seats: Arc<[Seat]>,
    /// How the servers are reached; the place is not its own.
    server: Endpoint,
}

/// One sentinel. Its connection is kept between questions.
struct Seat {
    endpoint: Endpoint,
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// What one sentinel said.
struct Vote {
    primary: HostAndPort,
    /// Counts fail-overs.
    epoch: u64,
}

/// What several said of one server.
struct Candidate {
    primary: HostAndPort,
    votes: usize,
    epoch: u64,
}

/// What all said.
struct Said {
    /// The server with most votes first.
    candidates: Vec<Candidate>,
    /// What those said who name none.
    others: Vec<String>,
}

impl Sentinels {
    pub(super) fn new(name: &str, sentinels: Vec<Endpoint>, server: Endpoint) -> Self {
        let seat = |endpoint| Seat {
            endpoint,
            connection: Mutex::new(None),
        };
        Self {
            name: name.into(),
            seats: sentinels.into_iter().map(seat).collect(),
            server,
        }
    }

    /// The servers that are said to be the primary, the likeliest first, before the deadline.
    ///
    /// Where more than half name one, it is that one or none: another one may be a former primary that does not know it yet.
    ///
    /// # Errors
    ///
    /// What each sentinel answers instead, where none names a server.
    pub(super) async fn candidates(&self, deadline: Instant) -> Result<Vec<Endpoint>, String> {
        let Said { mut candidates, others } = self.ask(deadline).await;
        if candidates.is_empty() {
            return Err(others.join("; "));
        }
        if candidates.first().is_some_and(|first| self.is_majority(first.votes)) {
            candidates.truncate(1);
        }
        let servers = candidates.iter().map(|candidate| self.server.at(&candidate.primary));
        Ok(servers.collect())
    }

    /// Whether more than half of the sentinels say that another server is the primary.
    pub(super) async fn have_moved_from(&self, current: &Endpoint, deadline: Instant) -> bool {
        let said = self.ask(deadline).await;
        said.candidates.first().is_some_and(|first| {
            self.is_majority(first.votes) && current.place().is_some_and(|place| place != first.primary)
        })
    }

    fn is_majority(&self, votes: usize) -> bool {
        votes * 2 > self.seats.len()
    }

    /// What they say; among as many votes, the server of the later fail-over first.
    async fn ask(&self, deadline: Instant) -> Said {
        let mut asked = JoinSet::new();
        for (at, seat) in self.seats.iter().enumerate() {
            let (this, name) = (self.clone(), seat.endpoint.to_string());
            asked.spawn(async move {
                let vote = timeout_at(deadline, this.vote(at)).await;
                let vote = vote.unwrap_or_else(|_| Err("no answer in time".to_owned()));
                vote.map_err(|why| format!("sentinel {name}: {why}"))
            });
        }
        let (mut candidates, mut others) = (Vec::<Candidate>::new(), Vec::new());
        while let Some(vote) = asked.join_next().await {
            let Vote { primary, epoch } = match vote {
                Ok(Ok(vote)) => vote,
                Ok(Err(why)) => {
                    tracing::debug!(why, "a sentinel names no primary");
                    others.push(why);
                    continue;
                }
                Err(_) => continue,
            };
            match candidates.iter_mut().find(|known| known.primary == primary) {
                Some(known) => {
                    known.votes += 1;
                    known.epoch = known.epoch.max(epoch);
                }
                None => candidates.push(Candidate {
                    primary,
                    votes: 1,
                    epoch,
                }),
            }
            if candidates.iter().any(|known| self.is_majority(known.votes)) {
                break;
            }
        }
        // Those that are slower keep their connections: the next question needs them.
        asked.detach_all();
        candidates.sort_by_key(|known| std::cmp::Reverse((known.votes, known.epoch)));
        Said { candidates, others }
    }

    async fn vote(&self, at: usize) -> Result<Vote, String> {
        let seat = self.seats.get(at).ok_or("there is no such sentinel")?;
        let mut connection = seat.connection.lock().await;
        let known = connection.is_some();
        let vote = match self.vote_over(&mut connection, seat).await {
            // The connection may have been closed since.
            Err(_) if known => self.vote_over(&mut connection, seat).await?,
            vote => vote?,
        };
        vote.ok_or_else(|| format!("it knows no primary with the name {}", self.name))
    }

    /// Takes the connection out meanwhile: when nobody waits any more for one that hangs, the next question opens another one.
    async fn vote_over(&self, kept: &mut Option<MultiplexedConnection>, seat: &Seat) -> Result<Option<Vote>, String> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => seat.endpoint.open(1).await.map_err(|error| error.why)?,
        };
        let vote = question(&self.name, &mut connection)
            .await
            .map_err(|error| error.to_string())?;
        *kept = Some(connection);
        Ok(vote)
    }
}

/// `None` where the sentinel does not know the name.
async fn question(name: &str, connection: &mut MultiplexedConnection) -> Result<Option<Vote>, RedisError> {
    let mut both = redis::pipe();
    both.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    both.cmd("SENTINEL").arg("MASTER").arg(name);
    let answers = connection.send_packed_commands(&both, 0, 2).await?;
    let [address, state] = answers.as_slice() else {
        return Ok(None);
    };
    if let Value::ServerError(error) = address {
        return Err(error.clone().into());
    }
    let (Some(primary), epoch) = (address_in(address), epoch_in(state)) else {
        return Ok(None);
    };
    Ok(Some(Vote { primary, epoch }))
}

fn address_in(answer: &Value) -> Option<HostAndPort> {
    let (host, port): (String, u16) = redis::from_redis_value_ref(answer).ok()?;
    Some(HostAndPort { host, port })
}

/// 0 where it is not said.
fn epoch_in(answer: &Value) -> u64 {
    let fields: std::collections::HashMap<String, String> = redis::from_redis_value_ref(answer).unwrap_or_default();
    fields
        .get("config-epoch")
        .and_then(|epoch| epoch.parse().ok())
        .unwrap_or(0)
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the sentinels", self.name)?;
        for (at, seat) in self.seats.iter().enumerate() {
            write!(f, "{} {}", if at == 0 { "" } else { "," }, seat.endpoint)?;
        }
        Ok(())
    }
}

/// How long one question to a sentinel may take while the primary works.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Whether a server calls itself a primary. Every user may ask.
pub(super) async fn is_primary(connection: &mut MultiplexedConnection) -> Result<bool, RedisError> {
    let hello: Value = redis::cmd("HELLO").query_async(connection).await?;
    let fields: std::collections::HashMap<String, Value> = redis::from_redis_value(hello)?;
    let role: Option<String> = fields
        .get("role")
        .and_then(|role| redis::from_redis_value_ref(role).ok());
    Ok(role.as_deref() == Some("master"))
}
