//! One test per rule of the token endpoint.

use std::time::Duration;

use actix_smart_auth::sandbox::SandboxClient;

use crate::support::*;

/// An exchange of a public client with one thing wrong.
async fn exchange_refused(status: u16, error: &str, text: &str, change: fn(Form) -> Form) {
    let (sandbox, _) = sandbox(Kind::Public);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let form = change(exchange(&code).with("client_id", CLIENT));
    form.post(&sandbox.token_endpoint(), &[])
        .await
        .is_refusal(status, error, text);
    assert!(sandbox.grants().is_empty());
}

macro_rules! exchange_rules {
    ($($name:ident: $status:literal $error:literal, $text:expr, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            exchange_refused($status, $error, $text, $change).await;
        }
    )*};
}

const VERIFIER_FORM: &str =
    "code_verifier has to have 43 to 128 characters, each of A-Z a-z 0-9 - . _ ~ (RFC 7636, section 4.1).";
const USED: &str = "This code has been used; what it gave is revoked.";

exchange_rules! {
    a_missing_grant_type_is_refused: 400 "invalid_request", "grant_type is missing.", |f| f.without("grant_type");
    another_grant_type_is_refused: 400 "unsupported_grant_type", "grant_type is password; authorization_code, refresh_token and client_credentials are supported.", |f| f.with("grant_type", "password");
    a_missing_code_is_refused: 400 "invalid_request", "code is missing.", |f| f.without("code");
    an_empty_code_is_missing: 400 "invalid_request", "code is missing.", |f| f.with("code", "");
    an_unknown_code_is_refused: 400 "invalid_grant", "Unknown code: it has to be the one of the redirect, decoded.", |f| f.with("code", "made-up");
    a_missing_redirect_uri_is_refused: 400 "invalid_request", "redirect_uri is missing.", |f| f.without("redirect_uri");
    another_redirect_uri_is_refused: 400 "invalid_grant", "redirect_uri has to be that of the authorization request, http://127.0.0.1:7777/auth/callback?kept=1", |f| f.with("redirect_uri", "http://127.0.0.1:7777/auth/callback");
    a_missing_verifier_is_refused: 400 "invalid_request", "code_verifier is missing.", |f| f.without("code_verifier");
    a_wrong_verifier_is_refused: 400 "invalid_grant", "code_verifier does not fit code_challenge, which has to be the base64url of its SHA-256 hash.", |f| f.with("code_verifier", &"x".repeat(43));
    a_verifier_with_a_plus_is_refused: 400 "invalid_grant", VERIFIER_FORM, |f| f.with("code_verifier", &"+".repeat(43));
    a_repeated_parameter_is_refused: 400 "invalid_request", "The parameter grant_type is repeated; it may be there once.", |f| f.again("grant_type", "authorization_code");
    a_public_client_without_client_id_is_refused: 401 "invalid_client", "The request does not say which client sent it: client_id is missing.", |f| f.without("client_id");
    an_unknown_client_is_refused: 401 "invalid_client", "client_id is nobody, and no client has this id.", |f| f.with("client_id", "nobody");
}

#[actix_web::test]
async fn a_verifier_of_42_or_129_characters_is_refused_and_43_and_128_are_not() {
    let (sandbox, _) = sandbox(Kind::Public);
    for (length, status) in [(42, 400), (43, 200), (128, 200), (129, 400)] {
        let verifier = "v".repeat(length);
        let request = authorization(&sandbox).with("code_challenge", &challenge(&verifier));
        let form = exchange(&code_for(&sandbox, &request).await).with("code_verifier", &verifier);
        let answer = form
            .with("client_id", CLIENT)
            .post(&sandbox.token_endpoint(), &[])
            .await;
        match status {
            200 => assert_eq!(answer.status, 200, "{length}: {answer:?}"),
            _ => answer.is_refusal(400, "invalid_grant", VERIFIER_FORM),
        }
    }
}

#[actix_web::test]
async fn token_requests_are_forms_in_the_body_of_a_post() {
    let (sandbox, _) = sandbox(Kind::Public);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let form = exchange(&code).with("client_id", CLIENT);
    let url = sandbox.token_endpoint();
    let no_form = "The content type has to be application/x-www-form-urlencoded.";
    for headers in [&[("content-type", "application/json")][..], &[]] {
        sent("POST", &url, headers, &form.encoded())
            .await
            .is_refusal(400, "invalid_request", no_form);
    }
    form.post(&format!("{url}?client_id=x"), &[]).await.is_refusal(
        400,
        "invalid_request",
        "Parameters belong into the body, not into the URL.",
    );
    let answer = form.get(&url).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    assert_eq!(answer.body, "Use POST.\n");
    let charset = [("content-type", "application/x-www-form-urlencoded; charset=UTF-8")];
    assert_eq!(
        send("POST", &url, &charset, &form.encoded()).await.unwrap().status,
        200,
        "nothing was used up before"
    );
}

#[actix_web::test]
async fn a_code_works_until_its_last_second() {
    for (age, status) in [(59_999, 200), (60_000, 400)] {
        let (sandbox, clock) = sandbox(Kind::Public);
        let code = code_for(&sandbox, &authorization(&sandbox)).await;
        clock.advance(Duration::from_millis(age));
        let answer = post_as(
            Kind::Public,
            &sandbox,
            &clock,
            &sandbox.token_endpoint(),
            &exchange(&code),
        )
        .await;
        match status {
            200 => assert_eq!(answer.status, 200, "{age} ms: {answer:?}"),
            _ => answer.is_refusal(400, "invalid_grant", "This code has expired."),
        }
    }
}

#[actix_web::test]
async fn a_code_used_twice_revokes_what_it_gave() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let url = sandbox.token_endpoint();
    let first = post_as(Kind::Public, &sandbox, &clock, &url, &exchange(&code)).await;
    assert_eq!(
        fhir(&sandbox, &first.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        200
    );
    post_as(Kind::Public, &sandbox, &clock, &url, &exchange(&code))
        .await
        .is_refusal(400, "invalid_grant", USED);
    assert_eq!(
        fhir(&sandbox, &first.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        401
    );
    let form = refresh(&first.text("refresh_token"));
    post_as(Kind::Public, &sandbox, &clock, &url, &form).await.is_refusal(
        400,
        "invalid_grant",
        "This grant is revoked: a new launch is needed.",
    );
    let grants = sandbox.grants();
    assert_eq!(
        (grants.len(), grants[0].revoked, grants[0].reuse_detected),
        (1, true, false)
    );
}

#[actix_web::test]
async fn a_failed_exchange_uses_the_code_up() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let url = sandbox.token_endpoint();
    let wrong = exchange(&code).with("code_verifier", &"x".repeat(43));
    post_as(Kind::Public, &sandbox, &clock, &url, &wrong)
        .await
        .is_error(400, "invalid_grant");
    post_as(Kind::Public, &sandbox, &clock, &url, &exchange(&code))
        .await
        .is_refusal(400, "invalid_grant", USED);
}

#[actix_web::test]
async fn a_code_of_another_client_is_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::public("other", CALLBACK));
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    exchange(&code)
        .with("client_id", "other")
        .post(&sandbox.token_endpoint(), &[])
        .await
        .is_refusal(400, "invalid_grant", "This code was given to another client.");
}
