//! Certificates, and servers that do not speak what they are asked in.

use std::time::Duration;

use actix_smart_auth::{preflight::Check, transport::HttpClient};

use super::{
    assert_fails, config, only, registration, report,
    server::{Authority, Identity, TlsServer, answer_first_bytes},
};
use crate::support::http;

fn page() -> Vec<u8> {
    http(404, "text/plain", "no metadata")
}

#[tokio::test]
async fn a_self_signed_certificate_is_found() {
    let server = TlsServer::start(&Identity::self_signed("127.0.0.1"), page());
    let report = report(registration(server.fhir_base_url())).await;
    assert_fails(&report, Check::Tls, "extra_root_certificates");
    assert!(only(&report, Check::Tls).found.contains("self-signed"), "{report}");
}

#[tokio::test]
async fn of_an_unknown_authority_the_name_is_said() {
    let authority = Authority::new("Lakeside Hospital Root CA");
    let server = TlsServer::start(&authority.identity("127.0.0.1"), page());
    for client in [HttpClient::Awc, HttpClient::Reqwest] {
        let config = config(registration(server.fhir_base_url())).http_client(client);
        let report = config.build().unwrap().preflight().await;
        assert_fails(&report, Check::Tls, "Lakeside Hospital Root CA");
    }
}

#[tokio::test]
async fn with_its_authority_the_same_certificate_is_good() {
    let authority = Authority::new("Lakeside Hospital Root CA");
    let server = TlsServer::start(&authority.identity("127.0.0.1"), page());
    let config = config(registration(server.fhir_base_url())).extra_root_certificates(authority.pem());
    let report = config.build().unwrap().preflight().await;
    assert_fails(&report, Check::FhirBaseUrl, "FHIR_BASE_URL");
}

#[tokio::test]
async fn an_expired_certificate_is_found() {
    let authority = Authority::new("Root");
    let server = TlsServer::start(&authority.expired("127.0.0.1"), page());
    let config = config(registration(server.fhir_base_url())).extra_root_certificates(authority.pem());
    let report = config.build().unwrap().preflight().await;
    assert_fails(&report, Check::Tls, "renew");
    assert!(only(&report, Check::Tls).found.contains("expired"), "{report}");
}

#[tokio::test]
async fn of_another_hosts_certificate_that_host_is_said() {
    let authority = Authority::new("Root");
    let server = TlsServer::start(&authority.identity("fhir.lakeside.example"), page());
    let config = config(registration(server.fhir_base_url())).extra_root_certificates(authority.pem());
    let report = config.build().unwrap().preflight().await;
    assert_fails(&report, Check::Tls, "FHIR_BASE_URL");
    assert!(
        only(&report, Check::Tls).found.contains("fhir.lakeside.example"),
        "{report}"
    );
}

#[tokio::test]
async fn a_port_that_speaks_plain_http_is_found() {
    let (port, answering) = answer_first_bytes(page());
    let report = report(registration(format!("https://127.0.0.1:{port}/fhir"))).await;
    drop(answering);
    assert_fails(&report, Check::Tls, "port");
    assert!(
        only(&report, Check::Tls).found.contains("does not speak TLS"),
        "{report}"
    );
}

#[tokio::test]
async fn a_port_that_says_nothing_to_tls_is_found() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}/fhir", silent.local_addr().unwrap());
    let config = config(registration(base)).connect_timeout(Duration::from_millis(200));
    let report = config.build().unwrap().preflight().await;
    assert_fails(&report, Check::Tls, "port");
}

#[tokio::test]
async fn a_port_that_speaks_tls_and_is_asked_in_plain_http_is_found() {
    let server = TlsServer::start(&Identity::self_signed("127.0.0.1"), page());
    let base = server.fhir_base_url().replace("https:", "http:");
    assert_fails(&report(registration(base)).await, Check::Tls, "https://");
}
