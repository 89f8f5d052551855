//! A runtime with the thread that drives it: [`Driver`].

use std::{
    io,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// A driver that starts on first use.
#[derive(Default)]
pub(super) struct LazyDriver(Mutex<Option<Driver>>);

impl LazyDriver {
    /// The runtime. `name` is that of the thread, where it starts now.
    pub(super) fn runtime(&self, name: &str) -> io::Result<Handle> {
        let mut driver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = &*driver {
            return Ok(driver.runtime.clone());
        }
        let started = Driver::start(name)?;
        let runtime = started.runtime.clone();
        *driver = Some(started);
        Ok(runtime)
    }
}

/// A runtime of one thread, which drives its timers, sockets and tasks. Ends when dropped.
struct Driver {
    runtime: Handle,
    _release: oneshot::Sender<()>,
}

impl Driver {
    fn start(name: &str) -> io::Result<Self> {
        let (release, released) = oneshot::channel::<()>();
        let (tell, told) = mpsc::sync_channel(1);
        // The runtime is made and dropped on a plain thread: dropping one inside of another panics.
        let blocking = name.to_owned();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let runtime = match Builder::new_current_thread().thread_name(blocking).enable_all().build() {
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
