//! Ports for processes that are stopped and started again.

use std::{
    net::{TcpListener, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

/// A port for listening below those that outgoing connections take: a process that is away for a moment finds it free.
pub(crate) fn free_port() -> u16 {
    loop {
        let port = rand::random_range(12_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Waits until something listens there.
pub(crate) fn until_listening(port: u16) {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing listens on {port}");
        sleep(Duration::from_millis(10));
    }
}
