//! The sandbox over https: one request after the other on a connection, which can be cut as without TLS.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
};

use actix_smart_auth::sandbox::{
    ExportFilesAt, ExportFilesToken, Fault, FaultPoint, SandboxExport, SandboxServer, SandboxTls, Times, When,
};
use rustls::{ClientConnection, StreamOwned, pki_types::pem::PemObject};

use super::support::strict;

fn tls() -> SandboxTls {
    let (certificate, key) = (
        include_str!("../fixtures/tls/server.pem"),
        include_str!("../fixtures/tls/server.key"),
    );
    SandboxTls::pem(certificate, key).unwrap()
}

/// A connection that prefers HTTP/2, and what was agreed on.
fn connected(port: u16) -> (StreamOwned<ClientConnection, TcpStream>, Option<Vec<u8>>) {
    let mut roots = rustls::RootCertStore::empty();
    let root = include_str!("../fixtures/tls/root.pem");
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut tcp).unwrap();
    }
    let agreed = connection.alpn_protocol().map(<[u8]>::to_vec);
    (StreamOwned::new(connection, tcp), agreed)
}

/// What comes back until the connection ends.
fn received(port: u16, path: &str, host: &str) -> (String, io::Result<usize>) {
    let (mut stream, _) = connected(port);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    (String::from_utf8(bytes).unwrap(), ended)
}

fn started() -> SandboxServer {
    strict().tls(tls()).start().unwrap()
}

const METADATA: &str = "/fhir/.well-known/smart-configuration";

#[test]
fn who_prefers_http_2_gets_http_1_1() {
    let sandbox = started();
    let port = sandbox.local_address().port();
    assert_eq!(connected(port).1.as_deref(), Some(&b"http/1.1"[..]));
    let (answer, _) = received(port, METADATA, "ehr.test");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_connection_that_is_cut_over_tls_brings_no_head() {
    let sandbox = started();
    for (fault, end) in [
        // As TCP has it.
        (Fault::Reset, io::ErrorKind::ConnectionReset),
        // The connection ends in order, and TLS on it does not.
        (Fault::Hang(std::time::Duration::ZERO), io::ErrorKind::UnexpectedEof),
    ] {
        sandbox.inject(FaultPoint::Metadata, When::Before, fault.clone(), Times::Once);
        let (answer, ended) = received(sandbox.local_address().port(), METADATA, "ehr.test");
        assert_eq!((answer.as_str(), ended.unwrap_err().kind()), ("", end), "{fault:?}");
    }
    sandbox.inject(FaultPoint::Metadata, When::After, Fault::Truncated, Times::Once);
    let (answer, ended) = received(sandbox.local_address().port(), METADATA, "ehr.test");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let promised: usize = promised.unwrap().parse().unwrap();
    assert!(body.len() < promised, "{} of {promised}", body.len());
    assert!(ended.is_err(), "{ended:?}");
}

#[test]
fn the_port_of_files_is_known_by_the_connection_whatever_host_says() {
    let export = SandboxExport::new()
        .files_at(ExportFilesAt::Redirected)
        .files_token(ExportFilesToken::Refused);
    let sandbox = strict().tls(tls()).export(export).start().unwrap();
    let path = "/bulk/files/0/Patient/0";
    let (answer, _) = received(sandbox.local_address().port(), path, "ehr.test");
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let other = url::Url::parse(location).unwrap().port().unwrap();
    let (answer, _) = received(other, path, "ehr.test");
    assert!(answer.starts_with("HTTP/1.1 404"), "no export began: {answer}");
}
