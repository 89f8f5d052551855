//! For tests: a forward proxy on loopback that speaks `CONNECT`, in plain text or in TLS.
//!
//! Every name leads to 127.0.0.1 here.

use std::{
    io::{self, Read as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs};

use crate::transport::loopback::{Stream, fixture_certificate, fixture_key};

/// How a [`ConnectProxy`] behaves.
#[derive(Clone, Default)]
pub(super) struct Behaviour {
    /// The `Proxy-Authorization` that it demands.
    pub(super) demands: Option<&'static str>,
    /// What it answers instead of connecting.
    pub(super) answers: Option<&'static str>,
    /// Whether it is spoken to in TLS.
    pub(super) tls: bool,
    /// Whether it is the EHR as well: TLS for `other.example` ends here, and plain text goes on.
    pub(super) ends_tls: bool,
}

pub(super) struct ConnectProxy {
    pub(super) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    pub(super) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let proxy = Self {
            port,
            heads: Arc::clone(&heads),
        };
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let (tcp, behaviour, heads) = (tcp.unwrap(), behaviour.clone(), Arc::clone(&heads));
                thread::spawn(move || {
                    let client: Box<dyn Stream> = if behaviour.tls {
                        tls("server.pem", tcp)
                    } else {
                        Box::new(tcp)
                    };
                    let _ = serve(client, &behaviour, &heads);
                });
            }
        });
        proxy
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The heads of all requests so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(mut client: Box<dyn Stream>, behaviour: &Behaviour, heads: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    let answer = |client: &mut dyn Stream, text: &str| {
        client.write_all(format!("HTTP/1.1 {text}\r\n\r\n").as_bytes())?;
        client.flush()
    };
    if let Some(wanted) = behaviour.demands {
        let line = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("proxy-authorization:"));
        if line.is_none_or(|line| !line.ends_with(wanted)) {
            return answer(
                &mut *client,
                "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic",
            );
        }
    }
    if let Some(text) = behaviour.answers {
        return answer(&mut *client, text);
    }
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let port: u16 = target
        .and_then(|target| target.rsplit(':').next())
        .unwrap()
        .parse()
        .unwrap();
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
        return answer(&mut *client, "502 Bad Gateway");
    };
    answer(&mut *client, "200 OK")?;
    let client = if behaviour.ends_tls {
        tls("other-name.pem", client)
    } else {
        client
    };
    pump(client, server)
}

fn tls<S: Stream + 'static>(certificate: &str, io: S) -> Box<dyn Stream> {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![fixture_certificate(certificate)], fixture_key())
        .unwrap();
    Box::new(StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), io))
}

/// Carries bytes both ways until one side ends. One thread: a TLS stream cannot be split.
fn pump(mut client: Box<dyn Stream>, mut server: TcpStream) -> io::Result<()> {
    let pause = Some(Duration::from_millis(2));
    client.set_read_timeout(pause)?;
    server.set_read_timeout(pause)?;
    loop {
        if !carry(&mut *client, &mut server)? || !carry(&mut server, &mut *client)? {
            return Ok(());
        }
    }
}

/// What there is now. `false` at the end.
fn carry(from: &mut dyn Stream, to: &mut dyn Stream) -> io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            to.write_all(&buffer[..count])?;
            to.flush()?;
            Ok(true)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(true),
        Err(error) => Err(error),
    }
}
