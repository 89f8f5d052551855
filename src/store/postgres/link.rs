//! The connections to PostgreSQL: opened when they are needed, again when they break, and never waited for longer than the time-out.
//!
//! They live on a thread of their own ([`supervisor`]). Each operation has one for itself as long as it runs ([`pool`](super::pool)).

mod supervisor;

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, Semaphore, oneshot, watch},
    time::{sleep, timeout_at},
};

use super::{
    address,
    call::{Call, Reply, Work},
    connection::{ConnectError, NoConnection, Purpose, Target},
    fault::Fault,
    pool::{Lent, Place, Pool},
    schema::Schema,
};
use crate::{
    store::{StoreError, alarms::Alarms},
    time::Clock,
};

/// How long to wait until another connection is asked for, after one that did not open.
const AGAIN: Duration = Duration::from_millis(50);
/// The same where the server lets nobody in any more, or has other tables. More attempts would look like somebody who guesses passwords.
const AGAIN_IF_REFUSED: Duration = Duration::from_secs(1);

/// Bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkOptions {
    /// For one operation, waiting for a connection and for locks included.
    pub(super) command_timeout: Duration,
    /// Operations that may wait for an answer at once; more fail without waiting.
    pub(super) max_in_flight: usize,
    pub(super) max_connections: usize,
    pub(super) sweep_every: Duration,
}

/// The connections. They close when it is dropped.
pub(super) struct Link {
    shared: Arc<Shared>,
    started: Mutex<bool>,
}

pub(super) struct Shared {
    target: Target,
    options: LinkOptions,
    line: watch::Sender<Line>,
    pool: Arc<Pool>,
    in_flight: Semaphore,
    /// Somebody has waited in vain: the connections are to be tried at once.
    is_doubted: AtomicBool,
    /// Wakes the thread: the line is lost, doubted, or closed.
    wake: Notify,
    closed: AtomicBool,
    alarms: Arc<Alarms>,
    /// In a test, in the place of the server's.
    clock: Option<Arc<dyn Clock>>,
}

/// Whether the server is there.
#[derive(Debug, Clone, Copy)]
enum Line {
    Up,
    Down {
        since: Instant,
        /// Why the last attempt failed; none has failed yet if there is none.
        cause: Option<StoreError>,
    },
}

impl Link {
    pub(super) fn new(
        target: Target,
        options: LinkOptions,
        alarms: Arc<Alarms>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Self {
        let down = Line::Down {
            since: Instant::now(),
            cause: None,
        };
        let pool = Pool::new(options.max_connections, options.command_timeout, target.tls.clone());
        Self {
            shared: Arc::new(Shared {
                target,
                options,
                line: watch::Sender::new(down),
                pool: Arc::new(pool),
                in_flight: Semaphore::new(options.max_in_flight.clamp(1, Semaphore::MAX_PERMITS)),
                is_doubted: AtomicBool::new(false),
                wake: Notify::new(),
                closed: AtomicBool::new(false),
                alarms,
                clock,
            }),
            started: Mutex::new(false),
        }
    }

    pub(super) fn server(&self) -> String {
        address::shown(&self.shared.target.servers)
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.shared.target.schema
    }

    /// Runs a call. Needs a Tokio runtime with time, any.
    ///
    /// When the connection breaks, it is sent again once on another one: every operation of the store may be repeated.
    pub(super) async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        self.start()?;
        let shared = &self.shared;
        let Ok(_place) = shared.in_flight.try_acquire() else {
            shared
                .alarms
                .raise(StoreError::Unavailable, "too many operations at once");
            return Err(StoreError::Unavailable);
        };
        shared.call(call).await
    }

    /// Asks the server something that changes nothing. `None` when it does not say.
    pub(super) async fn ask(&self, question: &str) -> Option<Vec<String>> {
        self.start().ok()?;
        let deadline = self.shared.deadline();
        let mut lent = self.shared.borrow(Work::Reads, deadline).await.ok()?;
        let answer = timeout_at(deadline, lent.connection()?.ask(question)).await.ok()?.ok();
        lent.give_back();
        answer
    }

    /// Runs something where connections live. It goes on when its caller is gone.
    pub(super) async fn on_thread<T, F>(&self, work: impl FnOnce(Arc<Shared>) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.start()?;
        let (tell, told) = oneshot::channel();
        let work = work(Arc::clone(&self.shared));
        self.shared.pool.on_thread(async move {
            let _ = tell.send(work.await);
        });
        told.await.map_err(|_| StoreError::Unavailable)
    }

    fn start(&self) -> Result<(), StoreError> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if !*started {
            let shared = &self.shared;
            supervisor::spawn(Arc::clone(shared)).map_err(|error| shared.alarms.no_thread(&error))?;
            *started = true;
        }
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.wake.notify_one();
    }
}

/// The connection broke before the answer came, or the server takes no writes any more: nothing is known, or nothing was done.
struct Lost(StoreError);

impl Shared {
    async fn call(self: &Arc<Self>, call: Call) -> Result<Reply, StoreError> {
        let call = call.timed(self.clock.as_ref().map(Clock::steady));
        let deadline = self.deadline();
        match self.try_once(&call, deadline).await {
            Ok(answer) => answer,
            Err(Lost(_)) => {
                let second = self.try_once(&call, deadline).await;
                second.unwrap_or_else(|Lost(cause)| Err(cause))
            }
        }
    }

    async fn try_once(
        self: &Arc<Self>,
        call: &Call,
        deadline: tokio::time::Instant,
    ) -> Result<Result<Reply, StoreError>, Lost> {
        let mut lent = match self.borrow(call.function().work(), deadline).await {
            Ok(lent) => lent,
            Err(error) => return Ok(Err(error)),
        };
        let Some(connection) = lent.connection() else {
            return Err(Lost(StoreError::Unavailable));
        };
        let error = match timeout_at(deadline, connection.run(call, &self.target.schema)).await {
            Ok(Ok(reply)) => {
                lent.give_back();
                return Ok(Ok(reply));
            }
            Ok(Err(error)) => error,
            Err(_) => {
                self.alarms.late(call.function().name());
                lent.give_up();
                self.doubt();
                return Ok(Err(StoreError::Unavailable));
            }
        };
        match Fault::of(&error) {
            Fault::Broken => {
                tracing::debug!(%error, function = call.function().name(), "a connection to PostgreSQL broke");
                lent.discard();
                // Those that were opened to the same server.
                self.pool.idle().clear();
                Err(Lost(StoreError::Unavailable))
            }
            Fault::Unusable => {
                tracing::debug!(%error, function = call.function().name(), "a connection to PostgreSQL is given up");
                lent.discard();
                Err(Lost(StoreError::Unavailable))
            }
            // After a fail-over another one of the servers takes writes.
            Fault::Answered(StoreError::ReadOnly) => {
                lent.discard();
                self.pool.idle().clear();
                Err(Lost(StoreError::ReadOnly))
            }
            Fault::Crowded => {
                lent.give_back();
                Ok(Err(StoreError::Unavailable))
            }
            Fault::Answered(cause) => {
                lent.give_back();
                let code = error.code().map(|code| code.code()).unwrap_or_default();
                self.alarms.raise(cause, code);
                Ok(Err(cause))
            }
        }
    }

    /// A connection for one operation. A short interruption is waited for; one that lasts longer than an operation may is answered at once.
    async fn borrow(self: &Arc<Self>, work: Work, deadline: tokio::time::Instant) -> Result<Lent, StoreError> {
        let mut known = StoreError::Unavailable;
        loop {
            self.up_before(deadline).await?;
            let Ok(Some(place)) = timeout_at(deadline, self.pool.place(work)).await else {
                self.alarms
                    .raise(known, "all connections are busy for as long as an operation may take");
                return Err(known);
            };
            if let Some(connection) = self.pool.take() {
                return Ok(Lent::new(Arc::clone(&self.pool), connection, place));
            }
            // It goes on, for the operations to come.
            let Ok(opened) = timeout_at(deadline, self.open(place)).await else {
                return Err(known);
            };
            let NoConnection { error, why } = match opened {
                Ok(lent) => return Ok(lent),
                Err(none) => none,
            };
            match error {
                ConnectError::Crowded => {
                    self.alarms
                        .raise(StoreError::Unavailable, "53300: `max_connections` is too small");
                }
                ConnectError::Failed(cause @ (StoreError::Refused | StoreError::Schema)) => {
                    if self.target.connections() == 0 {
                        self.doubt();
                        return Err(cause);
                    }
                    // Those that are open work as before: one of them will be free.
                    self.alarms.raise(cause, &why);
                    known = cause;
                }
                // One more did not open. Whether the server is away, say those that are there.
                ConnectError::Failed(_) => {
                    self.doubt();
                    if timeout_at(deadline, sleep(AGAIN)).await.is_err() {
                        return Err(known);
                    }
                }
            }
        }
    }

    async fn open(self: &Arc<Self>, place: Place) -> Result<Lent, NoConnection> {
        let (tell, told) = oneshot::channel();
        let shared = Arc::clone(self);
        self.pool.on_thread(async move {
            let none = match shared.target.connect(Purpose::Operations).await {
                Ok(connection) => {
                    // When nobody waits for it any more, it is for the next one.
                    let _ = tell.send(Ok(Lent::new(Arc::clone(&shared.pool), connection, place)));
                    return;
                }
                Err(none) => none,
            };
            let has_others = shared.target.connections() > 0;
            let time = match none.error {
                ConnectError::Failed(StoreError::Refused | StoreError::Schema) if has_others => Some(AGAIN_IF_REFUSED),
                ConnectError::Crowded => Some(AGAIN),
                ConnectError::Failed(_) => None,
            };
            let resting = time.map(|time| (shared.pool.rest(place), time));
            let _ = tell.send(Err(none));
            if let Some((_resting, time)) = resting {
                sleep(time).await;
            }
        });
        told.await.unwrap_or_else(|_| {
            Err(NoConnection::failed(
                StoreError::Unavailable,
                "the thread for it has ended",
            ))
        })
    }

    async fn up_before(&self, deadline: tokio::time::Instant) -> Result<(), StoreError> {
        if matches!(*self.line.borrow(), Line::Up) {
            return Ok(());
        }
        let mut line = self.line.subscribe();
        loop {
            let now = *line.borrow_and_update();
            let known = match now {
                Line::Up => return Ok(()),
                Line::Down {
                    since,
                    cause: Some(cause),
                } => {
                    let is_final = matches!(cause, StoreError::Refused | StoreError::Schema);
                    if is_final || since.elapsed() >= self.options.command_timeout {
                        return Err(cause);
                    }
                    cause
                }
                Line::Down { .. } => StoreError::Unavailable,
            };
            match timeout_at(deadline, line.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(known),
            }
        }
    }

    /// The server is away, since then.
    fn lose(&self, since: Instant) {
        let lost = self.line.send_if_modified(|line| {
            let was_up = matches!(line, Line::Up);
            if was_up {
                *line = Line::Down {
                    since,
                    cause: Some(StoreError::Unavailable),
                };
            }
            was_up
        });
        if lost {
            self.pool.idle().clear();
        }
    }

    /// The tables are there now: whoever found none before may try again.
    pub(super) fn has_tables(&self) {
        self.line.send_modify(|line| {
            if let Line::Down { since, cause } = line {
                (*since, *cause) = (Instant::now(), None);
            }
        });
        self.wake.notify_one();
    }

    /// Has the connections tried at once.
    fn doubt(&self) {
        self.is_doubted.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.options.command_timeout
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}
