//! The address of the EHR, and whether it answers.

use std::time::Duration;

use actix_smart_auth::{
    preflight::{Check, Status},
    time::ManualClock,
};

use super::{assert_cure, assert_fails, assert_warns, config, good_sandbox, only, registration, report};
use crate::support::{ClosedPort, RawServer, http, redirect};

/// The FHIR base URL of a server that gives this answer to everything.
fn answering(answer: Vec<u8>) -> (RawServer, String) {
    let server = RawServer::start();
    server.answer(answer);
    let base = format!("{}/fhir", server.origin);
    (server, base)
}

#[tokio::test]
async fn a_web_page_at_the_fhir_base_url_is_found() {
    let (_server, base) = answering(http(200, "text/html", "<!doctype html><title>Sign in</title>"));
    let report = report(registration(base)).await;
    assert_fails(&report, Check::FhirBaseUrl, "FHIR_BASE_URL");
    assert!(only(&report, Check::FhirBaseUrl).found.contains("web page"), "{report}");
}

#[tokio::test]
async fn a_404_at_the_fhir_base_url_is_found() {
    let (_server, base) = answering(http(404, "text/plain", "not here"));
    let report = report(registration(base)).await;
    assert_fails(&report, Check::FhirBaseUrl, "FHIR_BASE_URL");
    assert!(
        only(&report, Check::FhirBaseUrl).found.contains("status 404"),
        "{report}"
    );
}

#[tokio::test]
async fn of_a_path_too_many_the_cure_is_the_address_that_works() {
    let sandbox = good_sandbox();
    let right = sandbox.fhir_base_url();
    let report = report(registration(format!("{right}/r4/api"))).await;
    assert_fails(&report, Check::FhirBaseUrl, &format!("Write {right} in FHIR_BASE_URL"));
}

#[tokio::test]
async fn an_ehr_that_answers_503_has_a_problem_of_its_own() {
    let (_server, base) = answering(http(503, "text/plain", "back soon"));
    assert_fails(&report(registration(base)).await, Check::FhirBaseUrl, "Try again later");
}

#[tokio::test]
async fn an_ehr_that_does_not_answer_is_found() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/fhir", silent.local_addr().unwrap());
    let config = config(registration(base)).request_timeout(Duration::from_secs(2));
    let report = config.build().unwrap().preflight().await;
    assert_fails(&report, Check::FhirBaseUrl, "request_timeout");
    assert!(
        only(&report, Check::FhirBaseUrl)
            .found
            .contains("does not answer in time"),
        "{report}"
    );
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_found() {
    let closed = ClosedPort::new();
    let base = format!("{}/fhir", closed.origin());
    assert_fails(&report(registration(base)).await, Check::FhirBaseUrl, "FHIR_BASE_URL");
}

#[tokio::test]
async fn a_redirect_to_plain_http_is_found_and_not_followed() {
    let (_server, base) = answering(redirect(302, "http://ehr.example/r4/.well-known/smart-configuration"));
    assert_fails(
        &report(registration(base)).await,
        Check::Redirect,
        "https://ehr.example/r4",
    );
}

#[tokio::test]
async fn a_redirect_to_another_server_is_found_and_not_followed() {
    let canary = RawServer::canary();
    let target = format!("{}/r4/.well-known/smart-configuration", canary.origin);
    let (_server, base) = answering(redirect(302, &target));
    let report = report(registration(base)).await;
    assert_fails(&report, Check::Redirect, &format!("{}/r4", canary.origin));
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_fails_where_id_tokens_are_asked_for_and_else_warns() {
    let sandbox = good_sandbox();
    let clock = ManualClock::default();
    clock.advance(Duration::from_secs(600));
    let late = |scopes: &str| {
        config(registration(sandbox.fhir_base_url()).scopes(scopes))
            .clock(clock.clone())
            .build()
            .unwrap()
    };
    let report = late("openid launch/patient patient/*.rs offline_access")
        .preflight()
        .await;
    assert_fails(&report, Check::Clock, "NTP");
    assert!(only(&report, Check::Clock).found.contains("behind"), "{report}");
    let report = late("launch/patient patient/*.rs offline_access").preflight().await;
    assert_warns(&report, Check::Clock, "NTP");
}

#[tokio::test]
async fn metadata_without_a_token_endpoint_is_found() {
    let sandbox = good_sandbox();
    sandbox.set_metadata_field("token_endpoint", serde_json::Value::Null);
    let report = report(registration(sandbox.fhir_base_url())).await;
    assert_fails(&report, Check::Metadata, "EhrBuilder::endpoints");
    assert!(
        only(&report, Check::Metadata).found.contains("`token_endpoint`"),
        "{report}"
    );
}

#[tokio::test]
async fn a_token_endpoint_without_tls_is_found() {
    let sandbox = good_sandbox();
    sandbox.set_metadata_field("token_endpoint", "http://ehr.example/token");
    let report = report(registration(sandbox.fhir_base_url())).await;
    let failure = report
        .findings()
        .iter()
        .find(|it| it.status == Status::Failure)
        .unwrap();
    assert_eq!(failure.check, Check::Metadata, "{report}");
    assert_cure(failure, "administrators");
}
