//! The thread that looks after the connections: it reconnects, tries those that are idle, and has what is over swept away.

use std::{
    cmp::Reverse,
    io,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{ConnectError, Line, Purpose, Shared};
use crate::store::{
    StoreError,
    outage::Outage,
    own_thread,
    postgres::{
        call::{Call, Function},
        connection::{Connection, NoConnection},
    },
    unbroken::unbroken,
};

/// How often an idle connection is tried. A firewall that forgets it is noticed then, not by a request.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// After so long without work a connection is closed, but for one.
const UNUSED: Duration = Duration::from_secs(60);
/// Pauses between attempts to connect: from, doubling, to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// So many rows are swept away in one step at most, and so long is the pause before the next one.
const LARGEST_BATCH: i64 = 500;
const BETWEEN_BATCHES: Duration = Duration::from_millis(100);

pub(super) fn spawn(shared: Arc<Shared>) -> io::Result<()> {
    let (builder, pool) = (thread::Builder::new(), Arc::clone(&shared.pool));
    let runtime = own_thread::start(builder.name("smart-auth-postgres".to_owned()), || async move {
        let swept = Arc::clone(&shared);
        let sweeping = unbroken("sweeping in PostgreSQL", move || sweep_regularly(Arc::clone(&swept)));
        drop(tokio::spawn(sweeping));
        let supervised = Arc::clone(&shared);
        unbroken("looking after the connections to PostgreSQL", || {
            let shared = Arc::clone(&supervised);
            async move { supervise(&shared).await }
        })
        .await;
        shared.pool.live_on(None);
        shared.pool.idle().clear();
    })?;
    pool.live_on(Some(runtime));
    Ok(())
}

async fn supervise(shared: &Shared) {
    let mut pause = PAUSE.0;
    let mut outage = Outage::default();
    while !shared.is_closed() {
        match shared.target.connect(Purpose::Operations).await {
            Ok(connection) => {
                if let Some(away) = outage.ended() {
                    tracing::info!(?away, "PostgreSQL is back");
                }
                shared.pool.idle().push(connection);
                shared.line.send_replace(Line::Up);
                let since = Instant::now();
                shared.watch_over().await;
                if since.elapsed() > PAUSE.1 {
                    pause = PAUSE.0;
                    continue;
                }
            }
            Err(NoConnection { error, why }) => {
                let cause = match error {
                    ConnectError::Crowded => StoreError::Unavailable,
                    ConnectError::Failed(cause) => cause,
                };
                if outage.has_new_cause(cause, &why) {
                    tracing::error!(
                        error = %cause,
                        why,
                        server = %super::address::shown(&shared.target.servers),
                        "no connection to PostgreSQL; launches are kept, trying again every second"
                    );
                }
                shared.line.send_modify(|line| {
                    if let Line::Down { cause: known, .. } = line {
                        *known = Some(cause);
                    }
                });
            }
        }
        if shared.is_closed() {
            return;
        }
        // The tables may have come just now.
        let _ = timeout(pause, shared.wake.notified()).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

impl Shared {
    /// Returns when the server is away or the link closed.
    async fn watch_over(&self) {
        while matches!(*self.line.borrow(), Line::Up) && !self.is_closed() {
            let is_woken = timeout(HEARTBEAT, self.wake.notified()).await.is_ok();
            let is_doubted = self.is_doubted.swap(false, Ordering::Relaxed);
            if is_doubted || !is_woken {
                self.try_idle(is_doubted).await;
            }
        }
    }

    /// Tries the connections that nobody has used for a while, or all, and where there is none, whether one opens. When none answers that should, the
    /// server is away.
    async fn try_idle(&self, all: bool) {
        let began = Instant::now();
        let due: Vec<_> = {
            let mut idle = self.pool.idle();
            idle.extract_if(.., |connection| all || connection.used.elapsed() >= HEARTBEAT)
                .collect()
        };
        if due.is_empty() && !all {
            return;
        }
        let answering = all_that_answer(due, self.deadline()).await;
        let any = !answering.is_empty();
        for (place, connection) in answering.into_iter().enumerate() {
            // The one that was used last is kept, however long ago that was.
            if place == 0 || connection.used.elapsed() < UNUSED {
                self.pool.put_back(connection);
            }
        }
        if any || !self.pool.idle().is_empty() {
            return;
        }
        // Those that are idle may be gone without the server: a firewall forgets them, a pooler or the server closes what nobody uses.
        match self.target.connect(Purpose::Operations).await {
            Ok(connection) => self.pool.put_back(connection),
            Err(none) => match none.error {
                // Somebody who waits since then has waited for long enough, and nobody else.
                ConnectError::Failed(StoreError::Unavailable | StoreError::ReadOnly) => self.lose(began),
                ConnectError::Failed(_) if self.target.connections() == 0 => self.lose(began),
                // The server is there, and has no place or no right for one more: those that are open are as good as before.
                ConnectError::Failed(_) | ConnectError::Crowded => {}
            },
        }
    }
}

/// Those that answer in time, the last used first. All are asked at once: one that a firewall has forgotten takes no time from the others.
async fn all_that_answer(due: Vec<Connection>, deadline: tokio::time::Instant) -> Vec<Connection> {
    let mut asked = JoinSet::new();
    for connection in due {
        asked.spawn(async move { connection.answers_before(deadline).await.then_some(connection) });
    }
    let mut answering: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
    answering.sort_by_key(|connection| Reverse(connection.used));
    answering
}

/// Frees what is over. Nothing depends on it but the size of the tables.
async fn sweep_regularly(shared: Arc<Shared>) {
    let mut batch = LARGEST_BATCH;
    loop {
        // Processes that started together do not come together.
        sleep(shared.options.sweep_every.mul_f32(0.5 + rand::random::<f32>())).await;
        loop {
            match shared.call(Call::new(Function::Sweep).with(batch)).await {
                Ok(reply) => {
                    let seen = reply.get::<Option<i64>>(0).ok().flatten().unwrap_or(0);
                    let has_more = seen >= batch;
                    batch = (batch * 2).min(LARGEST_BATCH);
                    if !has_more {
                        break;
                    }
                }
                // A server that is too slow for so many may do with fewer.
                Err(_) => {
                    batch = (batch / 2).max(1);
                    break;
                }
            }
            sleep(BETWEEN_BATCHES).await;
        }
    }
}

#[cfg(test)]
mod tests;
