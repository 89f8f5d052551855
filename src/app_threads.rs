//! Threads for the application's own code: [`AppThreads`].
//!
//! `on_launch` and an `EhrResolver` are written by others. They may panic, may never answer, and may block although they
//! must not. So each call has a thread of its own, away from the engine and from the server's workers, and nobody waits
//! for it longer than its limit.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::{Arc, Mutex, PoisonError, mpsc},
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};

/// As the threads are called.
const NAME: &str = "smart-auth-hooks";

/// Runs the application's own code. Cheap to clone; clones share everything. Starts on first use, and ends when the last
/// clone is dropped.
#[derive(Clone, Default)]
pub(crate) struct AppThreads(Arc<Inner>);

/// Who calls. Each has places of its own, so that none of them keeps the others waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CallerKind {
    /// A launch that is about to open: `on_launch`.
    Hook,
    /// A launch, a sign-in or an EHR that is known here asks the resolver.
    KnownEhr,
    /// Anybody asks the resolver, for whatever address.
    Stranger,
}

impl CallerKind {
    /// How many calls run at once.
    const fn at_once(self) -> usize {
        match self {
            Self::Hook => 64,
            Self::KnownEhr | Self::Stranger => 32,
        }
    }

    /// How many more may wait for that; past it calls are refused. All of them meet their limit while they wait.
    const fn waiting(self) -> usize {
        match self {
            Self::Hook | Self::KnownEhr => 512,
            Self::Stranger => 64,
        }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// It was not begun: too many calls run and wait already.
    #[error("too many calls are running and waiting already")]
    Busy,
    /// It did not end in time. Where it blocks its thread, that stays until it does not block any more.
    #[error("it did not end in time")]
    TimedOut,
    /// It panicked.
    #[error("it panicked; the message is on standard error")]
    Panicked,
    /// There is no thread for it.
    #[error("its thread could not be started")]
    NotStarted,
}

impl AppThreads {
    /// Calls `code`, and waits for the future that it gives, at most for `limit` in all.
    ///
    /// Both run on one thread, inside a tokio runtime with timers and I/O. When the limit is over, or the caller is gone, the
    /// future is dropped as soon as it waits.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`].
    pub(crate) async fn call<T, F, Fut>(&self, caller: CallerKind, limit: Duration, code: F) -> Result<T, NoAnswer>
    where
        T: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = T>,
    {
        let places = self.0.places_of(caller);
        let place = Arc::clone(&places.all).try_acquire_owned();
        let place = place.map_err(|_| NoAnswer::Busy)?;
        let called = async {
            let turn = Arc::clone(&places.running).acquire_owned().await;
            let turn = turn.map_err(|_| NoAnswer::NotStarted)?;
            let answer = self.0.begin(code, [place, turn]).map_err(|error| {
                tracing::error!(%error, "no thread could be started for the application's own code");
                NoAnswer::NotStarted
            })?;
            answer.await.map_err(|_| NoAnswer::Panicked)
        };
        tokio::time::timeout(limit, called)
            .await
            .unwrap_or(Err(NoAnswer::TimedOut))
    }
}

impl fmt::Debug for AppThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppThreads").finish_non_exhaustive()
    }
}

struct Inner {
    driver: Mutex<Option<Driver>>,
    hook: Places,
    known_ehr: Places,
    stranger: Places,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            driver: Mutex::default(),
            hook: Places::of(CallerKind::Hook),
            known_ehr: Places::of(CallerKind::KnownEhr),
            stranger: Places::of(CallerKind::Stranger),
        }
    }
}

impl Inner {
    const fn places_of(&self, caller: CallerKind) -> &Places {
        match caller {
            CallerKind::Hook => &self.hook,
            CallerKind::KnownEhr => &self.known_ehr,
            CallerKind::Stranger => &self.stranger,
        }
    }

    /// Begins a call on a thread of its own. The answer is dropped unsent when the call panics.
    fn begin<T, F, Fut>(&self, code: F, permits: [OwnedSemaphorePermit; 2]) -> io::Result<oneshot::Receiver<T>>
    where
        T: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = T>,
    {
        let runtime = self.runtime()?;
        let (mut sender, answer) = oneshot::channel();
        let call = move || {
            // Given back when the code has really ended: a call that blocks for ever takes one place and no more.
            let _permits = permits;
            let output = runtime.block_on(async {
                let mut future = pin!(async move { code().await });
                poll_fn(|cx| match sender.poll_closed(cx) {
                    Poll::Ready(()) => Poll::Ready(None),
                    Poll::Pending => future.as_mut().poll(cx).map(Some),
                })
                .await
            });
            if let Some(output) = output {
                // Nobody may be waiting any more.
                drop(sender.send(output));
            }
        };
        thread::Builder::new().name(NAME.to_owned()).spawn(call)?;
        Ok(answer)
    }

    fn runtime(&self) -> io::Result<Handle> {
        let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = &*driver {
            return Ok(driver.runtime.clone());
        }
        let started = Driver::start()?;
        let runtime = started.runtime.clone();
        *driver = Some(started);
        Ok(runtime)
    }
}

/// The places of one kind of caller.
struct Places {
    /// Running and waiting.
    all: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Places {
    fn of(caller: CallerKind) -> Self {
        Self {
            all: Arc::new(Semaphore::new(caller.at_once() + caller.waiting())),
            running: Arc::new(Semaphore::new(caller.at_once())),
        }
    }
}

/// The runtime that timers and sockets of the application's code live in, with the thread that drives it. Ends when
/// dropped.
struct Driver {
    runtime: Handle,
    _release: oneshot::Sender<()>,
}

impl Driver {
    fn start() -> io::Result<Self> {
        let (release, released) = oneshot::channel::<()>();
        let (tell, told) = mpsc::sync_channel(1);
        // The runtime is made and dropped on a plain thread: dropping one inside of another panics.
        thread::Builder::new().name(NAME.to_owned()).spawn(move || {
            let runtime = match Builder::new_current_thread().thread_name(NAME).enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error))),
            };
            drop(tell.send(Ok(runtime.handle().clone())));
            let _ = runtime.block_on(released);
            // Does not wait for what blocks.
            runtime.shutdown_background();
        })?;
        let runtime = told.recv().map_err(io::Error::other)??;
        Ok(Self {
            runtime,
            _release: release,
        })
    }
}
