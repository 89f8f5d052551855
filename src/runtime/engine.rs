//! The thread that requests, exchanges, refreshes and saves run on. The FHIR requests of handlers are sent and read here too, by the
//! client that the thread owns.
//!
//! Work that is spawned here outlives the request that wanted it: Actix drops a handler's future when the connection
//! breaks, and drops the tasks of its workers before `server.await` returns. It also keeps a slow handler from
//! starving a token refresh. The price is that everything here shares one thread: work must not block. What the
//! application has written runs elsewhere ([`crate::runtime::app_threads`]).

mod options;
mod running;
mod started;
mod tally;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot};
use url::Url;

#[cfg(any(feature = "actix", feature = "reqwest"))]
use crate::transport::shipped::tls_look;
use crate::{
    log_throttle::{LogThrottle, log_seldom},
    protocol::{http::HttpRequest, network_guard::Addresses, transport_error::TransportError},
    transport::{
        HttpTransport, TransportFuture, decoded::DecodedTransport, logged::LoggedTransport, tls_look::TlsLook,
    },
};
pub(crate) use options::{EngineOptions, TransportChoice};
pub(crate) use running::{EngineError, Running};
use started::{Started, start};
use tally::{Tally, Work};

/// A handle to the engine. Starts it on first use.
///
/// The engine closes when [`shutdown`](Self::shutdown) is called or the last handle is dropped. Handles of
/// [`detached`](Self::detached) do not count: work holds those, or running work would keep the engine open and
/// nobody would be told that it was forgotten.
#[derive(Clone)]
pub(crate) struct Engine {
    inner: Arc<Inner>,
    /// `None` in a detached handle.
    _owner: Option<Arc<Owner>>,
}

/// What a shutdown found and left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Operations that were running and came to their end within the limit.
    pub finished: usize,
    /// Operations that were still running when the limit was over. They go on as long as the process does.
    pub cut_off: usize,
    /// Audit events that were not written when the limit was over. They are tried again as long as the process lives.
    pub audit_events_left: usize,
}

impl Engine {
    /// An engine that is not started yet.
    pub(crate) fn new(mut options: EngineOptions) -> Self {
        options.transport = options.transport.guarded();
        let inner = Arc::new(Inner {
            options,
            state: Mutex::new(State::Idle),
            tally: Arc::default(),
            log_throttle: LogThrottle::default(),
        });
        Self {
            _owner: Some(Arc::new(Owner(Arc::clone(&inner)))),
            inner,
        }
    }

    /// The same engine through a handle that does not keep it open. For what running work holds.
    pub(crate) fn detached(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            _owner: None,
        }
    }

    /// What sends requests. Starts the engine when that is awc.
    pub(crate) fn transport(&self) -> Arc<dyn HttpTransport> {
        let decoded = DecodedTransport::new(self.inner.transport(), self.inner.options.body_limit);
        Arc::new(LoggedTransport::new(Arc::new(decoded)))
    }

    /// What TLS with the server of `url` shows, where a client of the crate's own would send requests. Has to run on the engine.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) async fn look_at_tls(&self, url: &Url, reaching: &Addresses) -> TlsLook {
        match self.inner.options.transport.settings() {
            Some(settings) => tls_look::look(settings, url, reaching).await,
            None => TlsLook::NotSeen,
        }
    }

    /// Nothing is seen of what a transport of the application's own does.
    #[cfg(not(any(feature = "actix", feature = "reqwest")))]
    #[expect(clippy::unused_async, reason = "with a client of the crate's own it waits")]
    pub(crate) async fn look_at_tls(&self, _: &Url, _: &Addresses) -> TlsLook {
        TlsLook::NotSeen
    }

    /// Runs `future` on the engine, to its end, whether or not anybody waits for the result.
    ///
    /// `work` names the kind of work in the log. Once the engine is closed only its own running work may spawn more.
    pub(crate) fn spawn<T, F>(&self, work: &'static str, future: F) -> Running<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        match self.inner.admit(work) {
            Err(error) => Running::Refused(error),
            Ok((runtime, work)) => Running::Spawned(runtime.spawn(async move {
                let output = future.await;
                drop(work);
                output
            })),
        }
    }

    /// As [`spawn`](Self::spawn), for work whose result is for others than the one who has begun it: `tell` gets it when the work does not
    /// count as running any more. Who is told may end the application at once, and is not to be warned of work that is done. Where
    /// nothing is taken or the work panics, `tell` is dropped.
    pub(crate) fn spawn_then<T, F>(&self, work: &'static str, future: F, tell: impl FnOnce(T) + Send + 'static)
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        match self.inner.admit(work) {
            Ok((runtime, work)) => drop(runtime.spawn(async move {
                let output = future.await;
                drop(work);
                tell(output);
            })),
            // Whoever waits for it learns only that there is no result. At debug, as strangers can ask for some of it: that the engine could
            // not be started is an error in the log, and the application knows that it shuts it down.
            Err(error) => tracing::debug!(work, %error, "work was not begun"),
        }
    }

    /// Runs `future` on the engine until it ends or the engine does, which does not wait for it. For what only prepares work.
    pub(crate) fn spawn_aside(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let State::Running(started, _) = &*self.inner.state() {
            drop(started.runtime.spawn(future));
        }
    }

    /// Whether it takes new work.
    pub(crate) fn takes_work(&self) -> bool {
        !matches!(*self.inner.state(), State::Closed(_))
    }

    /// Takes no new work from here on, and waits until the running work is done, at most for `limit`.
    ///
    /// May be called again, before or after the first call returns: it waits again. Needs no runtime of its own kind
    /// around it.
    pub(crate) async fn shutdown(&self, limit: Duration) -> ShutdownReport {
        let running = self.inner.close();
        if running == 0 {
            return ShutdownReport {
                finished: 0,
                cut_off: 0,
                audit_events_left: 0,
            };
        }
        // A thread and not a timer: the caller may be in a runtime without timers or in none, and the engine's own
        // thread is the one that might be stuck.
        let tally = Arc::clone(&self.inner.tally);
        let (sender, receiver) = oneshot::channel();
        let watcher = thread::Builder::new()
            .name("smart-auth-stop".to_owned())
            .spawn(move || sender.send(tally.wait_idle_blocking(limit)));
        let cut_off = match watcher {
            Ok(_) => receiver.await.unwrap_or(running),
            Err(error) => {
                tracing::error!(%error, "no thread to wait for running token operations with");
                running
            }
        };
        if cut_off > 0 {
            let work = self.inner.tally.describe();
            tracing::warn!(
                cut_off,
                work,
                "token operations were still running when the time for the shutdown was over"
            );
        }
        ShutdownReport {
            finished: running.saturating_sub(cut_off),
            cut_off,
            audit_events_left: 0,
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("transport", &self.inner.options.transport)
            .field("running", &self.inner.tally.running())
            .finish_non_exhaustive()
    }
}

/// Closes the engine when the last handle that counts is gone.
struct Owner(Arc<Inner>);

impl Drop for Owner {
    fn drop(&mut self) {
        let was_open = !matches!(*self.0.state(), State::Closed(_));
        let running = self.0.close();
        if was_open && running > 0 {
            tracing::warn!(
                running,
                work = self.0.tally.describe(),
                "{running} token operations were still running when the application ended; new tokens may be lost. \
                 Call `SmartConfig::shutdown` after `server.await`"
            );
        }
    }
}

struct Inner {
    options: EngineOptions,
    state: Mutex<State>,
    tally: Arc<Tally>,
    log_throttle: LogThrottle,
}

enum State {
    Idle,
    Running(Started, oneshot::Sender<()>),
    /// Takes work from its own thread only, as long as that lives.
    Closed(Option<Started>),
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transport(&self) -> Arc<dyn HttpTransport> {
        if let Some(transport) = self.options.transport.custom() {
            return transport;
        }
        let mut state = self.state();
        let _ = self.start_if_idle(&mut state);
        match &*state {
            State::Running(started, _) | State::Closed(Some(started)) => Arc::clone(&started.transport),
            State::Idle | State::Closed(None) => Arc::new(NoTransport),
        }
    }

    /// A place for one piece of work. Counted under the lock, so that a shutdown sees it or refuses it.
    fn admit(&self, work: &'static str) -> Result<(Handle, Work), EngineError> {
        let mut state = self.state();
        self.start_if_idle(&mut state)?;
        match &*state {
            State::Running(started, _) => Ok((started.runtime.clone(), self.tally.begin(work))),
            State::Closed(Some(started)) if started.thread == thread::current().id() => {
                Ok((started.runtime.clone(), self.tally.begin(work)))
            }
            State::Idle | State::Closed(_) => Err(EngineError::ShutDown),
        }
    }

    fn start_if_idle(&self, state: &mut State) -> Result<(), EngineError> {
        if !matches!(state, State::Idle) {
            return Ok(());
        }
        let builder = thread::Builder::new().name("smart-auth-engine".to_owned());
        match start(builder, &self.options.transport, Arc::clone(&self.tally)) {
            Ok((started, release)) => {
                *state = State::Running(started, release);
                Ok(())
            }
            Err(error) => {
                log_seldom!(self, error, %error, "the thread for token operations could not be started");
                Err(EngineError::NotStarted)
            }
        }
    }

    /// Refuses new work, and lets the thread end when the running work has. Says how much that is.
    fn close(&self) -> usize {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Closed(None)) {
            State::Idle => State::Closed(None),
            // Dropping the sender is what releases the thread.
            State::Running(started, _release) => State::Closed(Some(started)),
            closed @ State::Closed(_) => closed,
        };
        self.tally.running()
    }
}

/// Stands in for awc when the engine was closed before it was started.
#[derive(Debug)]
struct NoTransport;

impl HttpTransport for NoTransport {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        Box::pin(std::future::ready(Err(TransportError::ShutDown)))
    }
}
