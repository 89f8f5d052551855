//! Work that runs on the engine: [`Running`].

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::task::JoinHandle;

/// The result of spawned work, once there is one. Dropping it does not stop the work.
#[derive(Debug)]
pub(crate) enum Running<T> {
    /// It was never begun.
    Refused(EngineError),
    /// It was.
    Spawned(JoinHandle<T>),
}

impl<T> Running<T> {
    /// Whether the work was never begun, because the engine is closed.
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl<T> Future for Running<T> {
    type Output = Result<T, EngineError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Refused(error) => Poll::Ready(Err(*error)),
            Self::Spawned(handle) => Pin::new(handle).poll(cx).map_err(|error| {
                if error.is_panic() {
                    EngineError::Panicked
                } else {
                    EngineError::ShutDown
                }
            }),
        }
    }
}

/// Why there is no result of spawned work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum EngineError {
    /// The engine takes no new work, or was stopped before this work was done.
    #[error("the crate was shut down (`SmartConfig::shutdown`)")]
    ShutDown,
    /// The work panicked.
    #[error("an internal operation panicked; the log has the message, please report it")]
    Panicked,
    /// The engine's thread could not be started.
    #[error("the thread for token operations could not be started; the log says why")]
    NotStarted,
}
