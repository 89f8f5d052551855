//! One test per rule for clients that are made for one launch each: their registration, and what renews their tokens.

use actix_smart_auth::{
    sandbox::{SandboxClient, SandboxServer},
    time::ManualClock,
};
use serde_json::{Value, json};

use crate::support::*;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const NEEDS_TOKEN: &str = "The Authorization header needs a live access token of a launch of this application.";

/// A launch of an application whose launches may have clients made, and the access token that registers one.
async fn launched() -> (SandboxServer, ManualClock, String) {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(client(Kind::Public).with_installation_clients());
    let token = token(&sandbox, SCOPE).await;
    (sandbox, clock, token)
}

/// The first of the test client's keys.
fn registration() -> Value {
    json!({"software_id": CLIENT, "jwks": {"keys": [jwks()["keys"][0]]}})
}

async fn register(sandbox: &SandboxServer, bearer: &str, body: &Value) -> Answer {
    let header = format!("Bearer {bearer}");
    let headers = [("authorization", header.as_str()), ("content-type", "application/json")];
    sent("POST", &sandbox.registration_endpoint(), &headers, &body.to_string()).await
}

macro_rules! registration_refused {
    ($($name:ident: $text:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            let (sandbox, _, token) = launched().await;
            let change: fn(&mut Value) = $change;
            let mut body = registration();
            change(&mut body);
            register(&sandbox, &token, &body)
                .await
                .is_refusal(400, "invalid_client_metadata", $text);
        }
    )*};
}

registration_refused! {
    another_member_is_refused: "redirect_uris does not belong into the registration of a client of one launch.", |body| body["redirect_uris"] = json!([CALLBACK]);
    a_missing_jwks_is_refused: "jwks has to have exactly one key.", |body| body["jwks"] = Value::Null;
    no_key_is_refused: "jwks has to have exactly one key.", |body| body["jwks"]["keys"] = json!([]);
    two_keys_are_refused: "jwks has to have exactly one key.", |body| body["jwks"] = jwks();
    a_private_key_is_refused: "jwks publishes a private or secret key: take it out and make a new one.", |body| body["jwks"]["keys"][0]["d"] = json!("AQAB");
    a_secret_key_is_refused: "jwks publishes a private or secret key: take it out and make a new one.", |body| body["jwks"]["keys"][0] = json!({"kty": "oct", "k": "AQAB"});
}

#[actix_web::test]
async fn a_registration_needs_a_live_access_token_of_a_launch_of_the_application() {
    let (sandbox, _, own) = launched().await;
    let refused = async |bearer: &str| {
        let answer = register(&sandbox, bearer, &registration()).await;
        answer.is_refusal(401, "invalid_token", NEEDS_TOKEN);
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"));
    };
    refused("made-up").await;
    sandbox.register(SandboxClient::public("other", CALLBACK));
    let code = code_for(&sandbox, &authorization(&sandbox).with("client_id", "other")).await;
    let other = exchange(&code).with("client_id", "other");
    let other = other.post(&sandbox.token_endpoint(), &[]).await;
    refused(&other.text("access_token")).await;
    assert_eq!(register(&sandbox, &own, &registration()).await.status, 201);
    sandbox.expire_access_tokens();
    refused(&own).await;
    let (sandbox, _, own) = launched().await;
    sandbox.revoke_everything();
    register(&sandbox, &own, &registration())
        .await
        .is_refusal(401, "invalid_token", NEEDS_TOKEN);
    let bare = sent(
        "POST",
        &sandbox.registration_endpoint(),
        &[],
        &registration().to_string(),
    )
    .await;
    bare.is_refusal(401, "invalid_token", NEEDS_TOKEN);
}

#[actix_web::test]
async fn a_registration_comes_by_post() {
    let (sandbox, _, _) = launched().await;
    let answer = sent(
        "PUT",
        &sandbox.registration_endpoint(),
        &[],
        &registration().to_string(),
    )
    .await;
    assert_eq!((answer.status, answer.body.as_str()), (405, "Use POST.\n"));
}

#[actix_web::test]
async fn an_application_whose_launches_have_no_such_clients_finds_nothing_there() {
    let (sandbox, _) = sandbox(Kind::Public);
    let token = token(&sandbox, SCOPE).await;
    let answer = register(&sandbox, &token, &registration()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (404, "The sandbox serves nothing here.\n")
    );
}

/// A client of one launch, and a faultless form that renews its token.
async fn made() -> (SandboxServer, ManualClock, Assertion, Form) {
    let (sandbox, clock, token) = launched().await;
    let client_id = register(&sandbox, &token, &registration()).await.text("client_id");
    let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock)
        .claim("iss", json!(client_id))
        .claim("sub", json!(client_id));
    let form = Form::of(&[
        ("grant_type", JWT_BEARER),
        ("client_id", &client_id),
        ("assertion", &assertion.sign()),
    ]);
    (sandbox, clock, assertion, form)
}

async fn renewal_refused(status: u16, error: &str, text: &str, change: fn(Form, Assertion) -> Form) {
    let (sandbox, _, assertion, form) = made().await;
    change(form, assertion)
        .post(&sandbox.token_endpoint(), &[])
        .await
        .is_refusal(status, error, &filled(text, &sandbox));
    assert_eq!(sandbox.grants()[0].refreshes, 0);
}

macro_rules! renewal_refused {
    ($($name:ident: $status:literal $error:literal, $text:expr, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            renewal_refused($status, $error, $text, $change).await;
        }
    )*};
}

const ALONE: &str = "A client of one launch proves itself by the parameter assertion and by nothing else.";

renewal_refused! {
    a_secret_beside_the_assertion_is_refused: 401 "invalid_client", ALONE, |f, _| f.with("client_secret", SECRET);
    a_client_assertion_is_refused: 401 "invalid_client", ALONE, |f, a| a.attach(&f);
    a_missing_client_id_is_refused: 400 "invalid_request", "client_id is missing.", |f, _| f.without("client_id");
    an_unknown_client_is_refused: 401 "invalid_client", "No launch has a client with the id nobody.", |f, _| f.with("client_id", "nobody");
    the_application_itself_is_refused: 401 "invalid_client", "No launch has a client with the id my app+1.", |f, _| f.with("client_id", CLIENT);
    a_missing_assertion_is_refused: 400 "invalid_request", "assertion is missing.", |f, _| f.without("assertion");
    what_is_no_jwt_is_refused: 400 "invalid_grant", "the assertion is not a signed JWT", |f, _| f.with("assertion", "no.jwt");
    another_audience_is_refused: 400 "invalid_grant", "aud has to be the token endpoint's URL, {token}", |f, a| f.with("assertion", &a.claim("aud", json!("https://ehr.example.com/token")).sign());
    a_wider_scope_is_refused: 400 "invalid_scope", "user/*.rs was not granted at the beginning.", |f, _| f.with("scope", "user/*.rs");
}

#[actix_web::test]
async fn the_subject_of_another_client_is_refused() {
    let (sandbox, _, assertion, form) = made().await;
    let client_id = form.0[1].1.clone();
    let form = form.with("assertion", &assertion.claim("sub", json!(CLIENT)).sign());
    form.post(&sandbox.token_endpoint(), &[]).await.is_refusal(
        400,
        "invalid_grant",
        &format!("iss and sub have to be the client id, {client_id}"),
    );
}

#[actix_web::test]
async fn an_authorization_header_is_refused() {
    let (sandbox, _, _, form) = made().await;
    let headers = [("authorization", &*basic(CLIENT, ""))];
    form.post(&sandbox.token_endpoint(), &headers)
        .await
        .is_refusal(401, "invalid_client", ALONE);
}

#[actix_web::test]
async fn an_assertion_works_once_and_not_after_the_grant_is_revoked() {
    let (sandbox, _, assertion, form) = made().await;
    let url = sandbox.token_endpoint();
    assert_eq!(form.post(&url, &[]).await.status, 200);
    form.post(&url, &[]).await.is_refusal(
        400,
        "invalid_grant",
        "This jti has been used: every request needs a new assertion.",
    );
    sandbox.revoke_everything();
    let next = form.with("assertion", &assertion.claim("jti", json!("another")).sign());
    next.post(&url, &[])
        .await
        .is_refusal(400, "invalid_grant", "This grant is revoked: a new launch is needed.");
}
