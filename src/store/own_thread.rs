//! A thread of a store's own, with a runtime: [`start`].
//!
//! Connections live there, because they have to outlive the runtime of the worker that uses them first.

use std::{future::Future, io, sync::mpsc, thread};

use tokio::runtime::{Builder, Handle};

/// Starts the thread. It ends with this work.
///
/// # Errors
///
/// When the system refuses the thread or what its runtime needs.
pub(super) fn start<F: Future<Output = ()>>(
    builder: thread::Builder,
    work: impl FnOnce() -> F + Send + 'static,
) -> io::Result<Handle> {
    let (tell, told) = mpsc::sync_channel(1);
    // The runtime is made on its thread: the caller may be inside of another runtime, where dropping one panics, and where
    // the system refuses the thread the closure is dropped by the caller.
    builder.spawn(move || {
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell.send(Err(error))),
        };
        drop(tell.send(Ok(runtime.handle().clone())));
        runtime.block_on(async { work().await });
        // Does not wait for name look-ups that hang.
        runtime.shutdown_background();
    })?;
    told.recv().map_err(io::Error::other)?
}

#[cfg(test)]
mod tests;
