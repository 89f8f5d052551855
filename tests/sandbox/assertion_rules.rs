//! One test per rule for client assertions.

use actix_smart_auth::{
    sandbox::{Jwks, Peculiarity, SandboxClient, SandboxServer},
    time::{Clock, ManualClock},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::*;

async fn refused(text: &str, change: fn(Assertion, &ManualClock) -> Assertion) {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let assertion = change(Assertion::new(Kind::Rsa, &sandbox, &clock), &clock);
    let now = clock.now().as_secs().to_string();
    let text = filled(text, &sandbox).replace("{now}", &now);
    outcome(&sandbox, &assertion)
        .await
        .is_refusal(401, "invalid_client", &text);
}

async fn accepted(change: fn(Assertion, &ManualClock) -> Assertion) {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let assertion = change(Assertion::new(Kind::Rsa, &sandbox, &clock), &clock);
    outcome(&sandbox, &assertion).await.is_error(400, "invalid_grant");
}

macro_rules! refused {
    ($($name:ident: $text:expr, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            refused($text, $change).await;
        }
    )*};
}

macro_rules! accepted {
    ($($name:ident: $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            accepted($change).await;
        }
    )*};
}

fn secs(clock: &ManualClock, ahead: i64) -> Value {
    json!(clock.now().as_secs().checked_add_signed(ahead).unwrap())
}

const TYPE: &str = "the header typ has to be JWT (strict check assertion-type)";
const SUBJECT: &str = "iss and sub have to be the client id, my app+1";
const AUDIENCE: &str = "aud has to be the token endpoint's URL, {token}";
const EXP: &str = "the claim exp has to be a whole number of seconds since 1970";
const JTI: &str = "the claim jti has to be a text that is not empty";

accepted! {
    a_faultless_assertion_is_accepted: |a, _| a;
    exp_in_one_second_is_accepted: |a, clock| a.claim("exp", secs(clock, 1));
    exp_in_300_seconds_is_accepted: |a, clock| a.claim("exp", secs(clock, 300));
    iat_now_is_accepted: |a, clock| a.claim("iat", secs(clock, 0));
    iat_300_seconds_ago_is_accepted: |a, clock| a.claim("iat", secs(clock, -300));
    nbf_now_is_accepted: |a, clock| a.claim("nbf", secs(clock, 0));
    claims_that_are_not_known_are_accepted: |a, _| a.claim("tenant", json!("x"));
}

refused! {
    rs256_is_refused: "the header alg has to be RS384 or ES384", |a, _| a.header(|h| h.alg = Algorithm::RS256);
    a_missing_typ_is_refused: TYPE, |a, _| a.header(|h| h.typ = None);
    another_typ_is_refused: TYPE, |a, _| a.header(|h| h.typ = Some("jwt".to_owned()));
    a_missing_kid_is_refused: "the header kid is missing", |a, _| a.header(|h| h.kid = None);
    an_unknown_kid_is_refused: "0 keys of the JWKS have the kid other and the kty RSA; it has to be exactly one", |a, _| a.header(|h| h.kid = Some("other".to_owned()));
    the_kid_of_a_key_of_another_kind_is_refused: "0 keys of the JWKS have the kid ec and the kty RSA; it has to be exactly one", |a, _| a.header(|h| h.kid = Some("ec".to_owned()));
    a_jku_without_a_registered_url_is_refused: "the header jku does not belong here: the keys of this client are registered by value", |a, _| a.header(|h| h.jku = Some("http://127.0.0.1/jwks".to_owned()));
    a_critical_extension_is_refused: "the header crit names extensions, and this server knows none (RFC 7515, section 4.1.11)", |a, _| a.header(|h| h.crit = Some(vec!["exp".to_owned()]));
    a_missing_iss_is_refused: "the claim iss has to be a text that is not empty", |a, _| a.claim("iss", Value::Null);
    an_iss_of_nobody_is_refused: "The claim iss is nobody, and no client has this id.", |a, _| a.claim("iss", json!("nobody"));
    a_missing_sub_is_refused: "the claim sub has to be a text that is not empty", |a, _| a.claim("sub", Value::Null);
    another_sub_is_refused: SUBJECT, |a, _| a.claim("sub", json!("nobody"));
    a_missing_aud_is_refused: AUDIENCE, |a, _| a.claim("aud", Value::Null);
    another_aud_is_refused: AUDIENCE, |a, _| a.claim("aud", json!("https://ehr.example.com/token"));
    a_list_as_aud_is_refused: "aud has to be the token endpoint's URL, {token}, as one text (strict check assertion-audience)", |a, _| { let aud = json!([a.claims["aud"]]); a.claim("aud", aud) };
    a_missing_exp_is_refused: EXP, |a, _| a.claim("exp", Value::Null);
    a_fractional_exp_is_refused: EXP, |a, clock| a.claim("exp", json!(clock.now().as_secs() as f64 + 60.5));
    exp_as_text_is_refused: EXP, |a, clock| a.claim("exp", json!(secs(clock, 60).to_string()));
    exp_now_is_refused: "the assertion has expired: exp is {now}, and the time of this server is {now}", |a, clock| a.claim("exp", secs(clock, 0));
    exp_in_301_seconds_is_refused: "exp is 301 seconds ahead; 300 are allowed", |a, clock| a.claim("exp", secs(clock, 301));
    nbf_in_the_future_is_refused: "the claim nbf is 1 s in the future: the time of this server is {now}", |a, clock| a.claim("nbf", secs(clock, 1));
    nbf_as_text_is_refused: "the claim nbf has to be a whole number of seconds since 1970", |a, _| a.claim("nbf", json!("now"));
    iat_in_the_future_is_refused: "the claim iat is 1 s in the future: the time of this server is {now}", |a, clock| a.claim("iat", secs(clock, 1));
    iat_as_text_is_refused: "the claim iat has to be a whole number of seconds since 1970", |a, _| a.claim("iat", json!("now"));
    iat_301_seconds_ago_is_refused: "iat is more than 300 seconds ago (strict check assertion-age)", |a, clock| a.claim("iat", secs(clock, -301));
    a_missing_jti_is_refused: JTI, |a, _| a.claim("jti", Value::Null);
    an_empty_jti_is_refused: JTI, |a, _| a.claim("jti", json!(""));
}

#[actix_web::test]
async fn exp_in_milliseconds_is_refused_as_far_ahead() {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let millis = clock.now().as_millis();
    let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock).claim("exp", json!(millis));
    let ahead = millis - clock.now().as_secs();
    outcome(&sandbox, &assertion).await.is_refusal(
        401,
        "invalid_client",
        &format!("exp is {ahead} seconds ahead; 300 are allowed"),
    );
}

#[actix_web::test]
async fn the_iss_of_another_client_is_refused_beside_the_own_sub() {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    sandbox.register(SandboxClient::private_key_jwt("other", CALLBACK, Jwks::Value(jwks())));
    let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock).claim("iss", json!("other"));
    outcome(&sandbox, &assertion).await.is_refusal(
        401,
        "invalid_client",
        "iss and sub have to be the client id, other",
    );
}

#[actix_web::test]
async fn a_typ_of_another_kind_of_token_is_refused_by_real_ehrs_too() {
    let clock = ManualClock::default();
    let builder = SandboxServer::builder().clock(clock.clone());
    let sandbox = builder.client(client(Kind::Rsa)).start().unwrap();
    let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock).header(|header| header.typ = Some("at+jwt".to_owned()));
    outcome(&sandbox, &assertion)
        .await
        .is_refusal(401, "invalid_client", "the header typ has to be JWT");
}

#[actix_web::test]
async fn a_jti_works_once() {
    const USED: &str = "This jti has been used: every request needs a new assertion.";
    let (sandbox, clock) = sandbox(Kind::Ec);
    let assertion = Assertion::new(Kind::Ec, &sandbox, &clock);
    outcome(&sandbox, &assertion).await.is_error(400, "invalid_grant");
    outcome(&sandbox, &assertion)
        .await
        .is_refusal(401, "invalid_client", USED);
    outcome(&sandbox, &assertion.claim("exp", secs(&clock, 100)))
        .await
        .is_refusal(401, "invalid_client", USED);
}

/// The outcome of an assertion whose text is spoiled after it was signed.
async fn spoiled(kind: Kind, change: impl FnOnce(&str) -> String) -> Answer {
    let (sandbox, clock) = sandbox(kind);
    let jwt = Assertion::new(kind, &sandbox, &clock).sign();
    let form = refresh("unknown").with("client_assertion_type", ASSERTION_TYPE);
    form.with("client_assertion", &change(&jwt))
        .post(&sandbox.token_endpoint(), &[])
        .await
}

#[actix_web::test]
async fn a_changed_claim_breaks_the_signature() {
    for (kind, kid) in [(Kind::Rsa, "rsa"), (Kind::Ec, "ec")] {
        let answer = spoiled(kind, |jwt| {
            let (signed, signature) = jwt.rsplit_once('.').unwrap();
            let (header, claims) = signed.split_once('.').unwrap();
            let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            let changed = URL_SAFE_NO_PAD.encode(claims.replace("jti-", "jti:"));
            format!("{header}.{changed}.{signature}")
        })
        .await;
        answer.is_refusal(
            401,
            "invalid_client",
            &format!("the signature is wrong: it is not that of the published key {kid}"),
        );
    }
}

#[actix_web::test]
async fn an_es384_signature_in_der_is_refused_and_the_text_says_what_it_has_to_be() {
    let answer = spoiled(Kind::Ec, |jwt| {
        let (signed, _) = jwt.rsplit_once('.').unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 102]))
    })
    .await;
    answer.is_refusal(
        401,
        "invalid_client",
        "the signature has 102 bytes; of ES384 it has 96, r and s one after the other, not in DER (RFC 7518, section 3.4)",
    );
}

#[actix_web::test]
async fn what_is_no_jwt_is_refused() {
    for text in ["no.jwt", "a.b.c", "", "a.b.c.d"] {
        let why = match text {
            "" => "client_assertion is missing.",
            _ => "the assertion is not a signed JWT",
        };
        spoiled(Kind::Rsa, |_| text.to_owned())
            .await
            .is_refusal(401, "invalid_client", why);
    }
}

/// Spoils a form that has a faultless assertion.
async fn form_refused(text: &str, change: fn(Form) -> Form, headers: &[(&str, &str)]) {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let form = change(Assertion::new(Kind::Rsa, &sandbox, &clock).attach(&refresh("unknown")));
    form.post(&sandbox.token_endpoint(), headers)
        .await
        .is_refusal(401, "invalid_client", text);
}

#[actix_web::test]
async fn an_assertion_comes_alone_and_with_its_type() {
    const ALONE: &str = "The assertion names the client; client_id and client_secret do not belong here.";
    let strict = format!("{ALONE} (strict check one-client-id)");
    form_refused(&strict, |f| f.with("client_id", CLIENT), &[]).await;
    form_refused(ALONE, |f| f.with("client_secret", SECRET), &[]).await;
    let right = format!("client_assertion_type has to be {ASSERTION_TYPE}.");
    form_refused(&right, |f| f.without("client_assertion_type"), &[]).await;
    form_refused(&right, |f| f.with("client_assertion_type", "jwt"), &[]).await;
    let missing = "client_assertion is missing.";
    form_refused(missing, |f| f.without("client_assertion"), &[]).await;
    let both = "Client credentials belong into the Authorization header or into the body, not into both.";
    form_refused(both, |f| f, &[("authorization", &basic(CLIENT, ""))]).await;
}

#[actix_web::test]
async fn a_client_id_beside_an_assertion_has_to_be_the_same() {
    let clock = ManualClock::default();
    let builder = SandboxServer::builder().clock(clock.clone());
    let sandbox = builder.client(client(Kind::Rsa)).start().unwrap();
    for (client_id, status) in [(CLIENT, 400), ("other", 401)] {
        let form = Assertion::new(Kind::Rsa, &sandbox, &clock).attach(&refresh("unknown"));
        let answer = form
            .with("client_id", client_id)
            .post(&sandbox.token_endpoint(), &[])
            .await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 401 {
            answer.is_refusal(
                401,
                "invalid_client",
                "client_id names another client than the assertion.",
            );
        }
    }
}

#[actix_web::test]
async fn an_assertion_of_a_client_without_a_key_is_refused() {
    for (kind, text) in [
        (Kind::Public, "A public client must not send a client_assertion."),
        (
            Kind::Secret,
            "This client is registered with a secret: it has to authenticate with HTTP Basic.",
        ),
    ] {
        let (sandbox, clock) = sandbox(kind);
        let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock);
        outcome(&sandbox, &assertion)
            .await
            .is_refusal(401, "invalid_client", text);
    }
}

#[actix_web::test]
async fn a_server_that_takes_one_algorithm_refuses_the_other() {
    let clock = ManualClock::default();
    let builder = strict().clock(clock.clone()).client(client(Kind::Rsa));
    let only = Peculiarity::OneAssertionAlgorithm("ES384".to_owned());
    let sandbox = builder.peculiarity(only).start().unwrap();
    outcome(&sandbox, &Assertion::new(Kind::Rsa, &sandbox, &clock))
        .await
        .is_refusal(
            401,
            "invalid_client",
            "This server takes assertions with the alg ES384 only.",
        );
    outcome(&sandbox, &Assertion::new(Kind::Ec, &sandbox, &clock))
        .await
        .is_error(400, "invalid_grant");
}

#[actix_web::test]
async fn the_revocation_endpoint_takes_its_own_url_as_aud_too() {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let url = sandbox.revocation_endpoint();
    for aud in [sandbox.token_endpoint(), url.clone()] {
        let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock).claim("aud", json!(aud));
        assert_eq!(
            assertion
                .attach(&Form::of(&[("token", "x")]))
                .post(&url, &[])
                .await
                .status,
            200
        );
    }
    let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock).claim("aud", json!(url));
    outcome(&sandbox, &assertion)
        .await
        .is_refusal(401, "invalid_client", &filled(AUDIENCE, &sandbox));
}
