//! Starting, sharing and stopping.

use actix_smart_auth::sandbox::{ReceivedRequest, SandboxBuilder, SandboxClient, SandboxServer};

use crate::support::{get, strict};

#[test]
fn a_sandbox_can_be_dropped_and_its_port_used_again() {
    let sandbox = strict().start().unwrap();
    let port = url::Url::parse(&sandbox.origin()).unwrap().port().unwrap();
    drop(sandbox);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(
        strict().port(port).start().unwrap().origin(),
        format!("http://127.0.0.1:{port}")
    );
}

#[test]
fn a_taken_port_is_an_error_that_names_the_address() {
    let sandbox = strict().start().unwrap();
    let port = url::Url::parse(&sandbox.origin()).unwrap().port().unwrap();
    let error = strict().port(port).start().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

#[test]
fn a_sandbox_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync + std::fmt::Debug>() {}
    shareable::<SandboxServer>();
    shareable::<SandboxBuilder>();
    shareable::<SandboxClient>();
    shareable::<ReceivedRequest>();
}

#[test]
fn the_secret_of_a_client_is_not_in_its_debug_output() {
    let client = SandboxClient::secret("app", "http://127.0.0.1/callback", "marker-secret");
    assert!(!format!("{client:?}").contains("marker-secret"));
}

/// Nobody can call 0.0.0.0.
#[actix_web::test]
async fn a_sandbox_at_all_addresses_says_one_that_can_be_called() {
    let all = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    let sandbox = SandboxServer::builder().danger_address(all).start().unwrap();
    let port = sandbox.local_address().port();
    assert_eq!(sandbox.origin(), format!("http://127.0.0.1:{port}"));
    assert_eq!(sandbox.local_address().ip(), all);
    assert_eq!(get(&format!("{}/health", sandbox.origin())).await.status, 200);
}
