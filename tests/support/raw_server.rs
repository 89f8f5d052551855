//! A server that answers with given bytes, right or wrong, and counts who comes.

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Listens on a loopback port. Each connection brings one request and gets one answer; the last answer is repeated.
pub struct RawServer {
    pub origin: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Vec<u8>>>,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl RawServer {
    pub fn start() -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn start_on(listener: TcpListener) -> Self {
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if server.stopped.load(Ordering::SeqCst) {
                    return;
                }
                server.connections.fetch_add(1, Ordering::SeqCst);
                server.serve(connection);
            }
        });
        Self { origin, shared }
    }

    /// One that nobody is to come to.
    pub fn canary() -> Self {
        Self::start().nobody_comes()
    }

    /// One at `[::1]` that nobody is to come to. `None` where this machine has no IPv6.
    pub fn canary_v6(port: u16) -> Option<Self> {
        match TcpListener::bind(("::1", port)) {
            Ok(listener) => Some(Self::start_on(listener).nobody_comes()),
            Err(error) => {
                eprintln!("skipped what needs IPv6: {error}");
                None
            }
        }
    }

    fn nobody_comes(self) -> Self {
        self.answer(http(418, "text/plain", "nobody was to come here"));
        self
    }

    /// From now on every answer is this one.
    pub fn answer(&self, bytes: impl Into<Vec<u8>>) {
        self.answers([bytes.into()]);
    }

    /// The next answers; the last one for good.
    pub fn answers(&self, answers: impl IntoIterator<Item = Vec<u8>>) {
        *self.shared.answers.lock().unwrap() = answers.into_iter().collect();
    }

    /// The requests that came so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many connections came so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.origin.trim_start_matches("http://")));
    }
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) {
        connection.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let Some(request) = read_request(&mut connection) else {
            return;
        };
        self.requests.lock().unwrap().push(request);
        let answer = {
            let mut answers = self.answers.lock().unwrap();
            if answers.len() > 1 {
                answers.pop_front()
            } else {
                answers.front().cloned()
            }
        };
        // A client that has seen enough may hang up in the middle.
        let _ = connection.write_all(&answer.unwrap_or_default());
        let _ = connection.shutdown(Shutdown::Write);
        let _ = connection.read_to_end(&mut Vec::new());
    }
}

fn read_request(connection: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(String::from_utf8_lossy(&request).into_owned());
            }
        }
        match connection.read(&mut buffer) {
            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}

/// A well-formed HTTP answer.
pub fn http(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A redirect.
pub fn redirect(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

/// Sends bytes as they are and says which status came back; `None` when the connection was closed without one.
pub fn send_raw(origin: &str, request: &[u8]) -> Option<u16> {
    let mut connection = TcpStream::connect(origin.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // A server that has seen enough may hang up in the middle.
    let _ = connection.write_all(request);
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer)
        .ok()?
        .strip_prefix("HTTP/1.1 ")?
        .parse()
        .ok()
}
