//! What browsers of other origins may ask and read.

use actix_smart_auth::sandbox::{Fault, FaultPoint, SandboxServer, Times, When};

use crate::support::*;

/// The origin of [`CALLBACK`].
const OWN: &str = "http://127.0.0.1:7777";
const OTHER: &str = "https://elsewhere.example.com";

async fn asked_before(url: &str, origin: &str) -> Answer {
    let headers = [("origin", origin), ("access-control-request-method", "POST")];
    send("OPTIONS", url, &headers, "").await.unwrap()
}

/// Where a page of an application sends requests to.
fn for_applications(sandbox: &SandboxServer) -> [String; 4] {
    [
        sandbox.token_endpoint(),
        sandbox.revocation_endpoint(),
        sandbox.introspection_endpoint(),
        format!("{}/Patient/anna-fixture", sandbox.fhir_base_url()),
    ]
}

fn for_everybody(sandbox: &SandboxServer) -> [String; 5] {
    let (origin, fhir) = (sandbox.origin(), sandbox.fhir_base_url());
    [
        format!("{fhir}/.well-known/smart-configuration"),
        format!("{fhir}/.well-known/openid-configuration"),
        format!("{origin}/.well-known/oauth-authorization-server/fhir"),
        format!("{fhir}/.well-known/jwks.json"),
        format!("{fhir}/metadata"),
    ]
}

#[actix_web::test]
async fn a_page_of_a_registered_application_may_ask_for_tokens_and_data() {
    let (sandbox, _) = sandbox(Kind::Public);
    for url in for_applications(&sandbox) {
        let before = asked_before(&url, OWN).await;
        assert_eq!(before.status, 204, "{url}: {before:?}");
        assert_eq!(before.header("access-control-allow-origin"), Some(OWN), "{url}");
        assert_eq!(before.header("vary"), Some("Origin"), "{url}");
        assert!(
            before
                .header("access-control-allow-headers")
                .unwrap()
                .contains("Authorization")
        );
        let answer = send("GET", &url, &[("origin", OWN)], "").await.unwrap();
        assert_eq!(answer.header("access-control-allow-origin"), Some(OWN), "{url}");
        assert!(answer.header("access-control-expose-headers").unwrap().contains("ETag"));
    }
}

#[actix_web::test]
async fn a_page_of_anybody_else_is_told_why_it_may_not() {
    let (sandbox, _) = sandbox(Kind::Public);
    for url in for_applications(&sandbox) {
        for origin in [
            OTHER,
            "null",
            "http://127.0.0.1:77777",
            "http://127.0.0.1",
            "https://127.0.0.1:7777",
        ] {
            let before = asked_before(&url, origin).await;
            assert_eq!(before.status, 403, "{url} {origin}");
            assert!(before.body.contains(origin), "{before:?}");
            assert_eq!(before.header("access-control-allow-origin"), None);
            let answer = send("GET", &url, &[("origin", origin)], "").await.unwrap();
            assert_eq!(answer.header("access-control-allow-origin"), None, "{url} {origin}");
        }
    }
}

#[actix_web::test]
async fn a_launch_url_makes_its_origin_known_too() {
    let (sandbox, _) = sandbox(Kind::Public);
    assert_eq!(asked_before(&sandbox.token_endpoint(), OTHER).await.status, 403);
    sandbox.register_launch_url(CLIENT, format!("{OTHER}/launch"));
    assert_eq!(asked_before(&sandbox.token_endpoint(), OTHER).await.status, 204);
}

#[actix_web::test]
async fn what_the_server_says_of_itself_is_for_everybody() {
    let (sandbox, _) = sandbox(Kind::Public);
    for url in for_everybody(&sandbox) {
        let answer = send("GET", &url, &[("origin", OTHER)], "").await.unwrap();
        assert_eq!(answer.status, 200, "{url}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{url}");
        assert_eq!(asked_before(&url, OTHER).await.status, 204, "{url}");
    }
}

#[actix_web::test]
async fn the_pages_of_the_ehr_are_for_nobody_elses_scripts() {
    let (sandbox, _) = sandbox(Kind::Public);
    for url in [sandbox.ehr_url(), sandbox.authorization_endpoint()] {
        let answer = send("GET", &url, &[("origin", OWN)], "").await.unwrap();
        assert_eq!(answer.header("access-control-allow-origin"), None, "{url}");
        assert_eq!(
            asked_before(&url, OWN).await.header("access-control-allow-origin"),
            None,
            "{url}"
        );
    }
}

#[actix_web::test]
async fn without_an_origin_nothing_is_said_of_origins() {
    let (sandbox, _) = sandbox(Kind::Public);
    let answer = get(&format!("{}/metadata", sandbox.fhir_base_url())).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn a_fault_waits_for_the_request_itself_and_can_be_read() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.inject(FaultPoint::Fhir, When::Before, Fault::Status(503), Times::Once);
    let url = format!("{}/Patient/anna-fixture", sandbox.fhir_base_url());
    assert_eq!(asked_before(&url, OWN).await.status, 204);
    let answer = send("GET", &url, &[("origin", OWN)], "").await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("access-control-allow-origin"), Some(OWN));
}
