//! Which server is the primary, asked of the sentinels: [`Sentinels`].
//!
//! All are asked at once. What more than half of them say counts at once, so that one that hangs costs nothing; so does what fewer say,
//! once those who are silent could make nobody else win; otherwise what most say within a bounded time. Two of five who agree have to
//! wait for three who are silent: these may be the majority that has made another server the primary, and a former one that is cut off
//! from them calls itself a primary as well. That a server does so at all is checked after connecting: a sentinel may lie, or be out of date.

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

/// What was said.
struct Said {
    /// The server with most votes first.
    candidates: Vec<Candidate>,
    /// What those said who name none.
    others: Vec<String>,
    /// How many were not waited for, or not heard in time.
    silent: usize,
}

/// How long answers are waited for, where no server has more than half of the votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Until those who are silent could make no other server win.
    UntilDecided,
    ForAll,
}

/// The servers that are said to be the primary.
pub(super) struct Named {
    /// The likeliest first.
    pub(super) servers: Vec<Endpoint>,
    /// Whether waiting for all could bring others.
    pub(super) may_be_more: bool,
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

    /// The servers that are said to be the primary, before the deadline.
    ///
    /// Where more than half name one, it is that one or none: another one may be a former primary that does not know it yet.
    ///
    /// # Errors
    ///
    /// What each sentinel answers instead, where none names a server.
    pub(super) async fn named(&self, deadline: Instant, wait: Wait) -> Result<Named, String> {
        let Said {
            mut candidates,
            mut others,
            silent,
        } = self.ask(deadline, wait).await;
        let Some(first) = candidates.first() else {
            // The same causes in the same words, whoever was the first to answer.
            others.sort_unstable();
            return Err(others.join("; "));
        };
        let is_majority = self.is_majority(first.votes);
        let may_be_more = wait == Wait::UntilDecided && silent > 0 && !is_majority;
        if is_majority || may_be_more {
            candidates.truncate(1);
        }
        let servers = candidates.iter().map(|candidate| self.server.at(&candidate.primary));
        Ok(Named {
            servers: servers.collect(),
            may_be_more,
        })
    }

    /// Whether more than half of the sentinels say that another server is the primary.
    pub(super) async fn have_moved_from(&self, current: &Endpoint, deadline: Instant) -> bool {
        let said = self.ask(deadline, Wait::ForAll).await;
        said.candidates.first().is_some_and(|first| {
            self.is_majority(first.votes) && current.place().is_some_and(|place| place != first.primary)
        })
    }

    fn is_majority(&self, votes: usize) -> bool {
        votes * 2 > self.seats.len()
    }

    /// What they say; among as many votes, the server of the later fail-over first.
    async fn ask(&self, deadline: Instant, wait: Wait) -> Said {
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
            match vote {
                Ok(Ok(vote)) => count(&mut candidates, vote),
                Ok(Err(why)) => {
                    tracing::debug!(why, "a sentinel names no primary");
                    others.push(why);
                }
                Err(_) => {}
            }
            let votes = candidates.iter().map(|known| known.votes);
            let has_majority = votes.clone().any(|votes| self.is_majority(votes));
            if has_majority || (wait == Wait::UntilDecided && nobody_else_can_win(votes, asked.len())) {
                break;
            }
        }
        let silent = asked.len();
        // Those that are slower keep their connections: the next question needs them.
        asked.detach_all();
        candidates.sort_by_key(|known| std::cmp::Reverse((known.votes, known.epoch)));
        Said {
            candidates,
            others,
            silent,
        }
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

fn count(candidates: &mut Vec<Candidate>, Vote { primary, epoch }: Vote) {
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
}

/// Whether one has more votes than any other would have with those of all who are silent.
fn nobody_else_can_win(votes: impl Iterator<Item = usize>, silent: usize) -> bool {
    let mut votes: Vec<_> = votes.collect();
    votes.sort_unstable_by(|one, other| other.cmp(one));
    let second = votes.get(1).copied().unwrap_or(0);
    votes.first().is_some_and(|first| *first > second + silent)
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

#[cfg(test)]
mod tests {
    use super::nobody_else_can_win;

    #[test]
    fn who_has_most_votes_has_won_when_the_silent_ones_could_not_even_make_another_one_equal() {
        for (votes, silent, is_decided) in [
            (&[2][..], 1, true),
            (&[2], 2, false),
            // Two of five, and three who may know of a fail-over.
            (&[2], 3, false),
            (&[1], 1, false),
            (&[1], 0, true),
            (&[1, 3], 1, true),
            (&[3, 2], 1, false),
            (&[2, 2], 0, false),
            (&[], 0, false),
            (&[], 3, false),
        ] {
            assert_eq!(
                nobody_else_can_win(votes.iter().copied(), silent),
                is_decided,
                "{votes:?} {silent}"
            );
        }
    }
}
