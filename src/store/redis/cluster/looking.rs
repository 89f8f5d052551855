//! Keeping the map of the slots: [`keep_looking`].

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use redis::{Value, aio::MultiplexedConnection};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Shared, slots::SlotMap};
use crate::store::{
    StoreError,
    outage::Outage,
    redis::{
        endpoint::{Endpoint, NotOpened},
        host_and_port::HostAndPort,
        server::Server,
    },
};

/// Between two looks, at least: from, doubling while nobody tells, to. Each look may open connections to all seeds.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// Between two looks that nobody asked for: while something is wrong, and otherwise.
const TROUBLE: Duration = Duration::from_millis(500);
const QUIET: Duration = Duration::from_secs(10);
/// How many nodes are asked at once. More only ask for the same.
const ASKED: usize = 3;

/// What a node said.
struct Told {
    map: SlotMap,
    /// Whether it counts itself among those who can be asked: one that is cut off from the others has an old map.
    is_ok: bool,
}

/// Looks now, when somebody says that the map is wrong, and now and then; until the cluster is closed.
pub(super) async fn keep_looking(cluster: Weak<Shared>, wake: Arc<Notify>) {
    let (mut outage, mut pause) = (Outage::default(), PAUSE.0);
    loop {
        let Some(shared) = cluster
            .upgrade()
            .filter(|shared| !shared.is_closed.load(Ordering::Acquire))
        else {
            return;
        };
        let told = shared.told().await;
        match told {
            Ok(map) => {
                if let Some(away) = outage.ended() {
                    tracing::info!(?away, "the Redis cluster says again who has which slots");
                }
                shared.take(map);
                pause = PAUSE.0;
            }
            Err(NotOpened { error, why }) => {
                if outage.has_new_cause(error, &why) {
                    tracing::error!(%error, why, "no node of the Redis cluster says who has which slots; launches are kept, trying again");
                }
                shared.map.send_modify(|map| *map = Arc::new(map.failed(error)));
                pause = (pause * 2).min(PAUSE.1);
            }
        }
        let is_calm = shared.map.borrow().is_whole() && shared.all_are_up();
        drop(shared);
        sleep(pause).await;
        let _ = timeout(if is_calm { QUIET } else { TROUBLE }, wake.notified()).await;
    }
}

impl Shared {
    fn all_are_up(&self) -> bool {
        self.nodes_that_are_up().len() == self.map.borrow().places().len()
    }

    /// The map, of a node that is connected, or else of one of those that were given at the beginning.
    async fn told(&self) -> Result<SlotMap, NotOpened> {
        let deadline = Instant::now() + self.options.connect_timeout;
        let mut asked = JoinSet::new();
        for node in self.nodes_that_are_up().into_iter().take(ASKED) {
            asked.spawn(async move {
                let answer = timeout_at(deadline, node.link.ask_once(ask)).await.ok().flatten();
                answer
                    .and_then(|answers| told(&answers, &node.place))
                    .ok_or_else(NotOpened::in_time)
            });
        }
        if let Ok(map) = first_good(asked).await {
            return Ok(map);
        }
        let mut asked = JoinSet::new();
        let deadline = Instant::now() + self.options.connect_timeout;
        for seed in self.seeds.clone() {
            asked.spawn(async move { ask_seed(seed, deadline).await });
        }
        first_good(asked).await
    }
}

/// The first map of a node that counts itself in; where there is none, any.
async fn first_good(mut asked: JoinSet<Result<Told, NotOpened>>) -> Result<SlotMap, NotOpened> {
    let mut best = Err(NotOpened::in_time());
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok(Ok(told)) if told.is_ok => return Ok(told.map),
            Ok(Ok(told)) => best = Ok(told.map),
            Ok(Err(error)) if best.is_err() => best = Err(error),
            Ok(Err(_)) | Err(_) => {}
        }
    }
    best
}

async fn ask_seed(seed: Endpoint, deadline: Instant) -> Result<Told, NotOpened> {
    let place = seed.place().unwrap_or(HostAndPort {
        host: String::new(),
        port: 0,
    });
    let named = |NotOpened { error, why }| NotOpened {
        error,
        why: format!("{place}: {why}"),
    };
    let (_, mut connection) = Server::At(seed).open(1, deadline).await.map_err(named)?;
    let answers = timeout_at(deadline, ask(&mut connection)).await;
    let answers = answers.map_err(|_| NotOpened::in_time())??;
    if let [_, Value::ServerError(error)] = answers.as_slice() {
        return Err(redis::RedisError::from(error.clone()).into());
    }
    told(&answers, &place).ok_or_else(|| NotOpened {
        error: StoreError::Unavailable,
        why: format!("{place} says nothing about slots"),
    })
}

/// `CLUSTER INFO` and `CLUSTER SLOTS`.
async fn ask(connection: &mut MultiplexedConnection) -> Result<Vec<Value>, redis::RedisError> {
    let mut both = redis::pipe();
    both.cmd("CLUSTER").arg("INFO");
    both.cmd("CLUSTER").arg("SLOTS");
    connection.send_packed_commands(&both, 0, 2).await
}

fn told(answers: &[Value], asked: &HostAndPort) -> Option<Told> {
    let [info, slots] = answers else { return None };
    let info: String = redis::from_redis_value_ref(info).ok()?;
    Some(Told {
        map: SlotMap::read(slots, asked)?,
        is_ok: info.contains("cluster_state:ok"),
    })
}

#[cfg(test)]
mod tests;
