//! The program over https.

use super::*;

#[actix_web::test]
async fn a_certificate_of_its_own_is_trusted_by_who_trusts_the_file() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let (trusted, ready) = (folder.path("trusted.pem"), folder.path("ready.json"));
    let arguments = [
        "--port",
        "0",
        "--tls",
        "--control",
        "0",
        "--origin",
        "https://ehr.test:9443",
        "--trusted-certificate-file",
        &trusted,
        "--ready-file",
        &ready,
    ];
    let running = Running::start(program, &arguments);
    assert_eq!(running.ehr(0, "fhir-base-url"), "https://ehr.test:9443/fhir");
    let pem = fs::read_to_string(&trusted).unwrap();
    let described = get(&running.control("/ehrs/ehr")).await.json();
    assert_eq!(described["trusted-certificate"], pem);
    let written: Value = serde_json::from_str(&fs::read_to_string(&ready).unwrap()).unwrap();
    assert_eq!(written, running.ready);

    let port = running.ready["ehrs"][0]["listens-at"].as_str().unwrap().to_owned();
    let answer = |roots: rustls::RootCertStore, name: &str| tls_get(&port, roots, name);
    for name in ["127.0.0.1", "localhost", "ehr.test"] {
        let answer = answer(roots(&pem), name).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    assert!(answer(roots(&pem), "other.test").is_err(), "another name");
    assert!(
        answer(roots(include_str!("../../fixtures/tls/root.pem")), "localhost").is_err(),
        "another root"
    );
}

#[actix_web::test]
async fn a_certificate_that_was_given_is_served() {
    let Some(program) = program() else { return };
    let fixture = |name: &str| format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key) = (fixture("server.pem"), fixture("server.key"));
    let running = Running::start(program, &["--port", "0", "--certificate", &certificate, "--key", &key]);
    let base = running.ehr(0, "fhir-base-url");
    assert!(base.starts_with("https://127.0.0.1:"), "{base}");
    let address = running.ready["ehrs"][0]["listens-at"].as_str().unwrap().to_owned();
    let root = roots(include_str!("../../fixtures/tls/root.pem"));
    let names = ["localhost", "127.0.0.1", "ehr.test", "ehr.example"];
    assert!(names.iter().any(|name| tls_get(&address, root.clone(), name).is_ok()));
}

fn roots(pem: &str) -> rustls::RootCertStore {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    roots
}

/// `GET /health` at that address, as somebody who believes these and asks for this name.
fn tls_get(address: &str, roots: rustls::RootCertStore, name: &str) -> std::io::Result<String> {
    use std::io::Write;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, std::net::TcpStream::connect(address)?);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn an_origin_that_is_an_address_of_ipv6_gets_a_certificate_for_that_address() {
    let Some(program) = program() else { return };
    let folder = Folder::new();
    let trusted = folder.path("trusted.pem");
    let running = Running::start(
        program,
        &[
            "--port",
            "0",
            "--tls",
            "--origin",
            "https://[2001:db8::7]",
            "--trusted-certificate-file",
            &trusted,
        ],
    );
    let address = running.ready["ehrs"][0]["listens-at"].as_str().unwrap().to_owned();
    let pem = fs::read_to_string(&trusted).unwrap();
    assert!(tls_get(&address, roots(&pem), "2001:db8::7").is_ok());
}
