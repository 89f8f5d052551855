//! Asking through a link: over the worker's own connection where it has one, else over the shared one, and again where that
//! gives no answer. Whoever asks waits for the time-out, and 50 ms for reading what has come by then; a quarter of the time-out longer
//! where the worker was too busy to read.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use redis::{Cmd, RedisError, Value, aio::MultiplexedConnection};
use tokio::time::{timeout, timeout_at};

use super::{Link, PAUSE, Shared, workers::WorkerConnections};
use crate::{
    log_throttle::log_seldom,
    store::{
        StoreError,
        redis::{
            connections::RedisConnections,
            fault::{Elsewhere, Fault, Unanswered, code_of},
            scripts::Call,
        },
    },
};

/// How long a worker may take to read an answer, when its time is over.
const TO_READ: Duration = Duration::from_millis(50);

/// What came of sending a script.
enum Answer {
    Given(Result<Value, RedisError>),
    /// None in time.
    Late,
    /// It may be there, and the worker does not read it.
    Unread,
}

impl Link {
    /// Runs a script. Needs a Tokio runtime with time, any.
    ///
    /// When the worker's own connection breaks, or its answer is not read for half of the time-out, the script is sent again through
    /// the shared one, and when that breaks, once more: every operation of the store may be repeated.
    ///
    /// A node of a cluster may say that it is not the one to ask, or not now: that is told at once.
    pub(in crate::store::redis) async fn call(&self, call: &Call) -> Result<Value, Unanswered> {
        let deadline = tokio::time::Instant::now() + self.shared.options.command_timeout;
        self.call_before(call, deadline).await
    }

    /// The same, where a part of the time may be over. It gives up by itself, and notes that the server is silent; who drops it at the
    /// deadline would keep that from being noticed.
    pub(in crate::store::redis) async fn call_before(
        &self,
        call: &Call,
        mut deadline: tokio::time::Instant,
    ) -> Result<Value, Unanswered> {
        self.start()?;
        let shared = &self.shared;
        let Ok(_place) = shared.in_flight.try_acquire() else {
            shared
                .alarms
                .raise(StoreError::Unavailable, "too many operations at once");
            return Err(StoreError::Unavailable.into());
        };
        // In less than half of the time a server that works may be silent too.
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let is_given_time = left >= shared.options.command_timeout / 2;
        let mut sent_before = false;
        let mut uses_own = shared.options.connections == RedisConnections::PerWorker;
        loop {
            let mut up = shared.up_before(deadline).await?;
            let mut own = None;
            if uses_own && let Some((known, connection)) = WorkerConnections::of_this_runtime(shared, &up) {
                (own, up.connection) = (Some(known), connection);
            }
            let answer = match &own {
                Some(_) => shared.ask_on_own(&mut up.connection, call, deadline).await,
                None => shared.ask(&mut up.connection, call, deadline).await,
            };
            let error = match (answer, &own) {
                (Answer::Given(Ok(value)), _) => return Ok(value),
                (Answer::Given(Err(error)), _) => error,
                (Answer::Unread, _) => {
                    log_seldom!(
                        shared,
                        warn,
                        script = ?call.script(),
                        "a worker has read no answer on its own connection for half of the time-out: Redis is slow, or something keeps \
                         the worker from reading; the shared connection is asked"
                    );
                    own.inspect(|own| own.lose());
                    uses_own = false;
                    deadline = deadline.max(tokio::time::Instant::now() + shared.options.command_timeout / 4);
                    continue;
                }
                (Answer::Late, lost) => {
                    shared.alarms.late(&format!("{:?}", call.script()));
                    match lost {
                        _ if !is_given_time => shared.doubt(),
                        Some(own) => {
                            own.lose();
                            shared.doubt();
                        }
                        None => shared.lose(up.number),
                    }
                    return Err(StoreError::Unavailable.into());
                }
            };
            if let Some(elsewhere) = Elsewhere::of(&error) {
                return Err(Unanswered::Elsewhere(elsewhere));
            }
            match (Fault::of(&error), own) {
                (Fault::Answered(cause), _) => {
                    // A server that calls itself a replica may be a former primary, so reconnect, but not more than once a second. MISCONF is the
                    // right server: reconnecting would not help.
                    if code_of(&error) == Some("READONLY") && up.since.elapsed() > PAUSE.1 {
                        shared.lose(up.number);
                        if shared.server.is_looked_for() {
                            continue;
                        }
                    }
                    shared.alarms.raise(cause, code_of(&error).unwrap_or_default());
                    return Err(cause.into());
                }
                (Fault::Broken, Some(own)) => {
                    own.lose();
                    uses_own = false;
                }
                (Fault::Broken | Fault::NoScript, _) => {
                    shared.lose(up.number);
                    if sent_before {
                        return Err(StoreError::Unavailable.into());
                    }
                    sent_before = true;
                }
            }
        }
    }
}

impl Shared {
    async fn run(&self, connection: &mut MultiplexedConnection, call: &Call) -> Result<Value, RedisError> {
        let answer = send(connection, call, call.by_name()).await;
        match answer {
            Err(error) if matches!(Fault::of(&error), Fault::NoScript) => {
                send(connection, call, call.with_text()).await
            }
            answer => answer,
        }
    }

    async fn ask(&self, connection: &mut MultiplexedConnection, call: &Call, deadline: tokio::time::Instant) -> Answer {
        let mut running = pin!(self.run(connection, call));
        match timeout_at(deadline, running.as_mut()).await {
            Ok(answer) => Answer::Given(answer),
            Err(_) => self.ask_after(deadline, running).await,
        }
    }

    /// On a worker's own connection, where nothing is read while the worker does something else.
    async fn ask_on_own(
        &self,
        connection: &mut MultiplexedConnection,
        call: &Call,
        deadline: tokio::time::Instant,
    ) -> Answer {
        let (began, mut is_late) = (Instant::now(), false);
        let mut running = pin!(self.run(connection, call));
        let mut in_time = pin!(timeout_at(deadline, running.as_mut()));
        loop {
            let mut tick = pin!(self.ticks.notified());
            let either = poll_fn(|context| match in_time.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending => tick.as_mut().poll(context).map(|()| None),
            });
            match either.await {
                Some(Ok(answer)) => return Answer::Given(answer),
                Some(Err(_)) => break,
                // Somebody waits for the answer on that worker in a way that keeps it from reading.
                None if is_late => return Answer::Unread,
                // A worker that was merely busy reads before the next tick.
                None => is_late = began.elapsed() >= self.options.command_timeout / 2,
            }
        }
        self.ask_after(deadline, running).await
    }

    /// When the time is over. A worker that was busy until then has not read yet what came meanwhile, and perhaps not even sent its question.
    async fn ask_after(
        &self,
        deadline: tokio::time::Instant,
        running: impl Future<Output = Result<Value, RedisError>>,
    ) -> Answer {
        let was_busy = deadline.elapsed() > TO_READ;
        let to_read = match was_busy {
            true => self.options.command_timeout / 4,
            false => TO_READ,
        };
        let answer = timeout(to_read, running).await;
        answer.map_or(Answer::Late, Answer::Given)
    }
}

/// A node that takes a slot over does what is said in one breath with `ASKING`.
async fn send(connection: &mut MultiplexedConnection, call: &Call, command: Cmd) -> Result<Value, RedisError> {
    if !call.is_asking() {
        return command.query_async(connection).await;
    }
    let mut both = redis::pipe();
    both.cmd("ASKING").add_command(command);
    let answers = connection.send_packed_commands(&both, 1, 1).await?;
    answers.into_iter().next().unwrap_or(Value::Nil).extract_error()
}
