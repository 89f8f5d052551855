//! The thread in which a server runs, and the address that it has: [`Listening`].

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use actix_web::{
    dev::{Server, ServerHandle},
    rt::System,
};
use url::Url;

use super::start_mistake::StartMistake;

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    handle: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Listening {
    /// Runs what `server` makes, in a thread of that name.
    pub(super) fn start(name: &str, server: impl FnOnce() -> io::Result<Server> + Send + 'static) -> io::Result<Self> {
        let (started, starting) = mpsc::channel();
        let run = move || {
            System::new().block_on(async move {
                let server = server()?;
                match started.send(server.handle()) {
                    Ok(()) => server.await,
                    Err(_) => Ok(()),
                }
            })
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        match starting.recv() {
            Ok(handle) => Ok(Self {
                handle,
                thread: Some(thread),
            }),
            Err(_) => Err(match thread.join() {
                Ok(Err(error)) => error,
                _ => io::Error::other("the sandbox's thread ended at once"),
            }),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Listening {
    /// Stops at once: whoever still waits for an answer does not get one.
    fn drop(&mut self) {
        // The command is sent by the call; only its completion would have to be awaited.
        drop(self.handle.stop(false));
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("sandbox: the server's thread had panicked");
        }
    }
}

/// A listener, and the origin that it has.
pub(super) fn bind(address: IpAddr, port: u16, scheme: &str) -> io::Result<(TcpListener, String)> {
    let wanted = SocketAddr::new(address, port);
    // The system's words alone do not say which address.
    let listener = TcpListener::bind(wanted)
        .map_err(|error| io::Error::new(error.kind(), format!("the sandbox cannot listen at {wanted}: {error}")))?;
    let local = callable(listener.local_addr()?);
    Ok((listener, format!("{scheme}://{local}")))
}

/// Nobody can call all addresses of a machine at once: there it is the loopback one.
fn callable(local: SocketAddr) -> SocketAddr {
    let address = match local.ip() {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    SocketAddr::new(address, local.port())
}

/// # Errors
/// When it is more than scheme, host and port, or less.
pub(super) fn public_origin(text: &str) -> Result<String, StartMistake> {
    let url = Url::parse(text).ok();
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let origin = url.filter(is_web).map(|url| url.origin().ascii_serialization());
    match origin {
        Some(origin) if origin == text => Ok(origin),
        origin => Err(StartMistake::Origin {
            origin: text.to_owned(),
            instead: origin.unwrap_or_else(|| "https://ehr.test:9443".to_owned()),
        }),
    }
}
