//! The thread of the engine: how it starts, and what it does until it ends.

use std::{
    io,
    sync::{Arc, mpsc},
    thread::{self, ThreadId},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    task::LocalSet,
};

use super::{options::TransportChoice, tally::Tally};
use crate::transport::HttpTransport;
#[cfg(feature = "actix")]
use crate::transport::{
    awc::{AwcActor, AwcTransport},
    guarded::GuardedTransport,
};

/// How long the thread stays for running work after the last handle is gone. A token set that could not be saved is
/// tried again for minutes, so this is longer.
const DRAIN_LIMIT: Duration = Duration::from_secs(15 * 60);

/// A thread that runs, and how to reach it.
pub(super) struct Started {
    pub(super) runtime: Handle,
    pub(super) thread: ThreadId,
    pub(super) transport: Arc<dyn HttpTransport>,
}

/// Starts the thread. It ends when the sender is dropped and the work is done.
pub(super) fn start(
    builder: thread::Builder,
    choice: &TransportChoice,
    tally: Arc<Tally>,
) -> io::Result<(Started, oneshot::Sender<()>)> {
    let (transport, actor) = make_transport(choice);
    let (release, released) = oneshot::channel();
    let (tell, told) = mpsc::sync_channel(1);
    // The runtime is made on its thread: the caller may be inside of another runtime, where dropping one panics, and where
    // the system refuses the thread the closure is dropped by the caller.
    let thread = builder.spawn(move || {
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell.send(Err(error))),
        };
        drop(tell.send(Ok(runtime.handle().clone())));
        run(runtime, actor, released, &tally);
    })?;
    let started = Started {
        runtime: told.recv().map_err(io::Error::other)??,
        thread: thread.thread().id(),
        transport,
    };
    Ok((started, release))
}

/// The thread: lives until it is released and idle.
fn run(runtime: Runtime, actor: Option<Actor>, released: oneshot::Receiver<()>, tally: &Tally) {
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        if let Some(actor) = actor {
            tokio::task::spawn_local(actor.run());
        }
        let _ = released.await;
        if tokio::time::timeout(DRAIN_LIMIT, tally.wait_idle()).await.is_err() {
            let work = tally.describe();
            tracing::error!(work, "token operations did not end; they are given up");
        }
    });
    drop(local);
    // Does not wait for name lookups that hang.
    runtime.shutdown_background();
}

#[cfg(feature = "actix")]
type Actor = AwcActor;

#[cfg(feature = "actix")]
fn make_transport(choice: &TransportChoice) -> (Arc<dyn HttpTransport>, Option<Actor>) {
    match choice {
        TransportChoice::Awc(settings) => {
            let (transport, actor) = AwcTransport::new(settings.clone());
            (Arc::new(GuardedTransport::new(Arc::new(transport))), Some(actor))
        }
        TransportChoice::Custom(transport) => (Arc::clone(transport), None),
    }
}

/// Without awc there is no actor.
#[cfg(not(feature = "actix"))]
enum Actor {}

#[cfg(not(feature = "actix"))]
impl Actor {
    async fn run(self) {
        match self {}
    }
}

#[cfg(not(feature = "actix"))]
fn make_transport(choice: &TransportChoice) -> (Arc<dyn HttpTransport>, Option<Actor>) {
    let TransportChoice::Custom(transport) = choice;
    (Arc::clone(transport), None)
}
