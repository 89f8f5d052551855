//! A registration that does not work, and a server that makes no such clients: the launch opens, and ends with its first token.

use actix_smart_auth::{
    EndReason, PrivateKey, PrivateKeyJwt, SmartConfig,
    error::ProblemKind,
    options::InstallationClient,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::json;

use super::{JWT_BEARER, builder, ec, makes_clients, registrations};
use crate::support::{App, DUE, DUE_TO_UNUSABLE, Logs, Opened, UNUSABLE};

#[actix_web::test]
async fn whatever_the_registration_comes_to_the_launch_opens_and_the_log_says_why() {
    let faults = [
        (Fault::Status(500), "status 500"),
        (Fault::Reset, "could not be asked"),
        (Fault::HtmlBody { status: 200 }, "status 200 and an HTML page"),
        (
            Fault::OmitFields(vec!["client_id".to_owned()]),
            "no JSON object with a `client_id`",
        ),
        (
            Fault::SetFields(
                json!({ "client_id": crate::support::CLIENT_ID })
                    .as_object()
                    .unwrap()
                    .clone(),
            ),
            "no JSON object with a `client_id` of its own",
        ),
        (
            Fault::OAuthError {
                status: 400,
                error: "invalid_client_metadata".to_owned(),
                description: None,
            },
            "invalid_client_metadata",
        ),
    ];
    for (fault, expected) in faults {
        let logs = Logs::collect();
        let opened = Opened::with_gate(builder(ec()), |app| {
            makes_clients(app);
            app.sandbox
                .inject(FaultPoint::Registration, When::Before, fault.clone(), Times::Always);
        })
        .await;
        let answer = opened.token().await;
        assert_eq!(answer.status, 200, "{fault:?}");
        assert_eq!(registrations(&opened.app).len(), 1, "{fault:?}: it is tried once");
        let (log, ehr) = (logs.text(), opened.app.sandbox.fhir_base_url());
        let line = log
            .lines()
            .find(|line| line.contains("made no client for a launch") && line.contains(&ehr));
        assert!(line.is_some_and(|line| line.contains(expected)), "{fault:?}: {line:?}");
        assert!(!log.contains(&answer.body), "{fault:?}: the access token is in the log");
        opened.app.advance(UNUSABLE);
        assert_eq!(opened.token().await.status, 401, "{fault:?}");
        assert_eq!(opened.end_reason().await, EndReason::TokenExpired, "{fault:?}");
    }
}

#[actix_web::test]
async fn without_a_registration_endpoint_nothing_is_sent_and_the_log_says_so() {
    let logs = Logs::collect();
    let gate = |app: &App| {
        makes_clients(app);
        app.sandbox.set_metadata_field("registration_endpoint", json!(null));
    };
    let opened = Opened::with_gate(builder(ec()), gate).await;
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(registrations(&opened.app).len(), 0);
    let (log, ehr) = (logs.text(), opened.app.sandbox.fhir_base_url());
    let said = log
        .lines()
        .any(|line| line.contains("names no registration endpoint") && line.contains(&ehr));
    assert!(said, "{log}");
}

#[actix_web::test]
async fn an_endpoint_of_the_configuration_needs_none_in_the_metadata() {
    let app = App::builder().ehr_of_sandbox(|ehr, sandbox| {
        let endpoint = sandbox.token_endpoint().replace("/token", "/register");
        ehr.installation_client(InstallationClient::new(ec()).registration_endpoint(endpoint))
    });
    let gate = |app: &App| {
        makes_clients(app);
        app.sandbox.set_metadata_field("registration_endpoint", json!(null));
    };
    let opened = Opened::with_gate(app, gate).await;
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
}

#[actix_web::test]
async fn a_launch_whose_grant_is_revoked_ends() {
    let opened = super::opened(ec()).await;
    opened.app.sandbox.revoke_everything();
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 401);
    assert_eq!(opened.end_reason().await, EndReason::RefreshRefused);
    assert_eq!(opened.app.sandbox.token_requests_of(JWT_BEARER).len(), 1);
}

#[actix_web::test]
async fn a_launch_whose_client_the_ehr_does_not_know_any_more_ends_with_its_token() {
    for code in ["invalid_client", "unauthorized_client"] {
        let opened = super::opened(ec()).await;
        let gone = Fault::OAuthError {
            status: 401,
            error: code.to_owned(),
            description: None,
        };
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::Before, gone, Times::Always);
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200, "{code}: the token still works");
        let renewals = || opened.app.sandbox.token_requests_of(JWT_BEARER).len();
        crate::support::eventually("it was sent", || renewals() == 1).await;
        opened.app.advance(DUE_TO_UNUSABLE);
        assert_eq!(opened.token().await.status, 401, "{code}");
        assert_eq!(opened.end_reason().await, EndReason::RefreshRefused, "{code}");
    }
}

#[test]
fn keys_and_addresses_that_cannot_be_used_are_refused_when_the_configuration_is_built() {
    let problems = |client: InstallationClient| {
        let ehr = actix_smart_auth::Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch/patient patient/*.rs")
            .installation_client(client);
        let error = SmartConfig::builder().ehr(ehr).build().unwrap_err();
        let problems = error.problems().iter().map(|problem| problem.field).collect::<Vec<_>>();
        (problems, error)
    };
    let (fields, _) = problems(InstallationClient::new(PrivateKeyJwt::new(
        "k",
        PrivateKey::pem("no key"),
    )));
    assert_eq!(fields, ["private_key"]);
    let (fields, error) = problems(InstallationClient::new(ec()).software_id(""));
    assert_eq!(fields, ["software_id"]);
    assert_eq!(error.problems()[0].kind, ProblemKind::Missing);
    let (fields, _) = problems(InstallationClient::new(ec()).registration_endpoint("http://ehr.example/register"));
    assert_eq!(fields, ["registration_endpoint"]);
}
