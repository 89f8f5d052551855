//! Which scopes are given, when a patient is needed for them, and how narrow a token may become.

use actix_smart_auth::sandbox::{IdTokenIssuer, SandboxClient};
use serde_json::json;

use crate::support::*;

#[actix_web::test]
async fn an_empty_launch_is_none() {
    let (sandbox, _) = sandbox(Kind::Public);
    let request = authorization(&sandbox)
        .with("scope", "openid patient/*.rs")
        .with("launch", "");
    let answer = request.get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("error").as_deref(), Some("invalid_scope"));
    let why = answer.location("error_description").unwrap();
    assert_eq!(why, "patient/*.rs needs a patient: ask for launch/patient as well.");
}

#[actix_web::test]
async fn a_slip_in_a_scope_is_named() {
    let (sandbox, _) = sandbox(Kind::Public);
    for slip in [
        "patient:*.rs",
        "user:read",
        "patient/Observations.rs",
        "patient/observation.rs",
        "launch:patient",
    ] {
        let request = authorization(&sandbox).with("scope", &format!("launch/patient {slip}"));
        let answer = request.get(&sandbox.authorization_endpoint()).await;
        assert_eq!(answer.location("error").as_deref(), Some("invalid_scope"), "{slip}");
        assert_eq!(
            answer.location("error_description"),
            Some(format!(
                "{slip} is not a scope of SMART App Launch 2.2. (strict check scope-grammar)"
            ))
        );
    }
    let extension = authorization(&sandbox).with("scope", "launch/patient https://ehr.example/scope __own urn:x:y");
    let code = code_for(&sandbox, &extension).await;
    assert!(!code.is_empty());
}

#[actix_web::test]
async fn a_refresh_narrows_a_scope_and_has_an_id_token_for_openid_alone() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let url = sandbox.token_endpoint();
    let form = refresh(&first.text("refresh_token"));
    let nothing = form.clone().with("scope", " ");
    let refused = post_as(Kind::Public, &sandbox, &clock, &url, &nothing).await;
    refused.is_error(400, "invalid_scope");
    let narrower = form.with("scope", "patient/Observation.rs");
    let answer = post_as(Kind::Public, &sandbox, &clock, &url, &narrower).await;
    assert_eq!(answer.text("scope"), "patient/Observation.rs");
    let token = answer.text("access_token");
    assert_eq!(fhir(&sandbox, &token, "Observation").await.status, 200);
    is_outcome(&fhir(&sandbox, &token, "Condition").await, 403);
}

#[actix_web::test]
async fn an_application_for_itself_gets_no_scope_that_the_server_could_not_hold_it_to() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::secret("job", CALLBACK, "s3cret").and_backend());
    let form = Form::of(&[
        ("grant_type", "client_credentials"),
        ("scope", "system/Observation.rs?mood=good"),
    ]);
    let answer = form
        .post(&sandbox.token_endpoint(), &[("authorization", &basic("job", "s3cret"))])
        .await;
    answer.is_error(400, "invalid_scope");
    assert_eq!(
        answer.text("error_description"),
        "system/Observation.rs?mood=good cannot be granted: this server does not know the search parameter mood."
    );
}

#[actix_web::test]
async fn introspection_names_the_issuer_of_the_id_token() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.set_id_token_issuer(IdTokenIssuer::Apart);
    let token = token(&sandbox, "launch/patient openid patient/*.rs").await;
    let form = Form::of(&[("token", token.as_str())]);
    let bearer = format!("Bearer {token}");
    let answer = form
        .post(&sandbox.introspection_endpoint(), &[("authorization", &bearer)])
        .await;
    let issuer = answer.json()["iss"].clone();
    assert_ne!(issuer, json!(sandbox.fhir_base_url()));
    let document = get(&format!(
        "{}/.well-known/openid-configuration",
        issuer.as_str().unwrap()
    ))
    .await;
    assert_eq!(document.json()["issuer"], issuer);
}

#[actix_web::test]
async fn pages_keep_the_order_of_what_was_understood() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, "launch/patient patient/*.rs").await;
    let pages = |query: &'static str| {
        let (sandbox, token) = (&sandbox, &token);
        async move { fhir(sandbox, token, query).await.json() }
    };
    let half = pages("Observation?_sort=-date,mood&_count=5").await;
    let without = pages("Observation?_count=5").await;
    assert_eq!(ids(&half), ids(&without));
}
