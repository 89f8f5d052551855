//! One test per rule for applications that register themselves (RFC 7591), and that manage their registrations (RFC 7592).

use actix_smart_auth::sandbox::{SandboxServer, SelfRegistration};
use serde_json::{Value, json};

use crate::support::*;

const JSON: (&str, &str) = ("content-type", "application/json");

fn open() -> SandboxServer {
    strict().self_registration(SelfRegistration::Open).start().unwrap()
}

/// A client that people launch, with a key.
fn faultless() -> Value {
    json!({
        "redirect_uris": [CALLBACK],
        "launch_uris": [LAUNCH],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": jwks(),
        "scope": SCOPE,
    })
}

async fn register(sandbox: &SandboxServer, body: &Value) -> Answer {
    sent("POST", &sandbox.registration_endpoint(), &[JSON], &body.to_string()).await
}

async fn refused(error: &str, text: &str, change: fn(&mut Value)) {
    let sandbox = open();
    let mut body = faultless();
    change(&mut body);
    register(&sandbox, &body).await.is_refusal(400, error, text);
    assert!(sandbox.client_ids().is_empty());
}

macro_rules! refused {
    ($($name:ident: $error:literal, $text:expr, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            refused($error, $text, $change).await;
        }
    )*};
}

const NEEDS_KEYS: &str = "private_key_jwt needs jwks, an object with the list keys, or jwks_uri, an https address.";
const PRIVATE: &str = "jwks publishes a private or secret key: take it out and make a new one.";
const WITH_CODE: &str = "With authorization_code, response_types has to be a list with code alone.";
const NO_REDIRECT: &str = "redirect_uris is missing or empty; authorization_code needs one.";

refused! {
    missing_redirect_uris_are_refused: "invalid_redirect_uri", NO_REDIRECT, |b| take(b, "redirect_uris");
    no_redirect_uri_is_refused: "invalid_redirect_uri", NO_REDIRECT, |b| b["redirect_uris"] = json!([]);
    a_redirect_uri_by_http_is_refused: "invalid_redirect_uri", "http://app.example.com/callback cannot be a redirect URI: it has to be https, http on this machine, or of an app (com.example.app:/...), without a fragment.", |b| b["redirect_uris"] = json!([CALLBACK, "http://app.example.com/callback"]);
    a_redirect_uri_with_a_fragment_is_refused: "invalid_redirect_uri", "https://app.example.com/#x cannot be a redirect URI: it has to be https, http on this machine, or of an app (com.example.app:/...), without a fragment.", |b| b["redirect_uris"] = json!(["https://app.example.com/#x"]);
    redirect_uris_that_are_no_list_are_refused: "invalid_client_metadata", "redirect_uris has to be a list of texts.", |b| b["redirect_uris"] = json!(CALLBACK);
    redirect_uris_that_are_no_texts_are_refused: "invalid_client_metadata", "redirect_uris has to be a list of texts.", |b| b["redirect_uris"] = json!([1]);
    a_launch_url_by_http_is_refused: "invalid_client_metadata", "http://app.example.com/launch cannot be a launch URL: it has to be https, or http on this machine.", |b| b["launch_uris"] = json!(["http://app.example.com/launch"]);
    launch_uris_that_are_no_list_are_refused: "invalid_client_metadata", "launch_uris has to be a list of texts.", |b| b["launch_uris"] = json!(LAUNCH);
    another_grant_type_is_refused: "invalid_client_metadata", "The grant type implicit is not supported; authorization_code, refresh_token and client_credentials are.", |b| b["grant_types"] = json!(["authorization_code", "implicit"]);
    a_grant_type_that_begins_nothing_is_refused: "invalid_client_metadata", "grant_types has neither authorization_code nor client_credentials; it needs one.", |b| b["grant_types"] = json!(["refresh_token"]);
    another_response_type_is_refused: "invalid_client_metadata", WITH_CODE, |b| b["response_types"] = json!(["code", "token"]);
    no_response_type_is_refused: "invalid_client_metadata", WITH_CODE, |b| b["response_types"] = json!([]);
    a_response_type_without_launches_is_refused: "invalid_client_metadata", "Without authorization_code, response_types has to be empty.", |b| b["grant_types"] = json!(["client_credentials"]);
    another_way_to_authenticate_is_refused: "invalid_client_metadata", "token_endpoint_auth_method is tls_client_auth; none, client_secret_basic, client_secret_post and private_key_jwt are supported.", |b| b["token_endpoint_auth_method"] = json!("tls_client_auth");
    a_way_to_authenticate_that_is_no_text_is_refused: "invalid_client_metadata", "token_endpoint_auth_method has to be a text.", |b| b["token_endpoint_auth_method"] = json!(["none"]);
    a_backend_service_that_does_not_authenticate_is_refused: "invalid_client_metadata", "token_endpoint_auth_method none does not go with client_credentials: such a client has to authenticate.", |b| { b["token_endpoint_auth_method"] = json!("none"); b["grant_types"] = json!(["authorization_code", "client_credentials"]) };
    keys_by_value_and_by_address_are_refused: "invalid_client_metadata", "Only one of jwks and jwks_uri may be there.", |b| b["jwks_uri"] = json!("https://app.example.com/jwks.json");
    missing_keys_are_refused: "invalid_client_metadata", NEEDS_KEYS, |b| take(b, "jwks");
    a_jwks_without_keys_is_refused: "invalid_client_metadata", NEEDS_KEYS, |b| b["jwks"] = json!({});
    a_jwks_address_by_http_is_refused: "invalid_client_metadata", NEEDS_KEYS, |b| { take(b, "jwks"); b["jwks_uri"] = json!("http://app.example.com/jwks.json") };
    a_private_key_is_refused: "invalid_client_metadata", PRIVATE, |b| b["jwks"]["keys"][0]["d"] = json!("AQAB");
    a_secret_key_is_refused: "invalid_client_metadata", PRIVATE, |b| b["jwks"]["keys"][0] = json!({"kty": "oct", "k": "AQAB"});
    a_list_of_scopes_is_refused: "invalid_client_metadata", "scope has to be one text, with a space between two scopes.", |b| b["scope"] = json!(["openid"]);
}

fn take(body: &mut Value, name: &str) {
    body.as_object_mut().unwrap().remove(name);
}

#[actix_web::test]
async fn a_faultless_registration_is_made() {
    let sandbox = open();
    assert_eq!(register(&sandbox, &faultless()).await.status, 201);
}

#[actix_web::test]
async fn a_registration_is_a_json_object_in_a_post() {
    let (sandbox, body) = (open(), faultless().to_string());
    let url = sandbox.registration_endpoint();
    let answer = sent("GET", &url, &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (405, "Use POST.\n"));
    for headers in [&[][..], &[("content-type", "text/json")]] {
        sent("POST", &url, headers, &body).await.is_refusal(
            400,
            "invalid_client_metadata",
            "The content type has to be application/json.",
        );
    }
    for body in ["", "[]", "{"] {
        sent("POST", &url, &[JSON], body).await.is_refusal(
            400,
            "invalid_client_metadata",
            "The body has to be a JSON object.",
        );
    }
}

#[actix_web::test]
async fn without_self_registration_nothing_is_served_there() {
    let (sandbox, _) = sandbox(Kind::Public);
    let answer = register(&sandbox, &faultless()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (404, "The sandbox serves nothing here.\n")
    );
}

#[actix_web::test]
async fn an_initial_access_token_is_asked_for_where_one_is_wanted() {
    let wanted = SelfRegistration::WithToken("initial".to_owned());
    let sandbox = strict().self_registration(wanted).start().unwrap();
    let (url, body) = (sandbox.registration_endpoint(), faultless().to_string());
    for headers in [&[JSON][..], &[JSON, ("authorization", "Bearer other")]] {
        let answer = sent("POST", &url, headers, &body).await;
        answer.is_refusal(
            401,
            "invalid_token",
            "The Authorization header needs the initial access token.",
        );
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"));
    }
    let right = [JSON, ("authorization", "Bearer initial")];
    assert_eq!(sent("POST", &url, &right, &body).await.status, 201);
}

/// A registered client's address and token, and what it is told about itself.
async fn registered(sandbox: &SandboxServer) -> (String, String, Value) {
    let mut body = faultless();
    body["token_endpoint_auth_method"] = json!("client_secret_basic");
    let answer = register(sandbox, &body).await;
    (
        answer.text("registration_client_uri"),
        format!("Bearer {}", answer.text("registration_access_token")),
        answer.json(),
    )
}

#[actix_web::test]
async fn a_registration_is_managed_with_its_own_token_alone() {
    let sandbox = open();
    let (url, token, _) = registered(&sandbox).await;
    let nobodys = format!("{}/nobody", sandbox.registration_endpoint());
    let refused = "There is no such client, or the bearer token is not its registration access token.";
    for method in ["GET", "PUT", "DELETE"] {
        for (url, headers) in [
            (&url, &[JSON][..]),
            (&url, &[JSON, ("authorization", "Bearer other")]),
            (&nobodys, &[JSON, ("authorization", &token)]),
        ] {
            sent(method, url, headers, "{}")
                .await
                .is_refusal(401, "invalid_token", refused);
        }
    }
    let answer = sent("POST", &url, &[JSON, ("authorization", &token)], "{}").await;
    assert_eq!((answer.status, answer.body.as_str()), (405, "Use GET, PUT, DELETE.\n"));
}

async fn change_refused(text: &str, change: fn(&mut Value)) {
    let sandbox = open();
    let (url, token, told) = registered(&sandbox).await;
    let mut body = told;
    for member in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        take(&mut body, member);
    }
    let headers = [JSON, ("authorization", &*token)];
    let mut wrong = body.clone();
    change(&mut wrong);
    sent("PUT", &url, &headers, &wrong.to_string())
        .await
        .is_refusal(400, "invalid_client_metadata", text);
    let answer = sent("PUT", &url, &headers, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

macro_rules! change_refused {
    ($($name:ident: $text:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            change_refused($text, $change).await;
        }
    )*};
}

change_refused! {
    a_change_without_its_client_id_is_refused: "client_id has to be that of this registration.", |b| take(b, "client_id");
    a_change_of_another_client_id_is_refused: "client_id has to be that of this registration.", |b| b["client_id"] = json!("other");
    a_change_of_the_token_is_refused: "registration_access_token is given by the server: leave it out (RFC 7592, section 2.2).", |b| b["registration_access_token"] = json!("x");
    a_change_of_the_address_is_refused: "registration_client_uri is given by the server: leave it out (RFC 7592, section 2.2).", |b| b["registration_client_uri"] = json!("x");
    a_change_of_the_end_of_the_secret_is_refused: "client_secret_expires_at is given by the server: leave it out (RFC 7592, section 2.2).", |b| b["client_secret_expires_at"] = json!(0);
    a_change_of_the_beginning_is_refused: "client_id_issued_at is given by the server: leave it out (RFC 7592, section 2.2).", |b| b["client_id_issued_at"] = json!(0);
    a_change_of_the_secret_is_refused: "client_secret is not that of this client.", |b| b["client_secret"] = json!("mine");
    a_change_to_no_redirect_uri_is_refused_as_at_first: "redirect_uris has to be a list of texts.", |b| b["redirect_uris"] = json!(CALLBACK);
}
