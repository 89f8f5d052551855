//! Threads for the application's own code: [`AppThreads`].
//!
//! `on_launch`, an `EhrResolver` and a `Signer` are written by others. They may panic, may never answer, and may block although they
//! must not. So each call has a thread of its own, away from the engine and from the server's workers, and nobody waits
//! for it longer than its limit.

mod driver;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, timeout},
};
use tracing::instrument::WithSubscriber;

use driver::LazyDriver;

use crate::log_throttle::{LogThrottle, log_seldom};

/// As the threads are called.
const NAME: &str = "smart-auth-hooks";
/// As the thread is called that waits for them.
const NAME_OF_WAITING: &str = "smart-auth-waits";

/// Runs the application's own code. Cheap to clone; clones share everything. Starts on first use, and ends when the last
/// clone is dropped.
#[derive(Clone, Default)]
pub(crate) struct AppThreads(Arc<Inner>);

/// Who calls. Each kind has a limit of its own, so that none of them keeps the others waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CallerKind {
    /// A launch that is about to open: `on_launch`.
    Hook,
    /// A launch, a sign-in or an EHR that is known here asks the resolver.
    KnownEhr,
    /// Anybody asks the resolver, for whatever address.
    Stranger,
    /// A token request is to be signed.
    Signer,
    /// A registration is read or kept in the application's own store.
    Keeper,
}

impl CallerKind {
    /// How many calls run at once.
    const fn at_once(self) -> usize {
        match self {
            Self::Hook | Self::Signer => 256,
            Self::KnownEhr | Self::Stranger | Self::Keeper => 32,
        }
    }

    /// How many more may wait for that; past it calls are refused. All of them meet their limit while they wait.
    const fn waiting(self) -> usize {
        match self {
            Self::Hook | Self::KnownEhr | Self::Signer | Self::Keeper => 512,
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
    /// It was not begun: no other call ended in time.
    #[error("its turn did not come")]
    NoTurn,
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

/// How many calls of one kind have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// All of them.
    pub(crate) running: usize,
    /// Those for whose answer nobody waits any more: they block their threads.
    pub(crate) stuck: usize,
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
        let began = Instant::now();
        let slots = self.0.slots_of(caller);
        let slot = Arc::clone(&slots.all).try_acquire_owned();
        let slot = slot.map_err(|_| NoAnswer::Busy)?;
        let turn = timeout(limit, Arc::clone(&slots.running).acquire_owned()).await;
        // Nobody closes it.
        let turn = turn.map_err(|_| NoAnswer::NoTurn)?.map_err(|_| NoAnswer::NotStarted)?;
        let _waiting = Waiting::of(&slots.awaited);
        let answer = self.0.begin(caller, code, [slot, turn]).map_err(|error| {
            log_seldom!(self.0, error, %error, "no thread could be started for the application's own code");
            NoAnswer::NotStarted
        })?;
        match timeout(limit.saturating_sub(began.elapsed()), answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(NoAnswer::Panicked),
            Err(_) => Err(NoAnswer::TimedOut),
        }
    }

    /// How many calls there are now.
    pub(crate) fn load(&self, caller: CallerKind) -> Load {
        let slots = self.0.slots_of(caller);
        let running = caller.at_once().saturating_sub(slots.running.available_permits());
        let stuck = running.saturating_sub(slots.awaited.load(Ordering::SeqCst));
        Load { running, stuck }
    }

    /// Runs work of the crate to its end, whether or not anybody waits for it: it waits for calls, and must not block. It is
    /// away from the application's code, which may block whatever it runs on. Its lines go to the caller's log.
    ///
    /// # Errors
    ///
    /// When there is no thread for it.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let runtime = self.0.waiting.runtime(NAME_OF_WAITING)?;
        drop(runtime.spawn(work.with_current_subscriber()));
        Ok(())
    }
}

impl fmt::Debug for AppThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppThreads").finish_non_exhaustive()
    }
}

struct Inner {
    /// Timers, sockets and blocking threads of `on_launch`.
    hooks: LazyDriver,
    /// The same of the resolver and of the store of registrations, which may share a pool of connections. Apart, as the application may fill the blocking threads of one of them for good.
    resolver: LazyDriver,
    /// The same of signers. What they keep open, such as the connections to a key service, lives as long.
    signers: LazyDriver,
    /// The crate's own waiting.
    waiting: LazyDriver,
    hook: Slots,
    known_ehr: Slots,
    stranger: Slots,
    signer: Slots,
    keeper: Slots,
    log_throttle: LogThrottle,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            hooks: LazyDriver::default(),
            resolver: LazyDriver::default(),
            signers: LazyDriver::default(),
            waiting: LazyDriver::default(),
            hook: Slots::of(CallerKind::Hook),
            known_ehr: Slots::of(CallerKind::KnownEhr),
            stranger: Slots::of(CallerKind::Stranger),
            signer: Slots::of(CallerKind::Signer),
            keeper: Slots::of(CallerKind::Keeper),
            log_throttle: LogThrottle::default(),
        }
    }
}

impl Inner {
    const fn slots_of(&self, caller: CallerKind) -> &Slots {
        match caller {
            CallerKind::Hook => &self.hook,
            CallerKind::KnownEhr => &self.known_ehr,
            CallerKind::Stranger => &self.stranger,
            CallerKind::Signer => &self.signer,
            CallerKind::Keeper => &self.keeper,
        }
    }

    /// Begins a call on a thread of its own. The answer is dropped unsent when the call panics.
    fn begin<T, F, Fut>(
        &self,
        caller: CallerKind,
        code: F,
        permits: [OwnedSemaphorePermit; 2],
    ) -> io::Result<oneshot::Receiver<T>>
    where
        T: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = T>,
    {
        let runtime = match caller {
            CallerKind::Hook => self.hooks.runtime(NAME)?,
            CallerKind::KnownEhr | CallerKind::Stranger | CallerKind::Keeper => self.resolver.runtime(NAME)?,
            CallerKind::Signer => self.signers.runtime(NAME)?,
        };
        let (mut sender, answer) = oneshot::channel();
        let call = move || {
            // Given back when the code has really ended: a call that blocks for ever takes one slot and no more. Before
            // anybody knows the answer, so that who counts then does not count this one.
            let permits = permits;
            let output = runtime.block_on(async {
                let mut future = pin!(async move { code().await });
                poll_fn(|cx| match sender.poll_closed(cx) {
                    Poll::Ready(()) => Poll::Ready(None),
                    Poll::Pending => future.as_mut().poll(cx).map(Some),
                })
                .await
            });
            drop(permits);
            if let Some(output) = output {
                // Nobody may be waiting any more.
                drop(sender.send(output));
            }
        };
        thread::Builder::new().name(NAME.to_owned()).spawn(call)?;
        Ok(answer)
    }
}

/// How many calls of one kind of caller there may be.
struct Slots {
    /// Running and waiting.
    all: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// Running, with somebody who waits for the answer.
    awaited: Arc<AtomicUsize>,
}

impl Slots {
    fn of(caller: CallerKind) -> Self {
        Self {
            all: Arc::new(Semaphore::new(caller.at_once() + caller.waiting())),
            running: Arc::new(Semaphore::new(caller.at_once())),
            awaited: Arc::default(),
        }
    }
}

/// Somebody who waits for the answer of a running call, until dropped.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn of(awaited: &Arc<AtomicUsize>) -> Self {
        awaited.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(awaited))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
