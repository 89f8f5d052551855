//! A registration for the tokens of those who call the application.

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder,
    preflight::{Check, Preflight, PreflightOptions, Status, Trial},
    resource_server::{CallerTokens, IntrospectWith},
    sandbox::{Endpoint, Fault, FaultPoint, SandboxClient, SandboxServer, Times, When},
};
use serde_json::json;

use super::{assert_cure, assert_fails, assert_warns, config, only, report};

const SECRET: &str = "s3cret-of-a-client";

fn sandbox() -> SandboxServer {
    let sandbox = crate::support::strict_ehr().start().unwrap();
    sandbox.register(SandboxClient::resource_server("our-api", SECRET));
    sandbox
}

fn registration(sandbox: &SandboxServer, tokens: CallerTokens) -> EhrBuilder {
    Ehr::builder(sandbox.fhir_base_url())
        .client_id("our-api")
        .client_auth(ClientAuth::client_secret(SECRET))
        .caller_tokens(tokens)
}

fn tokens() -> CallerTokens {
    CallerTokens::new().audience("https://app.example/api")
}

async fn with_fault(fault: Fault) -> Preflight {
    let sandbox = sandbox();
    sandbox.inject(FaultPoint::Introspection, When::Before, fault, Times::Always);
    report(registration(&sandbox, tokens())).await
}

fn status(report: &Preflight, check: Check) -> Status {
    let of_check = report.findings().iter().find(|finding| finding.check == check);
    of_check.unwrap_or_else(|| panic!("{check}: {report}")).status
}

#[actix_web::test]
async fn good_credentials_are_ok_and_are_tried_with_a_token_that_was_made_up() {
    let sandbox = sandbox();
    let report = report(registration(&sandbox, tokens())).await;
    for check in [Check::CallerTokens, Check::CallerAudience] {
        assert_eq!(status(&report, check), Status::Ok, "{report}");
    }
    let asked: Vec<_> = sandbox
        .received_requests()
        .into_iter()
        .filter(|request| request.endpoint == Endpoint::Introspection)
        .collect();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].parameter("token").unwrap().starts_with("preflight-"));
    let json = report.to_json();
    let found = |id: &str| json["findings"].as_array().unwrap().iter().any(|it| it["check"] == id);
    assert!(found("caller-tokens") && found("caller-audience"), "{json}");
}

#[actix_web::test]
async fn a_wrong_secret_is_found() {
    let sandbox = sandbox();
    let wrong = registration(&sandbox, tokens()).client_auth(ClientAuth::client_secret("another"));
    let report = report(wrong).await;
    assert_fails(&report, Check::CallerTokens, "credentials");
    assert!(
        report.to_string().contains("\nThe application cannot work yet: "),
        "{report}"
    );
}

#[actix_web::test]
async fn a_server_that_does_not_let_the_client_ask_is_found() {
    for error in ["unauthorized_client", "access_denied"] {
        let fault = Fault::OAuthError {
            status: 403,
            error: error.to_owned(),
            description: None,
        };
        assert_fails(&with_fault(fault).await, Check::CallerTokens, "resource server");
    }
}

#[actix_web::test]
async fn an_endpoint_that_is_not_there_or_not_announced_is_found() {
    assert_fails(
        &with_fault(Fault::Status(404)).await,
        Check::CallerTokens,
        "introspection endpoint",
    );
    let sandbox = sandbox();
    sandbox.set_metadata_field("introspection_endpoint", json!(null));
    let report = report(registration(&sandbox, tokens())).await;
    assert_fails(&report, Check::CallerTokens, "CallerTokens::endpoint");
}

#[actix_web::test]
async fn a_server_that_calls_every_token_good_is_found() {
    let good = Fault::Raw {
        status: 200,
        content_type: "application/json".to_owned(),
        body: br#"{"active":true}"#.to_vec(),
    };
    assert_fails(&with_fault(good).await, Check::CallerTokens, "administrators");
}

#[actix_web::test]
async fn that_no_audience_is_set_is_warned_about() {
    let report = report(registration(&sandbox(), CallerTokens::new())).await;
    assert_warns(&report, Check::CallerAudience, "CallerTokens::audience");
}

#[actix_web::test]
async fn the_other_ways_to_ask_are_tried_as_they_are_configured() {
    let sandbox = sandbox();
    let callers = registration(&sandbox, tokens().introspect_with(IntrospectWith::CallersToken));
    assert_eq!(status(&report(callers).await, Check::CallerTokens), Status::Ok);

    sandbox.register(
        SandboxClient::secret("our-api", "https://app.example/x", SECRET)
            .and_backend()
            .and_resource_server(),
    );
    let own = || {
        let own = tokens().introspect_with(IntrospectWith::BackendToken);
        registration(&sandbox, own).backend_scopes("system/Patient.r")
    };
    assert_eq!(status(&report(own()).await, Check::CallerTokens), Status::Ok);
    let refused = Fault::InvalidClient;
    sandbox.inject(FaultPoint::Backend, When::Before, refused, Times::Always);
    assert_eq!(status(&report(own()).await, Check::CallerTokens), Status::NotChecked);
}

#[actix_web::test]
async fn nothing_is_asked_where_credentials_are_not_to_be_tried() {
    let sandbox = sandbox();
    let options = PreflightOptions::default().credentials(Trial::Skipped);
    let config = config(registration(&sandbox, tokens())).build().unwrap();
    // Nobody launches there, and it is looked at all the same.
    let report = config.preflight_of(&sandbox.fhir_base_url(), options).await.unwrap();
    assert_eq!(only(&report, Check::CallerTokens).status, Status::NotChecked);
    assert!(sandbox.received_requests().is_empty());
}

#[actix_web::test]
async fn a_server_that_does_not_answer_is_a_failure_with_its_address() {
    let report = with_fault(Fault::Reset).await;
    let finding = only(&report, Check::CallerTokens);
    assert_eq!(finding.status, Status::Failure, "{report}");
    assert_cure(finding, "administrators");
}
