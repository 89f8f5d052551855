//! The thread that opens the connections of a store and looks after them: [`Driver`].

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::{runtime::Handle, sync::Notify};

use crate::store::own_thread;

/// Starts with the first work, and ends, with all its work, when it is dropped.
#[derive(Default)]
pub(super) struct Driver {
    runtime: Mutex<Option<Handle>>,
    over: Arc<Notify>,
}

impl Driver {
    /// # Errors
    ///
    /// When the system refuses the thread.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = match &*runtime {
            Some(handle) => handle,
            None => runtime.insert(self.start()?),
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
