//! What is wrong where TLS fails: [`look`] shakes hands once more, says nothing in it, and keeps what it saw.
//!
//! A request says only that TLS failed, because what sends it learns no more. This is for a person who asks why.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use url::Url;

use super::{
    look_up,
    tls::{Tls, trusted},
};
use crate::{
    protocol::network_guard::Addresses,
    transport::{
        certificate_names::names_of,
        settings::TransportSettings,
        tls_look::{CertificateFault, Names, TlsLook},
    },
};

/// Connects to the server of `url` as a request would, and shakes hands. Nothing of HTTP is sent.
///
/// The host name, the connection and the handshake have `connect_timeout` each, however many addresses there are and however
/// slowly the server speaks.
pub(crate) async fn look(settings: &TransportSettings, url: &Url, reaching: &Addresses) -> TlsLook {
    if goes_through_proxy(settings, url) {
        return TlsLook::NotSeen;
    }
    let resolver = &*settings.look_up;
    let limit = settings.connect_timeout;
    let looking_up = async {
        match reaching {
            Addresses::Any => look_up::addresses(resolver, url).await,
            Addresses::Guarded(guard) => look_up::allowed_addresses(resolver, guard, url).await,
        }
    };
    let (Ok(Ok(addresses)), Some(host)) = (tokio::time::timeout(limit, looking_up).await, url.host_str()) else {
        return TlsLook::NotSeen;
    };
    let Ok(name) = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()) else {
        return TlsLook::NotSeen;
    };
    let Some((config, seen)) = watched(settings, reaching) else {
        return TlsLook::NotSeen;
    };
    let shaking = tokio::task::spawn_blocking(move || shake(config, name, &addresses, limit));
    let result = shaking.await.unwrap_or(Shaken::Unreachable);
    let names = seen.take().unwrap_or_default();
    match result {
        Shaken::Works => TlsLook::Works,
        Shaken::Unreachable => TlsLook::NotSeen,
        Shaken::Silent => TlsLook::Silent,
        Shaken::Failed(Error::InvalidCertificate(error)) => TlsLook::Certificate(fault(error, &names), names),
        Shaken::Failed(Error::InvalidMessage(_)) | Shaken::HungUp => TlsLook::NoTls,
        Shaken::Failed(Error::AlertReceived(alert)) => TlsLook::Refused(format!("{alert:?}")),
        Shaken::Failed(error) => TlsLook::Refused(error.to_string()),
    }
}

#[cfg(feature = "reqwest")]
fn goes_through_proxy(settings: &TransportSettings, url: &Url) -> bool {
    let proxy = settings.proxy.as_ref();
    proxy.is_some_and(|proxy| proxy.on_the_way_to(url).is_some())
}

#[cfg(not(feature = "reqwest"))]
const fn goes_through_proxy(_: &TransportSettings, _: &Url) -> bool {
    false
}

enum Shaken {
    Works,
    Unreachable,
    Silent,
    HungUp,
    Failed(Error),
}

fn shake(config: Arc<ClientConfig>, name: ServerName<'static>, addresses: &[SocketAddr], limit: Duration) -> Shaken {
    let connecting_until = Instant::now() + limit;
    let Some(stream) = addresses
        .iter()
        .find_map(|address| TcpStream::connect_timeout(address, left_until(connecting_until).ok()?).ok())
    else {
        return Shaken::Unreachable;
    };
    let mut stream = Until {
        stream,
        deadline: Instant::now() + limit,
    };
    let mut connection = match ClientConnection::new(config, name) {
        Ok(connection) => connection,
        Err(error) => return Shaken::Failed(error),
    };
    while connection.is_handshaking() {
        match connection.complete_io(&mut stream) {
            Ok(_) => {}
            Err(error) => return failed(&error),
        }
    }
    Shaken::Works
}

/// A connection on which nothing happens after a moment, so that a server that sends byte by byte is not listened to for ever.
struct Until {
    stream: TcpStream,
    deadline: Instant,
}

impl Read for Until {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left_until(self.deadline)?))?;
        self.stream.read(buffer)
    }
}

impl Write for Until {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left_until(self.deadline)?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// How long it is until then: never nothing.
fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

fn failed(error: &io::Error) -> Shaken {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (inner, error.kind()) {
        (Some(error), _) => Shaken::Failed(error.clone()),
        (None, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::InvalidData) => {
            Shaken::HungUp
        }
        (None, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Shaken::Silent,
        (None, _) => Shaken::Unreachable,
    }
}

fn fault(error: CertificateError, names: &Names) -> CertificateFault {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => CertificateFault::NotYetValid,
        CertificateError::NotValidForName => CertificateFault::OtherHosts(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => CertificateFault::OtherHosts(presented),
        _ if names.is_self_signed => CertificateFault::SelfSigned,
        CertificateError::UnknownIssuer => CertificateFault::UnknownAuthority,
        // A certificate of an authority in the place of a server's.
        CertificateError::Other(OtherError(error)) => CertificateFault::Other(error.to_string()),
        other => CertificateFault::Other(other.to_string()),
    }
}

/// The configuration of requests, with somebody who looks at certificates before they are judged as ever.
fn watched(settings: &TransportSettings, reaching: &Addresses) -> Option<(Arc<ClientConfig>, Arc<Seen>)> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(trusted(settings)), provider)
        .build()
        .ok()?;
    let seen = Arc::new(Seen::default());
    let tls = Tls::new(settings).ok()?;
    let mut config = ClientConfig::clone(tls.to(reaching));
    config.dangerous().set_certificate_verifier(Arc::new(Watching {
        judge,
        seen: Arc::clone(&seen),
    }));
    Some((Arc::new(config), seen))
}

/// The names in the certificates that were shown.
#[derive(Debug, Default)]
struct Seen(Mutex<Option<Names>>);

impl Seen {
    fn take(&self) -> Option<Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Judges as requests do. It only looks first.
#[derive(Debug)]
struct Watching {
    judge: Arc<WebPkiServerVerifier>,
    seen: Arc<Seen>,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(names_of(end_entity, intermediates));
        self.judge
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests;
