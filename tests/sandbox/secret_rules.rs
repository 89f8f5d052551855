//! One test per rule for clients that authenticate with a secret, and for those that do not authenticate at all.

use actix_smart_auth::sandbox::{Peculiarity, SandboxServer};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::support::*;

const WRONG: &str = "Unknown client or wrong secret. Each is form-encoded by itself (RFC 6749, section 2.3.1).";
const NO_BASIC: &str = "The Authorization header is not HTTP Basic (RFC 7617).";
const BOTH: &str = "Client credentials belong into the Authorization header or into the body, not into both.";
const BOTH_STRICTLY: &str = "Client credentials belong into the Authorization header or into the body, not into both. (strict check one-client-id)";
const NEEDS_BASIC: &str = "This client is registered with a secret: it has to authenticate with HTTP Basic.";
const NEEDS_ASSERTION: &str = "This client is registered with a key: it has to send a client_assertion, and no secret.";

/// A refused authentication: `invalid_client`, the way to authenticate, and the code stays usable.
async fn refused(text: &str, header: &str, change: fn(Form) -> Form) {
    let (sandbox, clock) = sandbox(Kind::Secret);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let url = sandbox.token_endpoint();
    let answer = change(exchange(&code)).post(&url, &[("authorization", header)]).await;
    answer.is_refusal(401, "invalid_client", text);
    assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    let answer = post_as(Kind::Secret, &sandbox, &clock, &url, &exchange(&code)).await;
    assert_eq!(answer.status, 200);
}

macro_rules! refused {
    ($($name:ident: $text:expr, $header:expr, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            refused($text, &$header, $change).await;
        }
    )*};
}

fn good() -> String {
    basic(CLIENT, SECRET)
}

refused! {
    a_wrong_secret_is_refused: WRONG, basic(CLIENT, "wrong"), |f| f;
    an_unknown_client_is_refused: WRONG, basic("nobody", SECRET), |f| f;
    a_secret_that_is_not_form_encoded_is_refused: WRONG, format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}"))), |f| f;
    another_scheme_than_basic_is_refused: NO_BASIC, good().replace("Basic", "Bearer"), |f| f;
    a_header_that_is_no_base64_is_refused: NO_BASIC, "Basic %%%", |f| f;
    a_header_without_a_colon_is_refused: NO_BASIC, format!("Basic {}", STANDARD.encode("my-app")), |f| f;
    client_id_beside_a_header_is_refused: BOTH_STRICTLY, good(), |f| f.with("client_id", CLIENT);
    client_secret_beside_a_header_is_refused: BOTH, good(), |f| f.with("client_secret", SECRET);
    an_assertion_beside_a_header_is_refused: BOTH, good(), |f| f.with("client_assertion", "a.b.c");
    the_type_of_an_assertion_beside_a_header_is_refused: BOTH, good(), |f| f.with("client_assertion_type", ASSERTION_TYPE);
}

#[actix_web::test]
async fn several_authorization_headers_are_refused() {
    let (sandbox, _) = sandbox(Kind::Secret);
    let headers = [("authorization", &*good()), ("authorization", &*good())];
    refresh("unknown")
        .post(&sandbox.token_endpoint(), &headers)
        .await
        .is_refusal(
            401,
            "invalid_client",
            "There are several Authorization headers; one may be there.",
        );
}

/// What each kind of client is told about a way that it is not registered for.
async fn told(sandbox: &SandboxServer, text: &str, form: &Form, headers: &[(&str, &str)]) {
    form.post(&sandbox.token_endpoint(), headers)
        .await
        .is_refusal(401, "invalid_client", text);
}

#[actix_web::test]
async fn a_confidential_client_cannot_pass_as_public() {
    for (kind, text) in [(Kind::Secret, NEEDS_BASIC), (Kind::Rsa, NEEDS_ASSERTION)] {
        let (sandbox, _) = sandbox(kind);
        let code = code_for(&sandbox, &authorization(&sandbox)).await;
        told(&sandbox, text, &exchange(&code).with("client_id", CLIENT), &[]).await;
    }
}

#[actix_web::test]
async fn a_secret_in_the_body_is_refused_of_every_kind_of_client_with_what_it_should_do() {
    for (kind, text) in [
        (
            Kind::Secret,
            "client_secret in the body is not supported; use HTTP Basic. (strict check secret-in-header)",
        ),
        (Kind::Rsa, NEEDS_ASSERTION),
        (Kind::Public, "A public client must not send a client_secret."),
    ] {
        let (sandbox, _) = sandbox(kind);
        let code = code_for(&sandbox, &authorization(&sandbox)).await;
        let form = exchange(&code).with("client_id", CLIENT).with("client_secret", SECRET);
        told(&sandbox, text, &form, &[]).await;
    }
}

#[actix_web::test]
async fn an_empty_secret_of_a_public_client_is_refused_as_specified() {
    let (sandbox, _) = sandbox(Kind::Public);
    let form = refresh("unknown").with("client_id", CLIENT).with("client_secret", "");
    let text = "A public client must not send a client_secret. (strict check nothing-secret-of-public-clients)";
    told(&sandbox, text, &form, &[]).await;
    let text = "A public client must not send an Authorization header. (strict check nothing-secret-of-public-clients)";
    told(
        &sandbox,
        text,
        &refresh("unknown"),
        &[("authorization", &basic(CLIENT, ""))],
    )
    .await;
}

#[actix_web::test]
async fn a_client_without_a_secret_must_not_send_an_authorization_header() {
    for (kind, text) in [
        (
            Kind::Public,
            "A public client has no secret to send in an Authorization header.",
        ),
        (Kind::Rsa, NEEDS_ASSERTION),
    ] {
        let (sandbox, _) = sandbox(kind);
        let code = code_for(&sandbox, &authorization(&sandbox)).await;
        told(&sandbox, text, &exchange(&code), &[("authorization", &good())]).await;
    }
}

#[actix_web::test]
async fn real_ehrs_take_a_secret_in_the_body_and_refuse_a_wrong_one() {
    let sandbox = SandboxServer::builder().client(client(Kind::Secret)).start().unwrap();
    let form = refresh("unknown").with("client_id", CLIENT);
    let text = "client_secret is not that of this client.";
    told(&sandbox, text, &form.clone().with("client_secret", "wrong"), &[]).await;
    let text = "client_id names another client than the Authorization header.";
    let other = refresh("unknown").with("client_id", "other");
    told(&sandbox, text, &other, &[("authorization", &good())]).await;
    let right = form.with("client_secret", SECRET);
    let answer = right.post(&sandbox.token_endpoint(), &[]).await;
    answer.is_refusal(400, "invalid_grant", "Unknown refresh token.");
}

#[actix_web::test]
async fn a_server_that_decodes_nothing_says_so_to_whoever_encodes() {
    let builder = strict().peculiarity(Peculiarity::UndecodedBasic);
    let sandbox = builder.client(client(Kind::Secret)).start().unwrap();
    let text = "Unknown client or wrong secret. This server takes both without form-encoding.";
    told(&sandbox, text, &refresh("unknown"), &[("authorization", &good())]).await;
    let plain = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    let answer = refresh("unknown")
        .post(&sandbox.token_endpoint(), &[("authorization", &plain)])
        .await;
    answer.is_refusal(400, "invalid_grant", "Unknown refresh token.");
}
