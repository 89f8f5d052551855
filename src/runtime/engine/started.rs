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
use crate::transport::awc::{AwcActor, AwcTransport};
#[cfg(feature = "reqwest")]
use crate::transport::reqwest::ReqwestTransport;
#[cfg(any(feature = "actix", feature = "reqwest"))]
use crate::transport::{HttpClient, guarded::GuardedTransport, settings::TransportSettings};

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
    let (make_transport, actor) = prepare(choice);
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
    // Blocks whoever has the first work, for as long as making a runtime takes: after that the thread is there or is not.
    let runtime = told.recv().map_err(io::Error::other)??;
    let started = Started {
        transport: make_transport(&runtime),
        runtime,
        thread: thread.thread().id(),
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

/// What runs on the thread beside the work: what answers the handle of awc.
#[cfg(feature = "actix")]
type Actor = AwcActor;

/// Without awc there is none.
#[cfg(not(feature = "actix"))]
enum Actor {}

#[cfg(not(feature = "actix"))]
impl Actor {
    async fn run(self) {
        match self {}
    }
}

/// A transport once the runtime is there.
type MakeTransport = Box<dyn FnOnce(&Handle) -> Arc<dyn HttpTransport>>;

/// Nothing here can fail, or takes long: the thread is not started yet.
fn prepare(choice: &TransportChoice) -> (MakeTransport, Option<Actor>) {
    match choice {
        #[cfg(feature = "actix")]
        TransportChoice::Shipped(HttpClient::Awc, settings) => {
            let (transport, actor) = AwcTransport::new(TransportSettings::clone(settings));
            (Box::new(|_| guarded(transport)), Some(actor))
        }
        #[cfg(feature = "reqwest")]
        TransportChoice::Shipped(HttpClient::Reqwest, settings) => {
            let settings = TransportSettings::clone(settings);
            let make = |runtime: &Handle| guarded(ReqwestTransport::new(settings, runtime.clone()));
            (Box::new(make), None)
        }
        TransportChoice::Custom(transport) => {
            let transport = Arc::clone(transport);
            (Box::new(|_| transport), None)
        }
    }
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
fn guarded(transport: impl HttpTransport) -> Arc<dyn HttpTransport> {
    Arc::new(GuardedTransport::new(Arc::new(transport)))
}
