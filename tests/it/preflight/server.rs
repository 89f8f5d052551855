//! A server of a page that says what a test wants, on plain http or with a certificate of the test's making.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs, pki_types::PrivateKeyDer};

/// Serves TLS; every request gets the same answer.
pub struct TlsServer {
    pub port: u16,
    stopped: Arc<AtomicBool>,
}

impl TlsServer {
    pub fn start(identity: &Identity, answer: Vec<u8>) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![identity.certificate.der().clone()],
                PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap(),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stopped = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stopped);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                serve(&config, connection, &answer);
            }
        });
        Self { port, stopped }
    }

    pub fn fhir_base_url(&self) -> String {
        format!("https://127.0.0.1:{}/fhir", self.port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// A client that does not like the certificate hangs up in the middle.
fn serve(config: &Arc<ServerConfig>, tcp: TcpStream, answer: &[u8]) {
    tcp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), tcp);
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    if stream.write_all(answer).is_ok() {
        stream.conn.send_close_notify();
        let _ = stream.flush();
        let _ = stream.sock.shutdown(std::net::Shutdown::Write);
        let _ = stream.sock.read_to_end(&mut Vec::new());
    }
}

/// A server that gives this answer to the first bytes of two connections, whatever they are. Returns its port.
pub fn answer_first_bytes(answer: Vec<u8>) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = thread::spawn(move || {
        for mut connection in listener.incoming().take(2).flatten() {
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection.write_all(&answer);
        }
    });
    (port, answering)
}

/// An authority, made for a test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a server shows.
pub struct Identity {
    pub certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host.
    pub fn identity(&self, host: &str) -> Identity {
        self.identity_of(params(host))
    }

    /// One that was good until 2020.
    pub fn expired(&self, host: &str) -> Identity {
        let mut params = params(host);
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        self.identity_of(params)
    }

    fn identity_of(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.0).unwrap(),
            key,
        }
    }
}

impl Identity {
    pub fn self_signed(host: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params(host).self_signed(&key).unwrap(),
            key,
        }
    }
}

fn params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    params
}
