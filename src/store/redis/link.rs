//! The connection to Redis: one, shared, opened again when it breaks, and never waited for longer than the time-out.
//!
//! It lives on a thread of its own, because it has to outlive the runtime of the worker that uses it first.
//! Callers write to it directly from wherever they are; the thread only moves bytes, and reconnects.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, Client, RedisError, Value, aio::MultiplexedConnection};
use tokio::{
    runtime::Builder,
    sync::{Notify, Semaphore, watch},
    time::{sleep, timeout, timeout_at},
};

use super::{
    fault::{Alarms, Fault},
    scripts::Call,
};
use crate::store::StoreError;

/// How often an idle connection is tried. A firewall that forgets it is noticed then, not by a request.
const HEARTBEAT: Duration = Duration::from_secs(10);
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
}

/// The connection. Closes when dropped.
pub(super) struct Link {
    shared: Arc<Shared>,
    started: Mutex<bool>,
}

struct Shared {
    client: Client,
    options: LinkOptions,
    line: watch::Sender<Line>,
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
    connection: MultiplexedConnection,
}

impl Link {
    pub(super) fn new(client: Client, options: LinkOptions, alarms: Arc<Alarms>) -> Self {
        let down = Line::Down {
            since: Instant::now(),
            cause: None,
        };
        Self {
            shared: Arc::new(Shared {
                client,
                options,
                line: watch::Sender::new(down),
                wake: Notify::new(),
                closed: AtomicBool::new(false),
                in_flight: Semaphore::new(options.max_in_flight.clamp(1, Semaphore::MAX_PERMITS)),
                alarms,
            }),
            started: Mutex::new(false),
        }
    }

    /// Runs a script. Needs a Tokio runtime with time, any.
    ///
    /// When the connection breaks before the answer comes, the script is sent once more: every operation of the store may
    /// be repeated.
    pub(super) async fn call(&self, call: &Call) -> Result<Value, StoreError> {
        self.start()?;
        let shared = &*self.shared;
        let Ok(_place) = shared.in_flight.try_acquire() else {
            shared
                .alarms
                .raise(StoreError::Unavailable, "too many operations at once");
            return Err(StoreError::Unavailable);
        };
        let deadline = tokio::time::Instant::now() + shared.options.command_timeout;
        let mut sent_before = false;
        loop {
            let mut up = shared.up_before(deadline).await?;
            match timeout_at(deadline, shared.run(&mut up.connection, call)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => match Fault::of(&error) {
                    Fault::Answered(cause) => {
                        let code = error.code().unwrap_or_default();
                        shared.alarms.raise(cause, code);
                        // After a fail-over the name may lead to another server by now.
                        if cause == StoreError::ReadOnly && up.since.elapsed() > PAUSE.1 {
                            shared.lose(up.number);
                        }
                        return Err(cause);
                    }
                    Fault::Broken | Fault::NoScript => {
                        shared.lose(up.number);
                        if sent_before {
                            return Err(StoreError::Unavailable);
                        }
                        sent_before = true;
                    }
                },
                Err(_) => {
                    tracing::debug!(script = ?call.script(), "Redis did not answer in time");
                    shared.lose(up.number);
                    return Err(StoreError::Unavailable);
                }
            }
        }
    }

    /// Asks the server for one of its settings. `None` when it does not show it. Sent once.
    pub(super) async fn setting(&self, name: &str) -> Option<String> {
        self.start().ok()?;
        let deadline = tokio::time::Instant::now() + self.shared.options.command_timeout;
        let mut up = self.shared.up_before(deadline).await.ok()?;
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg(name);
        let asked = command.query_async::<Vec<String>>(&mut up.connection);
        let answer = timeout_at(deadline, asked).await.ok()?.ok()?;
        answer.into_iter().nth(1)
    }

    fn start(&self) -> Result<(), StoreError> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if !*started {
            spawn(Arc::clone(&self.shared)).map_err(|error| {
                tracing::error!(%error, "the thread for the connection to Redis could not be started");
                StoreError::Unavailable
            })?;
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

impl Shared {
    async fn run(&self, connection: &mut MultiplexedConnection, call: &Call) -> Result<Value, RedisError> {
        let answer = call.by_name().query_async(connection).await;
        match answer {
            Err(error) if matches!(Fault::of(&error), Fault::NoScript) => {
                call.with_text().query_async(connection).await
            }
            answer => answer,
        }
    }

    /// The connection. A short interruption is waited for; one that lasts longer than an operation may is answered at once.
    async fn up_before(&self, deadline: tokio::time::Instant) -> Result<Up, StoreError> {
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
            self.wake.notify_one();
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn is_up(&self, number: u64) -> bool {
        matches!(&*self.line.borrow(), Line::Up(up) if up.number == number)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, StoreError> {
        // Time-outs are ours: one over everything.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(self.options.max_in_flight.clamp(1, 1024));
        let connecting = async {
            let mut connection = self
                .client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            // A server that is loading, or wants a password, says so now.
            redis::cmd("PING").query_async::<Value>(&mut connection).await?;
            Ok::<_, RedisError>(connection)
        };
        let error = match timeout(self.options.connect_timeout, connecting).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => error,
            Err(_) => return Err(StoreError::Unavailable),
        };
        Err(match Fault::of(&error) {
            Fault::Answered(cause) => cause,
            Fault::Broken | Fault::NoScript => StoreError::Unavailable,
        })
    }

    /// Returns when the connection is lost or the link closed.
    async fn watch_over(&self, number: u64, mut connection: MultiplexedConnection) {
        while self.is_up(number) && !self.is_closed() {
            if timeout(HEARTBEAT, self.wake.notified()).await.is_ok() {
                continue;
            }
            let ping = redis::cmd("PING");
            let answer = timeout(self.options.command_timeout, ping.query_async::<Value>(&mut connection)).await;
            if !matches!(answer, Ok(Ok(_))) {
                self.lose(number);
            }
        }
    }
}

fn spawn(shared: Arc<Shared>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new()
        .name("smart-auth-redis".to_owned())
        .spawn(move || {
            runtime.block_on(supervise(&shared));
            // Does not wait for name look-ups that hang.
            runtime.shutdown_background();
        })?;
    Ok(())
}

async fn supervise(shared: &Shared) {
    let mut pause = PAUSE.0;
    let mut number = 0;
    let mut away_since: Option<Instant> = None;
    while !shared.is_closed() {
        match shared.connect().await {
            Ok(connection) => {
                if let Some(since) = away_since.take() {
                    tracing::info!(away = ?since.elapsed(), "Redis is back");
                }
                number += 1;
                let since = Instant::now();
                shared.line.send_replace(Line::Up(Up {
                    number,
                    since,
                    connection: connection.clone(),
                }));
                shared.watch_over(number, connection).await;
                if since.elapsed() > PAUSE.1 {
                    pause = PAUSE.0;
                    continue;
                }
            }
            Err(cause) => {
                if away_since.is_none() {
                    away_since = Some(Instant::now());
                    tracing::error!(
                        error = %cause,
                        server = %shared.client.get_connection_info().addr(),
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
