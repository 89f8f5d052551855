//! The connection to Redis: shared, and opened again when it breaks. [`asking`] is what goes over it.
//!
//! Callers write to it directly from wherever they are; the store's thread only moves bytes, and reconnects. Workers have
//! connections of their own beside it ([`workers`]).

mod asking;
mod workers;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{RedisError, Value, aio::MultiplexedConnection};
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{sleep, timeout, timeout_at},
};

use self::workers::WorkerConnections;
use super::{
    connections::RedisConnections,
    driver::Driver,
    endpoint::{Endpoint, NotOpened},
    server::{HEARTBEAT, Server},
};
use crate::{
    log_throttle::LogThrottle,
    store::{StoreError, alarms::Alarms, outage::Outage, unbroken::unbroken},
};

/// Pauses between attempts to connect: from, doubling, to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Times and bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkOptions {
    /// For one attempt to connect, with signing in and a first answer.
    pub(super) connect_timeout: Duration,
    /// For one operation, waiting for a connection included.
    pub(super) command_timeout: Duration,
    /// Operations that may wait for an answer at once; more fail without waiting.
    pub(super) max_in_flight: usize,
    pub(super) connections: RedisConnections,
}

/// The connection. Closes when dropped.
pub(super) struct Link {
    shared: Arc<Shared>,
    driver: Arc<Driver>,
    /// Locked while they start: two first operations at once start them once, and where that fails the next one tries again.
    started: Mutex<bool>,
}

struct Shared {
    server: Server,
    options: LinkOptions,
    line: watch::Sender<Line>,
    /// How many connections there have been.
    connected: AtomicU64,
    workers: WorkerConnections,
    /// Somebody has waited in vain on a connection of its own: the shared one is to be tried at once.
    is_doubted: AtomicBool,
    /// The time passes, says the thread.
    ticks: Notify,
    log_throttle: LogThrottle,
    /// Wakes the thread: the line is lost, or closed.
    wake: Notify,
    closed: AtomicBool,
    in_flight: Semaphore,
    alarms: Arc<Alarms>,
}

#[derive(Clone)]
enum Line {
    Up(Up),
    Down {
        since: Instant,
        /// Why the last attempt failed; none has failed yet if there is none.
        cause: Option<StoreError>,
    },
}

#[derive(Clone)]
struct Up {
    number: u64,
    since: Instant,
    /// Where it leads to. Those of workers lead there too: two primaries at once would each know a part.
    endpoint: Arc<Endpoint>,
    connection: MultiplexedConnection,
}

impl Link {
    pub(super) fn new(server: Server, options: LinkOptions, driver: Arc<Driver>, alarms: Arc<Alarms>) -> Self {
        let down = Line::Down {
            since: Instant::now(),
            cause: None,
        };
        Self {
            shared: Arc::new(Shared {
                server,
                options,
                line: watch::Sender::new(down),
                connected: AtomicU64::new(0),
                workers: WorkerConnections::default(),
                is_doubted: AtomicBool::new(false),
                ticks: Notify::new(),
                log_throttle: LogThrottle::default(),
                wake: Notify::new(),
                closed: AtomicBool::new(false),
                in_flight: Semaphore::new(options.max_in_flight.clamp(1, Semaphore::MAX_PERMITS)),
                alarms,
            }),
            driver,
            started: Mutex::new(false),
        }
    }

    /// Asks the server for one of its settings. `None` when it does not show it. Sent once.
    pub(super) async fn setting(&self, name: &str) -> Option<String> {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg(name);
        let answer: Vec<String> = self
            .ask_once(async |connection| command.query_async(connection).await)
            .await?;
        answer.into_iter().nth(1)
    }

    /// Asks for something over the shared connection, once. `None` where no answer comes in time, or an error.
    pub(super) async fn ask_once<T>(
        &self,
        question: impl AsyncFnOnce(&mut MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Option<T> {
        self.start().ok()?;
        let deadline = tokio::time::Instant::now() + self.shared.options.command_timeout;
        let mut up = self.shared.up_before(deadline).await.ok()?;
        timeout_at(deadline, question(&mut up.connection)).await.ok()?.ok()
    }

    /// What the connection leads to now, for somebody who reads it.
    pub(super) fn describes_itself(&self) -> String {
        match &*self.shared.line.borrow() {
            Line::Up(up) => up.endpoint.to_string(),
            Line::Down { .. } => self.shared.server.to_string(),
        }
    }

    /// Whether the server is found anew at each connect.
    pub(super) fn is_looked_for(&self) -> bool {
        self.shared.server.is_looked_for()
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(&*self.shared.line.borrow(), Line::Up(_))
    }

    pub(super) fn start(&self) -> Result<(), StoreError> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if !*started {
            let (shared, ticked) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
            let ticking = unbroken("the clock of the connections to Redis", move || {
                tick(Arc::clone(&ticked))
            });
            let supervising = unbroken("looking after the connection to Redis", move || {
                supervise(Arc::clone(&shared))
            });
            self.driver
                .spawn(ticking)
                .and_then(|()| self.driver.spawn(supervising))
                .map_err(|error| self.shared.alarms.no_thread(&error))?;
            *started = true;
        }
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.wake.notify_one();
        self.shared.workers.end_all();
    }
}

impl Shared {
    /// The connection. A short interruption is waited for; one that lasts longer than an operation may is answered at once.
    async fn up_before(&self, deadline: tokio::time::Instant) -> Result<Up, StoreError> {
        if let Line::Up(up) = &*self.line.borrow() {
            return Ok(up.clone());
        }
        let mut line = self.line.subscribe();
        loop {
            let now = line.borrow_and_update().clone();
            match now {
                Line::Up(up) => return Ok(up),
                Line::Down {
                    cause: Some(StoreError::Refused),
                    ..
                } => return Err(StoreError::Refused),
                Line::Down {
                    since,
                    cause: Some(cause),
                } if since.elapsed() >= self.options.command_timeout => return Err(cause),
                Line::Down { .. } => {}
            }
            match timeout_at(deadline, line.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(StoreError::Unavailable),
            }
        }
    }

    /// Gives a connection up, unless another one has taken its place already.
    fn lose(&self, number: u64) {
        let lost = self.line.send_if_modified(|line| {
            let theirs = matches!(line, Line::Up(up) if up.number == number);
            if theirs {
                *line = Line::Down {
                    since: Instant::now(),
                    cause: None,
                };
            }
            theirs
        });
        if lost {
            self.workers.end_all();
            self.wake.notify_one();
        }
    }

    /// Has the connection tried at once.
    fn doubt(&self) {
        self.is_doubted.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn is_up(&self, number: u64) -> bool {
        matches!(&*self.line.borrow(), Line::Up(up) if up.number == number)
    }

    /// Another connection to where the shared one leads to.
    async fn connect_beside(&self, endpoint: &Endpoint) -> Result<MultiplexedConnection, NotOpened> {
        let deadline = tokio::time::Instant::now() + self.options.connect_timeout;
        let opened = self
            .server
            .open_at(endpoint, self.options.max_in_flight, deadline)
            .await;
        opened.inspect_err(|error| self.note(error))
    }

    async fn connect(&self) -> Result<(Endpoint, MultiplexedConnection), NotOpened> {
        let deadline = tokio::time::Instant::now() + self.options.connect_timeout;
        let opened = self.server.open(self.options.max_in_flight, deadline).await;
        opened.inspect_err(|error| self.note(error))
    }

    fn note(&self, error: &NotOpened) {
        if error.why.contains("max number of clients") {
            self.alarms.raise(StoreError::Unavailable, "maxclients");
        }
    }

    /// Returns when the connection is lost or the link closed.
    async fn watch_over(&self, number: u64, endpoint: &Endpoint, mut connection: MultiplexedConnection) {
        while self.is_up(number) && !self.is_closed() {
            let is_woken = timeout(self.server.pulse(), self.wake.notified()).await.is_ok();
            if is_woken && !self.is_doubted.swap(false, Ordering::Relaxed) {
                continue;
            }
            let ping = redis::cmd("PING");
            let answer = timeout(self.options.command_timeout, ping.query_async::<Value>(&mut connection)).await;
            if !matches!(answer, Ok(Ok(_))) {
                self.lose(number);
            } else if self.server.has_moved_from(endpoint).await {
                tracing::warn!(from = %endpoint, "the sentinels name another primary; going there");
                self.lose(number);
            }
        }
    }
}

/// Tells those who wait at their own connection that time passes.
async fn tick(shared: Arc<Shared>) {
    while !shared.is_closed() {
        sleep(shared.options.command_timeout / 8).await;
        shared.ticks.notify_waiters();
    }
}

async fn supervise(shared: Arc<Shared>) {
    let mut pause = PAUSE.0;
    let mut outage = Outage::default();
    while !shared.is_closed() {
        match shared.connect().await {
            Ok((endpoint, connection)) => {
                if let Some(away) = outage.ended() {
                    tracing::info!(?away, server = %endpoint, "Redis is back");
                }
                let number = shared.connected.fetch_add(1, Ordering::Relaxed) + 1;
                let endpoint = Arc::new(endpoint);
                let since = Instant::now();
                shared.line.send_replace(Line::Up(Up {
                    number,
                    since,
                    endpoint: Arc::clone(&endpoint),
                    connection: connection.clone(),
                }));
                shared.watch_over(number, &endpoint, connection).await;
                if since.elapsed() > PAUSE.1 {
                    pause = PAUSE.0;
                    continue;
                }
            }
            Err(NotOpened { error: cause, why }) => {
                if outage.has_new_cause(cause, &why) {
                    tracing::error!(
                        error = %cause,
                        server = %shared.server,
                        why,
                        "no connection to Redis; launches are kept, trying again every second"
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
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

#[cfg(test)]
mod tests;
