//! One test per rule of the token endpoint.

use std::time::Duration;

use actix_smart_auth::sandbox::SandboxClient;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::support::*;

/// An exchange of a public client with one thing wrong.
async fn exchange_refused(error: &str, change: fn(Form) -> Form) {
    let (sandbox, _) = sandbox(Kind::Public);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let form = change(exchange(&code).with("client_id", CLIENT));
    let status = if error == "invalid_client" { 401 } else { 400 };
    form.post(&sandbox.token_endpoint(), &[]).await.is_error(status, error);
    assert!(sandbox.grants().is_empty());
}

macro_rules! exchange_rules {
    ($($name:ident: $error:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            exchange_refused($error, $change).await;
        }
    )*};
}

exchange_rules! {
    a_missing_grant_type_is_refused: "invalid_request", |f| f.without("grant_type");
    another_grant_type_is_refused: "unsupported_grant_type", |f| f.with("grant_type", "password");
    a_missing_code_is_refused: "invalid_request", |f| f.without("code");
    an_unknown_code_is_refused: "invalid_grant", |f| f.with("code", "made-up");
    a_missing_redirect_uri_is_refused: "invalid_request", |f| f.without("redirect_uri");
    another_redirect_uri_is_refused: "invalid_grant", |f| f.with("redirect_uri", "http://127.0.0.1:7777/auth/callback");
    a_missing_verifier_is_refused: "invalid_request", |f| f.without("code_verifier");
    a_wrong_verifier_is_refused: "invalid_grant", |f| f.with("code_verifier", &"x".repeat(43));
    a_repeated_parameter_is_refused: "invalid_request", |f| f.again("grant_type", "authorization_code");
    a_public_client_without_client_id_is_refused: "invalid_client", |f| f.without("client_id");
    an_unknown_client_is_refused: "invalid_client", |f| f.with("client_id", "nobody");
    a_public_client_with_a_secret_is_refused: "invalid_client", |f| f.with("client_secret", "x");
    a_public_client_with_an_assertion_is_refused: "invalid_client", |f| f.with("client_assertion", "a.b.c");
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
        assert_eq!(answer.status, status, "{length}");
    }
}

#[actix_web::test]
async fn token_requests_are_forms_in_the_body_of_a_post() {
    let (sandbox, _) = sandbox(Kind::Public);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let form = exchange(&code).with("client_id", CLIENT);
    let url = sandbox.token_endpoint();
    let json = send("POST", &url, &[("content-type", "application/json")], &form.encoded())
        .await
        .unwrap();
    json.is_error(400, "invalid_request");
    send("POST", &url, &[], &form.encoded())
        .await
        .unwrap()
        .is_error(400, "invalid_request");
    form.post(&format!("{url}?client_id=x"), &[])
        .await
        .is_error(400, "invalid_request");
    assert_eq!(form.get(&url).await.status, 405);
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
        assert_eq!(answer.status, status, "{age} ms");
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
        .is_error(400, "invalid_grant");
    assert_eq!(
        fhir(&sandbox, &first.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        401
    );
    let form = refresh(&first.text("refresh_token"));
    post_as(Kind::Public, &sandbox, &clock, &url, &form)
        .await
        .is_error(400, "invalid_grant");
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
        .is_error(400, "invalid_grant");
}

#[actix_web::test]
async fn codes_and_refresh_tokens_of_another_client_are_refused() {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::public("other", CALLBACK));
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let url = sandbox.token_endpoint();
    exchange(&code)
        .with("client_id", "other")
        .post(&url, &[])
        .await
        .is_error(400, "invalid_grant");
    let mine = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = refresh(&mine.text("refresh_token"));
    form.clone()
        .with("client_id", "other")
        .post(&url, &[])
        .await
        .is_error(400, "invalid_grant");
    assert_eq!(
        form.with("client_id", CLIENT).post(&url, &[]).await.status,
        200,
        "the owner's token still works"
    );
}

#[actix_web::test]
async fn a_rotated_refresh_token_used_again_ends_the_grant() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = sandbox.token_endpoint();
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let second = post_as(
        Kind::Public,
        &sandbox,
        &clock,
        &url,
        &refresh(&first.text("refresh_token")),
    )
    .await;
    assert_eq!(second.status, 200);
    let form = refresh(&first.text("refresh_token"));
    post_as(Kind::Public, &sandbox, &clock, &url, &form)
        .await
        .is_error(400, "invalid_grant");
    assert_eq!(sandbox.reuse_detections(), 1);
    for token in [first.text("access_token"), second.text("access_token")] {
        assert_eq!(fhir(&sandbox, &token, "Patient/amber-testwood").await.status, 401);
    }
    let form = refresh(&second.text("refresh_token"));
    post_as(Kind::Public, &sandbox, &clock, &url, &form)
        .await
        .is_error(400, "invalid_grant");
    assert_eq!(sandbox.reuse_detections(), 1, "the newest token is refused, not reused");
}

#[actix_web::test]
async fn a_refresh_may_narrow_the_scopes_but_not_widen_them() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = sandbox.token_endpoint();
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = refresh(&first.text("refresh_token"));
    let wider = form.clone().with("scope", "patient/*.rs user/*.rs");
    post_as(Kind::Public, &sandbox, &clock, &url, &wider)
        .await
        .is_error(400, "invalid_scope");
    let narrow = post_as(Kind::Public, &sandbox, &clock, &url, &form.with("scope", "openid")).await;
    assert_eq!(narrow.text("scope"), "openid");
    assert_eq!(
        fhir(&sandbox, &narrow.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        403
    );
    let wide = post_as(
        Kind::Public,
        &sandbox,
        &clock,
        &url,
        &refresh(&narrow.text("refresh_token")),
    )
    .await;
    assert_eq!(
        wide.text("scope"),
        first.text("scope"),
        "without scope the original grant counts"
    );
}

#[actix_web::test]
async fn unknown_and_missing_refresh_tokens_are_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    let form = refresh("made-up").with("client_id", CLIENT);
    form.post(&sandbox.token_endpoint(), &[])
        .await
        .is_error(400, "invalid_grant");
    form.without("refresh_token")
        .post(&sandbox.token_endpoint(), &[])
        .await
        .is_error(400, "invalid_request");
}

/// A refused authentication: `invalid_client`, and the code stays usable.
async fn secret_refused(header: &str, change: fn(Form) -> Form) {
    let (sandbox, clock) = sandbox(Kind::Secret);
    let code = code_for(&sandbox, &authorization(&sandbox)).await;
    let answer = change(exchange(&code))
        .post(&sandbox.token_endpoint(), &[("authorization", header)])
        .await;
    answer.is_error(401, "invalid_client");
    assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    let answer = post_as(
        Kind::Secret,
        &sandbox,
        &clock,
        &sandbox.token_endpoint(),
        &exchange(&code),
    )
    .await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn a_secret_has_to_come_by_basic_form_encoded_and_alone() {
    let good = basic(CLIENT, SECRET);
    secret_refused(&basic(CLIENT, "wrong"), |f| f).await;
    secret_refused(&basic("nobody", SECRET), |f| f).await;
    secret_refused(
        &format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}"))),
        |f| f,
    )
    .await;
    secret_refused(&good.replace("Basic", "Bearer"), |f| f).await;
    secret_refused("Basic %%%", |f| f).await;
    secret_refused(&good, |f| f.with("client_id", CLIENT)).await;
    secret_refused(&good, |f| f.with("client_secret", SECRET)).await;
}

#[actix_web::test]
async fn a_confidential_client_cannot_pass_as_public() {
    for kind in [Kind::Secret, Kind::Rsa] {
        let (sandbox, _) = sandbox(kind);
        let code = code_for(&sandbox, &authorization(&sandbox)).await;
        let form = exchange(&code).with("client_id", CLIENT);
        form.post(&sandbox.token_endpoint(), &[])
            .await
            .is_error(401, "invalid_client");
        let form = form.with("client_secret", SECRET);
        form.post(&sandbox.token_endpoint(), &[])
            .await
            .is_error(401, "invalid_client");
    }
}

#[actix_web::test]
async fn a_client_without_a_secret_must_not_send_an_authorization_header() {
    for kind in [Kind::Public, Kind::Rsa] {
        let (sandbox, _) = sandbox(kind);
        let code = code_for(&sandbox, &authorization(&sandbox)).await;
        let header = basic(CLIENT, SECRET);
        let answer = exchange(&code)
            .post(&sandbox.token_endpoint(), &[("authorization", &header)])
            .await;
        answer.is_error(401, "invalid_client");
    }
}
