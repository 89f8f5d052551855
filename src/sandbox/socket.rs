//! What no well-behaved HTTP server does: cut a connection without an answer, or in the middle of one.

use std::{
    any::Any,
    io,
    net::TcpStream,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    HttpRequest,
    body::{BodySize, MessageBody},
    dev::Extensions,
    rt::net,
    web::Bytes,
};

/// The connection a request came over: its number, the port to which it came, and a second handle to its socket.
struct Connection {
    number: u64,
    port: Option<u16>,
    socket: Option<Arc<TcpStream>>,
}

/// Remembers every new connection, so that a handler can reach the socket behind its request.
pub(super) fn on_connect(counter: &AtomicU64, io: &dyn Any, extensions: &mut Extensions) {
    let stream = stream_below(io);
    extensions.insert(Connection {
        number: counter.fetch_add(1, Ordering::SeqCst),
        port: stream
            .and_then(|stream| stream.local_addr().ok())
            .map(|address| address.port()),
        socket: stream.and_then(|stream| duplicate(stream).ok()).map(Arc::new),
    });
}

/// The TCP connection, also below TLS.
fn stream_below(io: &dyn Any) -> Option<&net::TcpStream> {
    let below_tls = || Some(io.downcast_ref::<TlsStream<net::TcpStream>>()?.get_ref().0);
    io.downcast_ref::<net::TcpStream>().or_else(below_tls)
}

#[cfg(unix)]
fn duplicate(stream: &net::TcpStream) -> io::Result<TcpStream> {
    use std::os::fd::AsFd;
    Ok(TcpStream::from(stream.as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn duplicate(stream: &net::TcpStream) -> io::Result<TcpStream> {
    use std::os::windows::io::AsSocket;
    Ok(TcpStream::from(stream.as_socket().try_clone_to_owned()?))
}

/// The number of the connection that brought `request`, counted from 0.
pub(super) fn connection_number(request: &HttpRequest) -> u64 {
    request
        .conn_data::<Connection>()
        .map_or(0, |connection| connection.number)
}

/// The port of this server to which the connection that brought `request` was made.
pub(super) fn port(request: &HttpRequest) -> Option<u16> {
    request.conn_data::<Connection>().and_then(|connection| connection.port)
}

/// Makes the coming close of the connection a TCP reset in place of an orderly end.
pub(super) fn reset_on_close(request: &HttpRequest) {
    let Some(socket) = request.conn_data::<Connection>().and_then(|c| c.socket.clone()) else {
        return;
    };
    // The option belongs to the socket, not to the handle; the borrowed handle is gone again at once.
    let result = socket
        .try_clone()
        .and_then(net::TcpStream::from_std)
        .and_then(|stream| stream.set_zero_linger());
    if let Err(error) = result {
        tracing::warn!(%error, "sandbox: no reset possible, the connection is closed in the usual way");
    }
}

/// A body that breaks the connection: what it is given is sent, then nothing more.
///
/// Failing before the first chunk makes actix drop the connection with the head still unsent.
pub(super) enum BrokenBody {
    /// Not even a status line leaves the server.
    BeforeHead,
    /// The head promises `promised` bytes, `sent` of them come.
    Midway {
        promised: u64,
        chunk: Option<Bytes>,
        flushed: bool,
    },
}

impl BrokenBody {
    pub(super) fn midway(body: Vec<u8>) -> Self {
        let promised = (body.len() as u64).max(64);
        let half = body.len() / 2;
        let chunk = Bytes::from(body.into_iter().take(half).collect::<Vec<_>>());
        Self::Midway {
            promised,
            chunk: Some(chunk),
            flushed: false,
        }
    }
}

impl MessageBody for BrokenBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        match self {
            Self::BeforeHead => BodySize::Stream,
            Self::Midway { promised, .. } => BodySize::Sized(*promised),
        }
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let broken = || {
            Poll::Ready(Some(Err(io::Error::other(
                "the sandbox was told to break this connection",
            ))))
        };
        match self.get_mut() {
            Self::BeforeHead => broken(),
            Self::Midway { chunk, flushed, .. } => match chunk.take() {
                Some(chunk) if !chunk.is_empty() => Poll::Ready(Some(Ok(chunk))),
                // Pending once makes actix write what it has; an error at once would discard it.
                _ if !*flushed => {
                    *flushed = true;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                _ => broken(),
            },
        }
    }
}
