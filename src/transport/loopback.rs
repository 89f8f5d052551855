//! For tests: an HTTP server on a loopback port that sends exactly the bytes a test writes down.
//!
//! Threads and blocking sockets, so that nothing of it depends on the runtime under test.
#![expect(clippy::unwrap_used, reason = "what a test suite runs on may fail the suite")]

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

#[cfg(test)]
use crate::protocol::urls::FhirBaseUrl;

/// A port at which connections are refused, and which nobody else is given, for as long as this is kept.
pub(crate) struct ClosedPort {
    pub(crate) address: SocketAddr,
    /// Both ends of a connection from before it was closed: a port in use is not given away.
    _held: [TcpStream; 2],
}

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).unwrap();
        let (server, _) = listener.accept().unwrap();
        Self {
            address,
            _held: [client, server],
        }
    }
}

/// A running server. Stops accepting when dropped.
pub(crate) struct Loopback {
    pub(crate) port: u16,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

/// One accepted connection.
pub(crate) struct Conn {
    stream: Box<dyn Stream>,
    shared: Arc<Shared>,
}

pub(crate) trait Stream: Read + Write + Send {
    #[cfg(test)]
    fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()>;
}

impl Stream for TcpStream {
    #[cfg(test)]
    fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        Self::set_read_timeout(self, limit)
    }
}

impl Stream for Box<dyn Stream> {
    #[cfg(test)]
    fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        (**self).set_read_timeout(limit)
    }
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
impl<S: Stream> Stream for rustls::StreamOwned<rustls::ServerConnection, S> {
    #[cfg(test)]
    fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.sock.set_read_timeout(limit)
    }
}

impl Loopback {
    /// Runs `script` for each connection, each in a thread of its own. Returning from it closes the connection.
    pub(crate) fn start(script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Self {
        Self::start_with(any_port(), |tcp| Some(Box::new(tcp)), script)
    }

    /// One that nobody is to come to, at that address.
    #[cfg(test)]
    pub(crate) fn canary(address: SocketAddr) -> Self {
        Self::start_with(address, |tcp| Some(Box::new(tcp)), |_| ())
    }

    /// One at `[::1]` that nobody is to come to. `None` where this machine has no IPv6.
    #[cfg(test)]
    pub(crate) fn canary_v6(port: u16) -> Option<Self> {
        let address = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port));
        // Closed again at once: what is asked is whether there is such an address.
        if let Err(error) = TcpListener::bind(address).map(drop) {
            println!("skipped what needs IPv6: {error}");
            return None;
        }
        Some(Self::canary(address))
    }

    /// As [`start`](Self::start), with TLS and a certificate for `localhost` and `127.0.0.1` that nobody trusts.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) fn start_untrusted(script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Self {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
        let certificate = CertificateDer::from_pem_slice(include_bytes!("acceptance/untrusted.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("acceptance/untrusted.key")).unwrap();
        let config = tls_versions()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::start_tls_config(any_port(), config, script)
    }

    /// As [`start`](Self::start), with TLS and the test certificate of that file name.
    #[cfg(all(test, any(feature = "actix", feature = "reqwest")))]
    pub(crate) fn start_tls(certificate: &str, script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Self {
        Self::start_tls_at(any_port(), certificate, script)
    }

    /// As [`start_tls`](Self::start_tls), at that address.
    #[cfg(all(test, any(feature = "actix", feature = "reqwest")))]
    pub(crate) fn start_tls_at(
        address: SocketAddr,
        certificate: &str,
        script: impl Fn(&mut Conn) + Send + Sync + 'static,
    ) -> Self {
        let config = tls_versions()
            .with_no_client_auth()
            .with_single_cert(vec![fixture_certificate(certificate)], fixture_key())
            .unwrap();
        Self::start_tls_config(address, config, script)
    }

    /// As [`start`](Self::start), with TLS, for clients that show a certificate of this authority and no others.
    #[cfg(all(test, any(feature = "actix", feature = "reqwest")))]
    pub(crate) fn start_tls_for(
        authority: rustls::pki_types::CertificateDer<'static>,
        script: impl Fn(&mut Conn) + Send + Sync + 'static,
    ) -> Self {
        let mut clients = rustls::RootCertStore::empty();
        clients.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider)
            .build()
            .unwrap();
        let config = tls_versions()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![fixture_certificate("server.pem")], fixture_key())
            .unwrap();
        Self::start_tls_config(any_port(), config, script)
    }

    #[cfg(any(feature = "actix", feature = "reqwest"))]
    fn start_tls_config(
        address: SocketAddr,
        mut config: rustls::ServerConfig,
        script: impl Fn(&mut Conn) + Send + Sync + 'static,
    ) -> Self {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let config = Arc::new(config);
        Self::start_with(
            address,
            move |tcp| {
                let tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                Some(Box::new(rustls::StreamOwned::new(tls, tcp)))
            },
            script,
        )
    }

    fn start_with(
        address: SocketAddr,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
        script: impl Fn(&mut Conn) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let script = Arc::new(script);
        thread::spawn(move || {
            for tcp in listener.incoming() {
                if accepting.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let tcp = tcp.unwrap();
                tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&accepting);
                let script = Arc::clone(&script);
                let Some(stream) = wrap(tcp) else { continue };
                thread::spawn(move || {
                    script(&mut Conn { stream, shared });
                });
            }
        });
        Self {
            port: address.port(),
            address,
            shared,
        }
    }

    /// Answers every request on every connection with these bytes.
    pub(crate) fn always(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |conn| {
            while conn.request().is_some() {
                conn.send(&answer);
            }
        })
    }

    pub(crate) fn url(&self, path: &str) -> url::Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap()
    }

    /// `http://127.0.0.1:…/fhir`
    #[cfg(test)]
    pub(crate) fn fhir_base(&self) -> FhirBaseUrl {
        FhirBaseUrl::parse(self.url("/fhir").as_str()).unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Heads and bodies of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Blocks until that many requests came.
    pub(crate) fn wait_for_requests(&self, count: usize) {
        let start = Instant::now();
        while self.shared.requests.lock().unwrap().len() < count {
            assert!(start.elapsed() < Duration::from_secs(10), "the requests did not come");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread up.
        let _ = TcpStream::connect(self.address);
    }
}

impl Conn {
    /// Reads one request, body included. `None` when the client is gone.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut received = Vec::new();
        let mut byte = [0];
        while !received.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            received.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&received).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |value| value.trim().parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        received.extend(body);
        let text = String::from_utf8_lossy(&received).into_owned();
        self.shared.requests.lock().unwrap().push(text.clone());
        Some(text)
    }

    /// Reads one byte and no more: closing with the rest unread resets the connection.
    pub(crate) fn first_byte(&mut self) {
        let _ = self.stream.read(&mut [0]);
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // The client may be gone; the test looks at what the client saw.
        let _ = self.try_send(bytes);
    }

    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
fn tls_versions() -> rustls::ConfigBuilder<rustls::ServerConfig, rustls::WantsVerifier> {
    rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// The bytes of an answer with a `Content-Length`.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for header in headers {
        bytes.extend(format!("{header}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// A door that connections wait at until the test opens it.
#[cfg(test)]
pub(crate) fn gate() -> (std::sync::mpsc::Sender<()>, impl Fn() + Send + Sync) {
    let (open, closed) = std::sync::mpsc::channel::<()>();
    let closed = Mutex::new(closed);
    let wait = move || {
        let _ = closed.lock().unwrap().recv_timeout(Duration::from_secs(20));
    };
    (open, wait)
}

#[cfg(all(test, any(feature = "actix", feature = "reqwest")))]
pub(crate) fn fixture_certificate(name: &str) -> rustls::pki_types::CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject;
    let path = format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    rustls::pki_types::CertificateDer::from_pem_file(path).unwrap()
}

#[cfg(all(test, any(feature = "actix", feature = "reqwest")))]
pub(crate) fn fixture_key() -> rustls::pki_types::PrivateKeyDer<'static> {
    use rustls::pki_types::pem::PemObject;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/server.key");
    rustls::pki_types::PrivateKeyDer::from_pem_file(path).unwrap()
}

#[cfg(test)]
/// Blocks on a future without any runtime, as a plain thread would.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}
