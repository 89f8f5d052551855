//! Registrations for callers' tokens.

use std::time::Duration;

use actix_smart_auth::{
    AccessToken, ClientAuth, Ehr, EhrBuilder, SmartConfig,
    error::{EhrLookupError, InvalidReason, ProblemKind},
    resource_server::{CallerTokenErrorKind as Kind, CallerTokens, IntrospectWith},
};

fn ehr() -> EhrBuilder {
    Ehr::builder("https://ehr.example/fhir")
        .client_id("our-api")
        .client_auth(ClientAuth::client_secret("s"))
}

fn problem(tokens: CallerTokens) -> ProblemKind {
    let error = SmartConfig::builder()
        .ehr(ehr().caller_tokens(tokens))
        .build()
        .unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(problem.field, "caller_tokens");
    problem.kind.clone()
}

#[actix_web::test]
async fn a_registration_for_callers_needs_no_redirect_uri_and_no_scopes() {
    let config = SmartConfig::builder()
        .ehr(ehr().caller_tokens(CallerTokens::default()))
        .build()
        .unwrap();
    assert_eq!(config.ehrs()[0].redirect_uri(), None);
}

#[actix_web::test]
async fn what_is_wrong_is_said() {
    let new = CallerTokens::new;
    let most = Duration::from_secs(300);
    assert!(
        SmartConfig::builder()
            .ehr(ehr().caller_tokens(new().kept_for(most).timeout(Duration::from_secs(30))))
            .build()
            .is_ok()
    );
    let wrong = [
        (
            new().kept_for(most + Duration::from_millis(1)),
            InvalidReason::KeptTooLong,
        ),
        (new().timeout(Duration::ZERO), InvalidReason::Zero),
        (
            new().timeout(Duration::from_millis(30_001)),
            InvalidReason::AnsweredTooLate,
        ),
        (new().audience(""), InvalidReason::Empty),
        (new().issuer(""), InvalidReason::Empty),
        (
            new().introspect_with(IntrospectWith::BackendToken),
            InvalidReason::NoBackendToken,
        ),
    ];
    for (tokens, reason) in wrong {
        assert_eq!(problem(tokens), ProblemKind::Invalid(reason));
    }
    assert!(matches!(
        problem(new().endpoint("http://ehr.example/introspect")),
        ProblemKind::Invalid(InvalidReason::Url(_))
    ));
}

#[actix_web::test]
async fn an_ehr_without_that_option_and_one_that_is_not_there_take_no_callers() {
    let config = SmartConfig::builder()
        .ehr(ehr().backend_scopes("system/Patient.r"))
        .build()
        .unwrap();
    let expected = [
        ("https://ehr.example/fhir", Kind::NotAResourceServer),
        ("https://other.example/fhir", Kind::Ehr(EhrLookupError::NotRegistered)),
    ];
    for (base, kind) in expected {
        let error = config
            .resource_server(base)
            .check(&AccessToken::new("t"))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.status()), (&kind, 500));
    }
}
