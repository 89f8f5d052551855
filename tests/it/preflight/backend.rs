//! A registration for the application itself.

use actix_smart_auth::{
    Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt,
    preflight::{Check, PreflightOptions, Status, Trial},
    sandbox::{Fault, FaultPoint, Jwks, SandboxClient, SandboxServer, Times, When},
};

use super::{assert_fails, config, only, report};
use crate::support::PRIVATE_KEY;

fn registration(sandbox: &SandboxServer) -> EhrBuilder {
    Ehr::builder(sandbox.fhir_base_url())
        .client_id("nightly")
        .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
        .backend_scopes("system/Patient.rs system/Observation.rs")
}

fn client(sandbox: &SandboxServer) -> SandboxClient {
    let config = config(registration(sandbox)).build().unwrap();
    SandboxClient::backend(
        "nightly",
        Jwks::Value(serde_json::from_str(&config.jwks().unwrap()).unwrap()),
    )
}

#[actix_web::test]
async fn a_good_one_gets_a_token_and_is_not_asked_about_launches() {
    let sandbox = crate::support::strict_ehr().start().unwrap();
    sandbox.register(client(&sandbox));
    let report = report(registration(&sandbox)).await;
    assert!(report.can_launch(), "{report}");
    let found: Vec<_> = report
        .findings()
        .iter()
        .map(|finding| (finding.check, finding.status))
        .collect();
    assert!(found.contains(&(Check::BackendToken, Status::Ok)), "{report}");
    for check in [Check::RedirectUri, Check::SignInPage, Check::TokenEndpoint, Check::Pkce] {
        assert!(!found.iter().any(|(other, _)| *other == check), "{check}: {report}");
    }
    let [registration] = report.registrations() else {
        panic!("{report}")
    };
    assert_eq!((&registration.launch_url, &registration.redirect_uri), (&None, &None));
    assert_eq!(
        registration.backend_scopes.as_deref(),
        Some("system/Patient.rs system/Observation.rs")
    );
    assert!(report.to_string().contains("backend scopes"), "{report}");
}

#[actix_web::test]
async fn what_the_ehr_refuses_is_named_with_its_cure() {
    let cases = [
        ("invalid_client", "key id"),
        ("invalid_scope", "backend_scopes"),
        ("unauthorized_client", "client_credentials"),
        ("unsupported_grant_type", "client_credentials"),
        ("invalid_request", "log"),
    ];
    for (error, cure) in cases {
        let sandbox = crate::support::strict_ehr().start().unwrap();
        sandbox.register(client(&sandbox));
        let fault = Fault::OAuthError {
            status: 400,
            error: error.to_owned(),
            description: None,
        };
        sandbox.inject(FaultPoint::Backend, When::Before, fault, Times::Always);
        assert_fails(&report(registration(&sandbox)).await, Check::BackendToken, cure);
    }
}

#[actix_web::test]
async fn scopes_that_are_not_granted_are_a_warning() {
    let sandbox = crate::support::strict_ehr().start().unwrap();
    sandbox.register(client(&sandbox).scopes(["system/Patient.rs"]));
    let report = report(registration(&sandbox)).await;
    let finding = only(&report, Check::BackendToken);
    assert_eq!(finding.status, Status::Warning);
    assert!(finding.found.contains("system/Observation.rs"), "{report}");
}

#[actix_web::test]
async fn nothing_is_asked_where_credentials_are_not_to_be_tried() {
    let sandbox = crate::support::strict_ehr().start().unwrap();
    let options = PreflightOptions::default().credentials(Trial::Skipped);
    let report = config(registration(&sandbox))
        .build()
        .unwrap()
        .preflight_with(options)
        .await;
    assert_eq!(only(&report, Check::BackendToken).status, Status::NotChecked);
    assert!(sandbox.token_requests().is_empty());
}
