//! A result on its way to a caller who may have gone: [`HandedOver`], [`run_or_undo`].

use std::future::Future;

use super::engine::Engine;
use crate::protocol::transport_error::TransportError;

/// Does what has to be done to its end, even if the caller goes away; `undo` gets what nobody takes any more. `stopped` says what
/// it means that the engine did not begin, or did not come to the end.
pub(crate) async fn run_or_undo<T, E>(
    engine: &Engine,
    name: &'static str,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
    undo: impl FnOnce(T) + Send + 'static,
    stopped: impl FnOnce(TransportError) -> E,
) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    let work = async move { work.await.map(|value| HandedOver::new(value, undo)) };
    // What comes out of it is dropped, and so undone, where nobody holds this any more.
    let running = engine.spawn(name, work);
    if running.is_refused() {
        return Err(stopped(TransportError::ShutDown));
    }
    // It had begun: what it was to send may have been sent.
    match running.await {
        Ok(Ok(handed_over)) => handed_over.take().ok_or_else(|| stopped(TransportError::Disconnected)),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(stopped(TransportError::Disconnected)),
    }
}

/// What nobody takes is undone. A caller that goes away drops it, at whatever moment: also when it is there already and was not
/// looked at.
pub(crate) struct HandedOver<T> {
    value: Option<T>,
    undo: Option<Box<dyn FnOnce(T) + Send>>,
}

impl<T> HandedOver<T> {
    pub(crate) fn new(value: T, undo: impl FnOnce(T) + Send + 'static) -> Self {
        Self {
            value: Some(value),
            undo: Some(Box::new(undo)),
        }
    }

    /// The value, which the caller has now. `None` cannot be: it is taken once.
    pub(crate) fn take(mut self) -> Option<T> {
        self.value.take()
    }
}

impl<T> Drop for HandedOver<T> {
    fn drop(&mut self) {
        if let (Some(value), Some(undo)) = (self.value.take(), self.undo.take()) {
            undo(value);
        }
    }
}

#[cfg(test)]
mod tests;
