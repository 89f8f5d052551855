//! Connections of their own for runtimes of one thread, as Actix's workers are: [`WorkerConnections`].
//!
//! Through the shared connection each operation crosses to another thread and back, which costs more than all else that a
//! request does on its way to Redis. Whether Redis is there is judged by the shared connection alone: a worker's own is used while
//! that one is up, and at the first trouble the operations go on through the shared one.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{Value, aio::MultiplexedConnection};
use tokio::{
    runtime::{Handle, Id, RuntimeFlavor},
    sync::Notify,
    time::{sleep, timeout},
};

use super::{HEARTBEAT, Shared, Up};
use crate::{log_throttle::log_seldom, store::redis::endpoint::Endpoint};

/// How long a worker uses the shared connection before another one is opened: after it could not be opened, and after it broke.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);
const PAUSE_BROKEN: Duration = Duration::from_secs(1);

/// The connections of workers, by their runtime.
#[derive(Default)]
pub(super) struct WorkerConnections(RwLock<HashMap<Id, Arc<Own>>>);

/// A connection of one worker.
pub(super) struct Own {
    /// The number of the shared connection beside which it is used.
    beside: u64,
    /// Not there while it is being opened, or could not be.
    connection: OnceLock<MultiplexedConnection>,
    is_broken: AtomicBool,
    /// Wakes whoever looks after it: it is broken, or nobody wants it any more.
    over: Notify,
}

impl WorkerConnections {
    /// The connection of this runtime beside this shared one. Where there is none yet, one is opened for the
    /// operations to come.
    pub(super) fn of_this_runtime(shared: &Arc<Shared>, up: &Up) -> Option<(Arc<Own>, MultiplexedConnection)> {
        let runtime = Handle::try_current().ok()?;
        if runtime.runtime_flavor() != RuntimeFlavor::CurrentThread {
            return None;
        }
        let known = shared.workers.get(runtime.id(), up.number);
        let Some(own) = known else {
            shared.workers.begin(shared, &runtime, up);
            return None;
        };
        if own.is_broken.load(Ordering::Relaxed) {
            return None;
        }
        let connection = own.connection.get()?.clone();
        Some((own, connection))
    }

    /// Ends all of them.
    pub(super) fn end_all(&self) {
        let mut listed = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (_, own) in listed.drain() {
            own.over.notify_one();
        }
    }

    fn get(&self, runtime: Id, number: u64) -> Option<Arc<Own>> {
        let listed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        listed.get(&runtime).filter(|own| own.beside == number).map(Arc::clone)
    }

    /// Opens one, unless somebody else has begun to.
    fn begin(&self, shared: &Arc<Shared>, runtime: &Handle, up: &Up) {
        let number = up.number;
        let own = Arc::new(Own {
            beside: number,
            connection: OnceLock::new(),
            is_broken: AtomicBool::new(false),
            over: Notify::new(),
        });
        let mut listed = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if listed.get(&runtime.id()).is_some_and(|own| own.beside == number) {
            return;
        }
        if let Some(former) = listed.insert(runtime.id(), Arc::clone(&own)) {
            former.over.notify_one();
        }
        // A runtime that is ending drops the work at once, which takes the connection off the list.
        drop(listed);
        runtime.spawn(keep(Listed {
            shared: Arc::clone(shared),
            runtime: runtime.id(),
            endpoint: Arc::clone(&up.endpoint),
            own,
        }));
    }

    /// Unless another one has taken its place already.
    fn remove(&self, runtime: Id, own: &Arc<Own>) {
        let mut listed = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if listed.get(&runtime).is_some_and(|listed| Arc::ptr_eq(listed, own)) {
            listed.remove(&runtime);
        }
    }
}

impl Own {
    /// Gives it up, as it has broken.
    pub(super) fn lose(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
        self.over.notify_one();
    }
}

/// A connection for as long as it is looked after: when its runtime ends, it goes with it.
struct Listed {
    shared: Arc<Shared>,
    runtime: Id,
    endpoint: Arc<Endpoint>,
    own: Arc<Own>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.shared.workers.remove(self.runtime, &self.own);
    }
}

/// Opens a connection, and tries it now and then, until it breaks or nobody wants it any more.
async fn keep(listed: Listed) {
    let Listed {
        shared, endpoint, own, ..
    } = &listed;
    let mut connection = match shared.connect_beside(endpoint).await {
        Ok(connection) => connection,
        Err(error) => {
            log_seldom!(
                shared,
                warn,
                error = %error.error,
                why = error.why,
                "a worker could not open a connection of its own to Redis, and uses the shared one, which is slower; is `maxclients` \
                 large enough?"
            );
            sleep(PAUSE_REFUSED).await;
            return;
        }
    };
    // Nobody else sets it.
    let _ = own.connection.set(connection.clone());
    while timeout(HEARTBEAT, own.over.notified()).await.is_err() {
        let ping = redis::cmd("PING");
        let answer = timeout(
            shared.options.command_timeout,
            ping.query_async::<Value>(&mut connection),
        );
        if !matches!(answer.await, Ok(Ok(_))) {
            own.lose();
        }
    }
    if own.is_broken.load(Ordering::Relaxed) {
        sleep(PAUSE_BROKEN).await;
    }
}
