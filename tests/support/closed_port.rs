//! A port at which nobody listens.

use std::net::{SocketAddr, TcpListener, TcpStream};

/// Connections to it are refused, and nobody else is given it, for as long as this is kept.
pub(crate) struct ClosedPort {
    pub(crate) address: SocketAddr,
    /// Both ends of a connection from before it was closed: a port in use is not given away.
    _held: [TcpStream; 2],
}

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).unwrap();
        let (server, _) = listener.accept().unwrap();
        Self {
            address,
            _held: [client, server],
        }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}
