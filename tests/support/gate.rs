//! A port in front of the sandbox that can be closed: connections are then refused.

use std::net::SocketAddr;

use actix_web::rt::task::JoinHandle;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Closed at first. The port stays reserved while it is closed.
pub struct Gate {
    address: SocketAddr,
    target: SocketAddr,
    state: State,
}

enum State {
    /// Bound, not listening.
    Closed(TcpSocket),
    Open(JoinHandle<()>),
}

impl Gate {
    /// `target` is an origin such as the sandbox's.
    pub fn before(target: &str) -> Self {
        let target = target.strip_prefix("http://").unwrap().parse().unwrap();
        let socket = bound("127.0.0.1:0".parse().unwrap());
        Self {
            address: socket.local_addr().unwrap(),
            target,
            state: State::Closed(socket),
        }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn open(&mut self) {
        let placeholder = State::Open(actix_web::rt::spawn(async {}));
        if let State::Closed(socket) = std::mem::replace(&mut self.state, placeholder) {
            let listener = socket.listen(128).unwrap();
            self.state = State::Open(actix_web::rt::spawn(forward(listener, self.target)));
        }
    }

    pub async fn close(&mut self) {
        if let State::Open(task) = &mut self.state {
            task.abort();
            let _ = task.await;
            self.state = State::Closed(bound(self.address));
        }
    }
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn forward(listener: TcpListener, target: SocketAddr) {
    while let Ok((mut incoming, _)) = listener.accept().await {
        actix_web::rt::spawn(async move {
            if let Ok(mut outgoing) = TcpStream::connect(target).await {
                let _ = tokio::io::copy_bidirectional(&mut incoming, &mut outgoing).await;
            }
        });
    }
}
