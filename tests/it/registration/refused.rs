//! What a server refuses, and what cannot be used of its answers.

use actix_smart_auth::{
    error::{TransportError, UrlError},
    registration::{RefusalMeaning, RegistrationError, RegistrationOperation},
    sandbox::{Fault, FaultPoint, SelfRegistration, Times, When},
};
use serde_json::{Value, json};

use super::{INITIAL, New, metadata, with_secret};

async fn with(fault: Fault) -> (New, RegistrationError) {
    let new = New::start();
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, fault, Times::Once);
    let error = new.refused().await;
    assert_eq!(new.requests().len(), 1, "it is sent once");
    (new, error)
}

fn raw(status: u16, body: &str) -> Fault {
    Fault::Raw {
        status,
        content_type: "application/json".to_owned(),
        body: body.as_bytes().to_vec(),
    }
}

#[actix_web::test]
async fn an_ehr_without_an_endpoint_is_said_to_have_none() {
    let new = New::at(SelfRegistration::Off);
    let error = new.refused().await;
    assert_eq!(error, RegistrationError::NoEndpoint);
    assert!(error.to_string().contains("`endpoint` of `Registrar`"), "{error}");
    assert!(!error.may_have_registered());
}

#[actix_web::test]
async fn addresses_are_https_or_on_this_machine() {
    let new = New::start();
    let base = new.config.registrar("http://ehr.example/fhir");
    let error = base.register(&metadata()).await.unwrap_err();
    assert_eq!(error, RegistrationError::FhirBaseUrl(UrlError::NotHttps));
    for endpoint in [
        "http://ehr.example/register",
        "/register",
        "https://u:p@ehr.example/register",
    ] {
        let error = new
            .registrar()
            .endpoint(endpoint)
            .register(&metadata())
            .await
            .unwrap_err();
        assert!(matches!(error, RegistrationError::Endpoint(_)), "{error}");
    }
    assert_eq!(new.requests().len(), 0);
}

#[actix_web::test]
async fn a_missing_initial_access_token_is_asked_for() {
    let new = New::start();
    let without = new.config.registrar(&new.sandbox.fhir_base_url());
    let error = without.register(&metadata()).await.unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::InitialAccessToken));
    assert!(error.to_string().contains("`initial_access_token`"), "{error}");
    assert!(!error.may_have_registered());
}

#[actix_web::test]
async fn each_code_of_the_specification_has_its_meaning() {
    for (code, status, meaning) in [
        ("invalid_redirect_uri", 400, RefusalMeaning::RedirectUri),
        ("invalid_client_metadata", 400, RefusalMeaning::Metadata),
        ("invalid_software_statement", 400, RefusalMeaning::SoftwareStatement),
        ("unapproved_software_statement", 400, RefusalMeaning::SoftwareStatement),
        ("invalid_token", 401, RefusalMeaning::InitialAccessToken),
        ("access_denied", 403, RefusalMeaning::NotAllowed),
        // A refusal, whatever the status says.
        ("invalid_client_metadata", 201, RefusalMeaning::Metadata),
    ] {
        let (new, error) = with(Fault::OAuthError {
            status,
            error: code.to_owned(),
            description: Some("Do it otherwise.".to_owned()),
        })
        .await;
        assert_eq!(error.meaning(), Some(meaning), "{code}");
        assert_eq!((error.status(), error.error_code()), (Some(status), Some(code)));
        assert_eq!(error.description().unwrap().as_str(), "Do it otherwise.");
        assert!(!error.to_string().contains("otherwise"), "{error}");
        assert_eq!(error.operation(), Some(RegistrationOperation::Register));
        assert!(!error.may_have_registered(), "{code}");
        assert_eq!(new.sandbox.client_ids().len(), 0);
    }
}

#[actix_web::test]
async fn the_sandbox_refuses_what_the_specification_does() {
    let new = New::start();
    let endpoint = new.sandbox.registration_endpoint();
    for (body, error) in [
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": ["http://app.example/cb"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["https://app.example/cb#x"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": "https://app.example/cb"}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": ["https://a.example/"], "grant_types": ["password"]}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": ["https://a.example/"], "response_types": ["token"]}),
            "invalid_client_metadata",
        ),
        (
            json!({"grant_types": ["client_credentials"], "response_types": [],
            "token_endpoint_auth_method": "none"}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": "private_key_jwt"}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": []}, "jwks_uri": "https://a.example/jwks"}),
            "invalid_client_metadata",
        ),
        (json!("no object"), "invalid_client_metadata"),
    ] {
        let request = awc::ClientBuilder::new().disable_redirects().finish().post(&endpoint);
        let request = request.insert_header(("authorization", format!("Bearer {INITIAL}")));
        let mut answer = request.send_json(&body).await.unwrap();
        let refusal: Value = answer.json().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &refusal["error"]),
            (400, &Value::from(error)),
            "{body}"
        );
    }
    assert_eq!(new.sandbox.client_ids().len(), 0);
}

#[actix_web::test]
async fn a_success_without_a_client_id_names_what_came_and_may_have_left_a_client() {
    for (body, member) in [
        (
            r#"{"client_secret":"marker-secret-in-answer","tenant":"t"}"#,
            "client_id",
        ),
        (
            r#"{"client_id":"a","client_id":"b","client_secret":"marker-secret-in-answer","tenant":"t"}"#,
            "client_id",
        ),
        (
            r#"{"client_id":"a","client_secret":["marker-secret-in-answer"],"tenant":"t"}"#,
            "client_secret",
        ),
    ] {
        let (_, error) = with(raw(201, body)).await;
        let RegistrationError::Unusable { member: found, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*found, member);
        assert!(error.received_fields().contains(&"tenant".to_owned()));
        assert!(error.may_have_registered());
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("list of clients"), "{shown}");
        assert!(!shown.contains("marker-secret"), "{shown}");
    }
}

#[actix_web::test]
async fn what_is_neither_success_nor_refusal_says_whether_a_client_may_be_left() {
    for (fault, may_have) in [
        (Fault::HtmlBody { status: 200 }, true),
        (Fault::HtmlBody { status: 404 }, false),
        (Fault::EmptyBody, true),
        (Fault::Status(500), true),
        (Fault::Unavailable { retry_after: None }, true),
        (Fault::TooManyRequests { retry_after: None }, true),
        (Fault::Status(401), false),
        (Fault::Status(403), false),
        (Fault::Status(405), false),
        (raw(200, "[]"), true),
        // In trouble, and it says so in the way of OAuth.
        (raw(500, r#"{"error":"server_error"}"#), true),
        (raw(503, r#"{"error":"temporarily_unavailable"}"#), true),
    ] {
        let shown = format!("{fault:?}");
        let (_, error) = with(fault).await;
        assert_eq!(error.may_have_registered(), may_have, "{shown}: {error}");
        assert_eq!(
            error.to_string().contains("list of clients"),
            may_have,
            "{shown}: {error}"
        );
    }
}

#[actix_web::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = crate::support::RawServer::canary();
    let (_, error) = with(Fault::Redirect {
        status: 307,
        location: elsewhere.origin.clone(),
    })
    .await;
    assert_eq!(error.status(), Some(307));
    assert_eq!(elsewhere.connections(), 0);
}

#[actix_web::test]
async fn nobody_listening_leaves_nothing_behind() {
    let new = New::start();
    let closed = crate::support::Gate::before(&new.sandbox.origin());
    let registrar = new.registrar().endpoint(format!("{}/register", closed.origin()));
    let error = registrar.register(&metadata()).await.unwrap_err();
    let source = TransportError::Refused;
    assert!(matches!(error, RegistrationError::Transport { source: found, .. } if found == source));
    assert!(!error.may_have_registered());
    let after = with_secret().build().unwrap();
    new.config.shutdown(std::time::Duration::from_secs(1)).await;
    let error = new.registrar().register(&after).await.unwrap_err();
    assert!(!error.may_have_registered(), "{error}");
}

/// No option of the application changes the limit.
#[actix_web::test]
async fn an_answer_that_is_too_large_is_advised_by_its_own_limit() {
    let new = New::start();
    new.sandbox.inject(
        FaultPoint::Registration,
        When::After,
        Fault::HugeBody(128 * 1024 + 1),
        Times::Once,
    );
    let error = new.refused().await;
    assert!(error.may_have_registered(), "{error}");
    let said = error.to_string();
    assert!(said.contains("128 KiB") && !said.contains("body_limit"), "{said}");
}
