//! An application that registers itself at first use: looking whether it could registers nothing.

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartConfig,
    preflight::{Check, Preflight, PreflightOptions, Status, Trial},
    registration::{ClientMetadata, FirstUse, ToRegister},
    resolver::{FhirBaseUrl, ResolveFuture},
    resource_server::CallerTokens,
    sandbox::{Endpoint, Fault, FaultPoint, SandboxServer, SelfRegistration, Times, When},
};
use serde_json::json;

use super::{REDIRECT_URI, SCOPES, assert_fails, assert_warns, only};
use crate::support::{Customer, PRIVATE_KEY};

const INITIAL: &str = "an-initial-access-token";

fn sandbox(policy: SelfRegistration) -> SandboxServer {
    crate::support::strict_ehr().self_registration(policy).start().unwrap()
}

fn with_token() -> SandboxServer {
    sandbox(SelfRegistration::WithToken(INITIAL.to_owned()))
}

fn config(sandbox: &SandboxServer, token: Option<&'static str>, endpoint: Option<String>) -> SmartConfig {
    SmartConfig::builder()
        .redirect_uri(REDIRECT_URI)
        .allow_hosts(["127.0.0.1"])
        .register_at_first_use(Customer {
            auth: PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).into(),
            initial_access_token: token,
            endpoint,
            ..Customer::new(&sandbox.fhir_base_url(), SCOPES).with_callback(REDIRECT_URI)
        })
        .build()
        .unwrap()
}

async fn report(config: &SmartConfig, sandbox: &SandboxServer) -> Preflight {
    let options = PreflightOptions::default();
    config.preflight_of(&sandbox.fhir_base_url(), options).await.unwrap()
}

fn status(report: &Preflight) -> Status {
    let found = report.findings().iter();
    let found = found.filter(|finding| finding.check == Check::Registration);
    let all: Vec<_> = found.map(|finding| finding.status).collect();
    assert_eq!(all.len(), 1, "{report}");
    all[0]
}

#[actix_web::test]
async fn nothing_is_registered_and_nothing_kept() {
    let sandbox = with_token();
    let config = config(&sandbox, Some(INITIAL), None);
    let report = report(&config, &sandbox).await;
    assert!(report.can_launch(), "{report}");
    assert_eq!(status(&report), Status::Ok);
    let kept = config.kept_registrations().of(&sandbox.fhir_base_url()).await;
    assert!(kept.unwrap().is_none());
    let sent: Vec<_> = sandbox
        .received_requests()
        .into_iter()
        .filter(|request| request.endpoint == Endpoint::Registration)
        .collect();
    assert_eq!(sent.len(), 1);
    // The token may be good for one use only.
    assert_eq!(sent[0].header("authorization"), None);
    assert_eq!(report.to_json()["findings"][0]["ehr"], json!(sandbox.fhir_base_url()));
}

#[actix_web::test]
async fn an_initial_access_token_that_is_missing_is_found() {
    let sandbox = with_token();
    let report = report(&config(&sandbox, None, None), &sandbox).await;
    assert_fails(&report, Check::Registration, "initial_access_token");
}

#[actix_web::test]
async fn an_ehr_that_wants_none_is_ok() {
    let sandbox = sandbox(SelfRegistration::Open);
    let report = report(&config(&sandbox, None, None), &sandbox).await;
    assert_eq!(status(&report), Status::Ok, "{report}");
}

#[actix_web::test]
async fn an_endpoint_that_is_not_announced_or_not_there_is_found() {
    let sandbox = sandbox(SelfRegistration::Open);
    sandbox.set_metadata_field("registration_endpoint", json!(null));
    let nowhere = report(&config(&sandbox, None, None), &sandbox).await;
    assert_fails(&nowhere, Check::Registration, "ToRegister::endpoint");
    let named = config(&sandbox, None, Some(sandbox.registration_endpoint()));
    assert_eq!(status(&report(&named, &sandbox).await), Status::Ok);
    sandbox.inject(FaultPoint::Registration, When::Before, Fault::Status(404), Times::Once);
    let gone = report(&named, &sandbox).await;
    assert_fails(&gone, Check::Registration, "ToRegister::endpoint");
}

#[actix_web::test]
async fn an_answer_that_says_nothing_is_a_warning() {
    let sandbox = sandbox(SelfRegistration::Open);
    sandbox.inject(FaultPoint::Registration, When::Before, Fault::Status(503), Times::Once);
    let report = report(&config(&sandbox, None, None), &sandbox).await;
    assert_eq!(only(&report, Check::Registration).status, Status::Warning);
}

#[actix_web::test]
async fn an_endpoint_that_takes_anything_may_have_made_a_client_and_that_is_said() {
    let sandbox = sandbox(SelfRegistration::Open);
    let taken = Fault::Raw {
        status: 201,
        content_type: "application/json".to_owned(),
        body: br#"{"client_id":"made-just-now"}"#.to_vec(),
    };
    sandbox.inject(FaultPoint::Registration, When::Before, taken, Times::Once);
    let report = report(&config(&sandbox, None, None), &sandbox).await;
    assert_warns(&report, Check::Registration, "delete it");
    assert!(
        only(&report, Check::Registration).found.contains("not known here"),
        "{report}"
    );
}

/// As [`Customer`], but others call the application there, and nobody launches it.
#[derive(Debug)]
struct Called(String);

impl FirstUse for Called {
    fn to_register<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
        Box::pin(async move {
            let ehr = Ehr::builder(&self.0)
                .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
                .backend_scopes("system/Patient.r")
                .caller_tokens(CallerTokens::new());
            let metadata = ClientMetadata::for_ehr("Scores", &ehr)?.build()?;
            Ok(Some(ToRegister::new(ehr, metadata)))
        })
    }
}

#[actix_web::test]
async fn what_callers_need_is_looked_at_or_said_not_to_be_and_nothing_is_said_of_launches() {
    let sandbox = sandbox(SelfRegistration::Open);
    let config = SmartConfig::builder()
        .redirect_uri(REDIRECT_URI)
        .allow_hosts(["127.0.0.1"])
        .register_at_first_use(Called(sandbox.fhir_base_url()))
        .build()
        .unwrap();
    let report = report(&config, &sandbox).await;
    assert_warns(&report, Check::CallerAudience, "CallerTokens::audience");
    for check in [Check::CallerTokens, Check::BackendToken] {
        assert_eq!(only(&report, check).status, Status::NotChecked);
    }
    let about_launches = report
        .findings()
        .iter()
        .filter(|finding| finding.check == Check::TokenEndpoint);
    assert_eq!(about_launches.count(), 0, "{report}");
    let table = report.to_string();
    assert!(
        table.contains("\nThe application can work: ") && !table.contains("launch can work"),
        "{table}"
    );
}

#[actix_web::test]
async fn nothing_is_sent_to_the_endpoint_where_that_is_not_to_be_tried() {
    let sandbox = with_token();
    let options = PreflightOptions::default().credentials(Trial::Skipped);
    let config = config(&sandbox, None, None);
    let report = config.preflight_of(&sandbox.fhir_base_url(), options).await.unwrap();
    assert_eq!(status(&report), Status::NotChecked);
    let sent = sandbox.received_requests();
    assert!(sent.iter().all(|request| request.endpoint != Endpoint::Registration));
}

#[actix_web::test]
async fn an_application_that_is_registered_is_looked_at_as_any_other() {
    let sandbox = with_token();
    let config = config(&sandbox, Some(INITIAL), None);
    actix_smart_auth::SmartClient::for_ehr(&config, &sandbox.fhir_base_url())
        .await
        .unwrap();
    let report = report(&config, &sandbox).await;
    let of = |check| report.findings().iter().filter(move |finding| finding.check == check);
    assert_eq!(of(Check::Registration).count(), 0, "{report}");
    assert!(
        of(Check::TokenEndpoint).all(|finding| finding.status == Status::Ok),
        "{report}"
    );
}
