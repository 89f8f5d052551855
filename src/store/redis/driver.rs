//! The thread that opens the connections of a store and looks after them: [`Driver`].

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::{runtime::Handle, sync::Notify};

use crate::store::{StoreError, own_thread};

/// Starts with the first work, and ends, with all its work, when it is dropped.
#[derive(Default)]
pub(super) struct Driver {
    runtime: Mutex<Option<Handle>>,
    over: Arc<Notify>,
}

impl Driver {
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<(), StoreError> {
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = match &*runtime {
            Some(handle) => handle,
            None => runtime.insert(self.start().map_err(|error| {
                tracing::error!(%error, "the thread for the connections to Redis could not be started");
                StoreError::Unavailable
            })?),
        };
        handle.spawn(work);
        Ok(())
    }

    fn start(&self) -> io::Result<Handle> {
        let over = Arc::clone(&self.over);
        let builder = thread::Builder::new().name("smart-auth-redis".to_owned());
        own_thread::start(builder, || async move { over.notified().await })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.over.notify_one();
    }
}
