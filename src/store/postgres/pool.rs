//! The connections that are open: [`Pool`], and one for the length of an operation: [`Lent`].

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{call::Work, connection::Connection, tls::Tls};

/// So many connections are never all busy with writes: pages go on while those hang.
const FOR_READS: usize = 2;

/// The right to one connection.
pub(super) struct Place {
    one: OwnedSemaphorePermit,
    _to_write: Option<OwnedSemaphorePermit>,
}

/// Places that nobody gets as long as it lives.
pub(super) struct Resting {
    _one: OwnedSemaphorePermit,
    _others: Option<OwnedSemaphorePermit>,
}

/// The connections that are open, and the runtime that moves their bytes.
pub(super) struct Pool {
    /// The last used is at the end.
    idle: Mutex<Vec<Connection>>,
    /// How many connections there may be.
    most: usize,
    /// One for each of them.
    places: Arc<Semaphore>,
    /// One for each connection that writes may have at once.
    writes: Arc<Semaphore>,
    /// Not there before the thread was started, and after it has ended.
    runtime: Mutex<Option<Handle>>,
    /// How long a connection may take to end what nobody waits for any more.
    to_end: Duration,
    /// With what the server is told to end a statement.
    tls: Option<Tls>,
}

/// A connection that one operation has for itself, so that nobody waits behind a lock that somebody else waits for.
///
/// One that is dropped in the middle of an operation goes back when the server has answered.
pub(super) struct Lent {
    pool: Arc<Pool>,
    /// Not there when it was given back.
    lent: Option<(Connection, Place)>,
}

impl Pool {
    pub(super) fn new(most: usize, to_end: Duration, tls: Option<Tls>) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            idle: Mutex::default(),
            most,
            places: Arc::new(Semaphore::new(most)),
            writes: Arc::new(Semaphore::new(most.saturating_sub(FOR_READS).max(1))),
            runtime: Mutex::default(),
            to_end,
            tls,
        }
    }

    pub(super) fn live_on(&self, runtime: Option<Handle>) {
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = runtime;
    }

    /// Runs something where connections live.
    pub(super) fn on_thread(&self, work: impl Future<Output = ()> + Send + 'static) {
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(runtime) = runtime {
            runtime.spawn(work);
        }
    }

    /// A place for one connection, when there is one.
    pub(super) async fn place(&self, work: Work) -> Option<Place> {
        // First this one: a write that waits for others keeps no connection from a page.
        let to_write = match work {
            Work::Reads => None,
            Work::Writes => Some(Arc::clone(&self.writes).acquire_owned().await.ok()?),
        };
        Some(Place {
            one: Arc::clone(&self.places).acquire_owned().await.ok()?,
            _to_write: to_write,
        })
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is open and not in use, the last used first.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// For later, behind those that were used since. It is closed where others were opened in its place meanwhile.
    pub(super) fn put_back(&self, connection: Connection) {
        if connection.number_open() <= self.most {
            self.idle().insert(0, connection);
        }
    }

    /// Keeps a place in which no connection opened from everybody, and so all others that have none: one would not open there either. Who waits
    /// for a place gets one with a connection in it.
    pub(super) fn rest(&self, place: Place) -> Resting {
        let idle = self.idle();
        let others = self.places.available_permits().saturating_sub(idle.len());
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        Resting {
            _one: place.one,
            _others: Arc::clone(&self.places).try_acquire_many_owned(others).ok(),
        }
    }

    /// For the next operation.
    fn take_back(&self, mut connection: Connection, place: Place) {
        connection.used = Instant::now();
        self.idle().push(connection);
        drop(place);
    }
}

impl Lent {
    pub(super) const fn new(pool: Arc<Pool>, connection: Connection, place: Place) -> Self {
        Self {
            pool,
            lent: Some((connection, place)),
        }
    }

    /// The connection. `None` never happens before it is given back.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.lent.as_mut().map(|(connection, _)| connection)
    }

    /// The server has answered.
    pub(super) fn give_back(mut self) {
        if let Some((connection, place)) = self.lent.take() {
            self.pool.take_back(connection, place);
        }
    }

    /// Nobody waits for its answer any more.
    pub(super) fn give_up(mut self) {
        if let Some((connection, place)) = self.lent.take() {
            let tls = self.pool.tls.clone();
            let deadline = tokio::time::Instant::now() + self.pool.to_end;
            self.pool.on_thread(async move {
                connection.cancel(tls, deadline).await;
                drop(place);
            });
        }
    }

    /// It is of no use any more.
    pub(super) fn discard(mut self) {
        self.lent = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some((connection, place)) = self.lent.take() else {
            return;
        };
        let (pool, deadline) = (Arc::clone(&self.pool), tokio::time::Instant::now() + self.pool.to_end);
        self.pool.on_thread(async move {
            if connection.answers_before(deadline).await {
                pool.take_back(connection, place);
                return;
            }
            // It may wait for a standby, with locks, for as long as that is away.
            connection.cancel(pool.tls.clone(), deadline + pool.to_end).await;
        });
    }
}

#[cfg(test)]
mod tests;
