//! One test per rule for an application that asks for a token for itself (`client_credentials`).

use actix_smart_auth::sandbox::{Jwks, SandboxClient};

use crate::support::*;

const SYSTEM: &str = "system/*.rs";

fn backend() -> SandboxClient {
    SandboxClient::backend(CLIENT, Jwks::Value(jwks()))
}

fn faultless() -> Form {
    Form::of(&[("grant_type", "client_credentials"), ("scope", SYSTEM)])
}

/// The answer to a form of this client, which authenticates as that kind of client does.
async fn answered(client: SandboxClient, kind: Kind, form: Form) -> Answer {
    let (sandbox, clock) = sandbox(kind);
    sandbox.register(client);
    let answer = post_as(kind, &sandbox, &clock, &sandbox.token_endpoint(), &form).await;
    assert_eq!(sandbox.grants().len(), usize::from(answer.status == 200));
    answer
}

macro_rules! refused {
    ($($name:ident: $error:literal, $text:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            let change: fn(Form) -> Form = $change;
            answered(backend(), Kind::Rsa, change(faultless()))
                .await
                .is_refusal(400, $error, $text);
        }
    )*};
}

refused! {
    a_code_is_refused: "invalid_request", "code does not belong into a request for client_credentials.", |f| f.with("code", "x");
    a_code_verifier_is_refused: "invalid_request", "code_verifier does not belong into a request for client_credentials.", |f| f.with("code_verifier", VERIFIER);
    a_redirect_uri_is_refused: "invalid_request", "redirect_uri does not belong into a request for client_credentials.", |f| f.with("redirect_uri", CALLBACK);
    a_refresh_token_is_refused: "invalid_request", "refresh_token does not belong into a request for client_credentials.", |f| f.with("refresh_token", "x");
    a_missing_scope_is_refused: "invalid_scope", "scope is missing; backend services have to say what they need.", |f| f.without("scope");
    an_empty_scope_is_refused: "invalid_scope", "scope is missing; backend services have to say what they need.", |f| f.with("scope", " ");
    a_scope_of_launches_is_refused: "invalid_scope", "patient/*.rs is a scope of launches; without a user only system/ scopes are given.", |f| f.with("scope", "system/*.rs patient/*.rs");
    a_scope_about_the_user_is_refused: "invalid_scope", "openid is not a system/ scope of SMART 2.2.", |f| f.with("scope", "system/*.rs openid");
    a_scope_out_of_order_is_refused: "invalid_scope", "system/Observation.sr is not a system/ scope of SMART 2.2.", |f| f.with("scope", "system/Observation.sr");
}

#[actix_web::test]
async fn a_faultless_request_is_granted() {
    let answer = answered(backend(), Kind::Rsa, faultless()).await;
    assert_eq!(answer.text("scope"), SYSTEM);
    assert!(answer.json().get("refresh_token").is_none());
}

#[actix_web::test]
async fn scopes_that_are_not_registered_are_left_out_and_none_that_is_left_is_refused() {
    let registered = || backend().scopes(["system/Patient.rs"]);
    let form = faultless().with("scope", "system/Patient.r system/Observation.rs");
    let answer = answered(registered(), Kind::Rsa, form).await;
    assert_eq!(answer.text("scope"), "system/Patient.r");
    answered(registered(), Kind::Rsa, faultless()).await.is_refusal(
        400,
        "invalid_scope",
        "None of these scopes can be granted. Registered for this application: system/Patient.rs",
    );
}

#[actix_web::test]
async fn who_is_registered_for_launches_alone_is_refused() {
    for kind in [Kind::Rsa, Kind::Secret] {
        answered(client(kind), kind, faultless()).await.is_refusal(
            400,
            "unauthorized_client",
            "This client is registered for launches, not for backend services.",
        );
        let answer = answered(client(kind).and_backend(), kind, faultless()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[actix_web::test]
async fn a_public_client_is_refused() {
    let public = client(Kind::Public).and_backend();
    answered(public, Kind::Public, faultless()).await.is_refusal(
        400,
        "unauthorized_client",
        "A public client cannot prove that it is the application: register it with a key or a secret.",
    );
}

#[actix_web::test]
async fn who_does_not_authenticate_is_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register(backend());
    let form = faultless().with("client_id", CLIENT);
    form.post(&sandbox.token_endpoint(), &[]).await.is_refusal(
        401,
        "invalid_client",
        "This client is registered with a key: it has to send a client_assertion, and no secret.",
    );
}

#[actix_web::test]
async fn a_backend_service_that_is_launched_all_the_same_is_told_so_on_a_page() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register(backend());
    authorization(&sandbox)
        .get(&sandbox.authorization_endpoint())
        .await
        .is_problem("This application has registered no redirect_uri: it is not for launches.");
}
