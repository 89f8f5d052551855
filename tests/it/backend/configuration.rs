//! Registrations for the application itself.

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, SmartAuth, SmartClient, SmartConfig,
    error::{EhrLookupError, InvalidReason, ProblemKind},
};
use actix_web::{App, test};

use super::{Job, SCOPES};
use crate::support::PRIVATE_KEY;

fn good() -> EhrBuilder {
    Ehr::builder("https://ehr.example/fhir")
        .client_id("nightly")
        .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
        .backend_scopes(SCOPES)
}

/// The only problem.
fn problem(ehr: EhrBuilder) -> (&'static str, ProblemKind) {
    let error = SmartConfig::builder().ehr(ehr).build().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    (problem.field, problem.kind.clone())
}

fn invalid(ehr: EhrBuilder) -> (&'static str, InvalidReason) {
    match problem(ehr) {
        (field, ProblemKind::Invalid(reason)) => (field, reason),
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn no_redirect_uri_and_no_scopes_of_launches_are_needed() {
    let config = SmartConfig::builder().ehr(good()).build().unwrap();
    let ehr = config.ehrs()[0].clone();
    assert_eq!(ehr.redirect_uri(), None);
    assert_eq!(ehr.backend_scopes().unwrap().to_string(), SCOPES);
    assert!(matches!(SmartClient::new(&config), Err(EhrLookupError::NotRegistered)));
}

#[actix_web::test]
async fn one_registration_may_be_for_both() {
    let both = good()
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch patient/*.rs");
    let config = SmartConfig::builder().ehr(both).build().unwrap();
    assert!(SmartClient::new(&config).is_ok());
}

#[actix_web::test]
async fn what_is_wrong_is_said_by_field() {
    let redirect_uri = "https://app.example/auth/callback";
    assert_eq!(
        problem(good().redirect_uri(redirect_uri)),
        ("scopes", ProblemKind::Missing)
    );
    assert_eq!(
        problem(good().scopes("launch patient/*.rs")),
        ("redirect_uri", ProblemKind::Missing)
    );
    assert_eq!(
        invalid(good().client_auth(ClientAuth::public())),
        ("client_auth", InvalidReason::BackendWithoutCredentials)
    );
    for scope in [
        "patient/*.rs",
        "user/Patient.r",
        "openid",
        "launch/patient",
        "offline_access",
    ] {
        let scope = scope.to_owned();
        assert_eq!(
            invalid(good().backend_scopes(format!("{SCOPES} {scope}"))),
            ("backend_scopes", InvalidReason::ScopeOfLaunches { scope })
        );
    }
    assert_eq!(
        invalid(good().backend_scopes("system/Patient.rs,system/Observation.rs")),
        ("backend_scopes", InvalidReason::CommaInScopes)
    );
    assert_eq!(
        invalid(good().backend_scopes("system/Patient.rs \"")),
        ("backend_scopes", InvalidReason::ScopeCharacters)
    );
    assert_eq!(
        invalid(good().backend_scopes("  ")),
        ("backend_scopes", InvalidReason::Empty)
    );
    assert!(matches!(
        invalid(good().backend_scopes("system/Patient.sr")),
        ("backend_scopes", InvalidReason::Scope(_))
    ));
}

#[actix_web::test]
async fn nobody_launches_where_the_application_asks_for_itself() {
    let job = Job::start();
    let app = test::init_service(App::new().wrap(SmartAuth::new(job.config.clone()))).await;
    let iss: String = url::form_urlencoded::byte_serialize(job.sandbox.fhir_base_url().as_bytes()).collect();
    for path in ["/auth/launch".to_owned(), format!("/auth/launch?iss={iss}&launch=x")] {
        let answer = test::call_service(&app, test::TestRequest::get().uri(&path).to_request()).await;
        assert!(
            answer.status().is_client_error() || answer.status().is_server_error(),
            "{path}: {}",
            answer.status()
        );
        assert!(answer.headers().get("location").is_none());
    }
    let keys = test::TestRequest::get().uri("/.well-known/jwks.json").to_request();
    assert_eq!(test::call_service(&app, keys).await.status(), 200);
}

#[actix_web::test]
async fn launches_beside_a_backend_still_need_no_choice() {
    let job = Job::start();
    let launches = Ehr::builder("https://launches.example/fhir")
        .client_id("launches")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient patient/*.rs");
    let config = super::builder(&job.clock, &job.store)
        .ehr(super::registration(job.sandbox.fhir_base_url()))
        .ehr(launches)
        .build()
        .unwrap();
    let client = SmartClient::new(&config).unwrap();
    // The other one is not asked which it is.
    assert!(
        SmartClient::for_ehr(&config, "https://launches.example/fhir")
            .await
            .is_ok()
    );
    assert!(
        SmartClient::for_ehr(&config, &job.sandbox.fhir_base_url())
            .await
            .is_err()
    );
    drop(client);
}
