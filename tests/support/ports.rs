//! Ports for processes that are stopped and started again.

use std::{
    collections::BTreeSet,
    net::{TcpListener, TcpStream},
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

/// A port for listening below those that outgoing connections take: a process that is away for a moment finds it free. No two
/// tests of this process get the same, and none gets one at which a node of a Redis Cluster speaks to others (10,000 above its own).
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = rand::random_range(12_000..20_000);
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if is_free(port) && is_free(port + 10_000) && GIVEN.lock().unwrap().insert(port) {
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
