//! One test per rule of the revocation and the introspection endpoint.

use actix_smart_auth::sandbox::{Peculiarity, SandboxClient, SandboxServer};

use crate::support::*;

fn endpoints(sandbox: &SandboxServer) -> [String; 2] {
    [sandbox.revocation_endpoint(), sandbox.introspection_endpoint()]
}

/// At both endpoints, with one thing wrong.
async fn refused(status: u16, error: &str, text: &str, change: fn(Form) -> Form) {
    let (sandbox, _) = sandbox(Kind::Public);
    for url in endpoints(&sandbox) {
        let faultless = Form::of(&[("token", "x"), ("client_id", CLIENT)]);
        assert_eq!(faultless.post(&url, &[]).await.status, 200, "{url}");
        change(faultless).post(&url, &[]).await.is_refusal(status, error, text);
    }
}

macro_rules! refused {
    ($($name:ident: $status:literal $error:literal, $text:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            refused($status, $error, $text, $change).await;
        }
    )*};
}

refused! {
    a_missing_token_is_refused: 400 "invalid_request", "token is missing.", |f| f.without("token");
    a_repeated_token_is_refused: 400 "invalid_request", "The parameter token is repeated; it may be there once.", |f| f.again("token", "y");
    a_missing_client_is_refused: 401 "invalid_client", "The request does not say which client sent it: client_id is missing.", |f| f.without("client_id");
    an_unknown_client_is_refused: 401 "invalid_client", "client_id is nobody, and no client has this id.", |f| f.with("client_id", "nobody");
}

#[actix_web::test]
async fn only_a_form_in_the_body_of_a_post_is_taken() {
    let (sandbox, _) = sandbox(Kind::Public);
    for url in endpoints(&sandbox) {
        let form = Form::of(&[("token", "x"), ("client_id", CLIENT)]);
        let answer = form.get(&url).await;
        assert_eq!((answer.status, answer.body.as_str()), (405, "Use POST.\n"));
        form.post(&format!("{url}?token=x"), &[]).await.is_refusal(
            400,
            "invalid_request",
            "Parameters belong into the body, not into the URL.",
        );
        let json = [("content-type", "application/json")];
        sent("POST", &url, &json, r#"{"token": "x"}"#).await.is_refusal(
            400,
            "invalid_request",
            "The content type has to be application/x-www-form-urlencoded.",
        );
    }
}

#[actix_web::test]
async fn a_confidential_client_authenticates_here_too() {
    for (kind, text) in [
        (
            Kind::Secret,
            "This client is registered with a secret: it has to authenticate with HTTP Basic.",
        ),
        (
            Kind::Rsa,
            "This client is registered with a key: it has to send a client_assertion, and no secret.",
        ),
    ] {
        let (sandbox, _) = sandbox(kind);
        for url in endpoints(&sandbox) {
            let form = Form::of(&[("token", "x"), ("client_id", CLIENT)]);
            form.post(&url, &[]).await.is_refusal(401, "invalid_client", text);
        }
    }
}

#[actix_web::test]
async fn revoking_a_token_of_another_client_is_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::public("other", CALLBACK));
    let token = token(&sandbox, SCOPE).await;
    let form = Form::of(&[("token", &token), ("client_id", "other")]);
    form.post(&sandbox.revocation_endpoint(), &[]).await.is_refusal(
        400,
        "unauthorized_client",
        "This token was given to another client.",
    );
}

#[actix_web::test]
async fn introspection_with_a_bearer_token_that_is_not_live_is_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    let headers = [("authorization", "Bearer made-up")];
    let answer = Form::of(&[("token", "x")])
        .post(&sandbox.introspection_endpoint(), &headers)
        .await;
    answer.is_refusal(401, "invalid_token", "The bearer token is not valid.");
    assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "));
}

#[actix_web::test]
async fn a_server_without_revocation_serves_nothing_there() {
    let builder = strict().peculiarity(Peculiarity::NoRevocation);
    let sandbox = builder.client(client(Kind::Public)).start().unwrap();
    let form = Form::of(&[("token", "x"), ("client_id", CLIENT)]);
    let answer = form.post(&sandbox.revocation_endpoint(), &[]).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (404, "The sandbox serves nothing here.\n")
    );
}
