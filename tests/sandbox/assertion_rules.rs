//! One test per rule for client assertions.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
};

use actix_smart_auth::{
    sandbox::{Jwks, SandboxClient, SandboxServer},
    time::{Clock, ManualClock},
};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::*;

/// Sends a refresh with that assertion: an accepted one gets as far as `invalid_grant`.
async fn outcome(sandbox: &SandboxServer, assertion: &Assertion) -> Answer {
    assertion
        .attach(&refresh("unknown"))
        .post(&sandbox.token_endpoint(), &[])
        .await
}

async fn refused(change: fn(Assertion, &ManualClock) -> Assertion) {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let assertion = change(Assertion::new(Kind::Rsa, &sandbox, &clock), &clock);
    outcome(&sandbox, &assertion).await.is_error(401, "invalid_client");
}

async fn accepted(change: fn(Assertion, &ManualClock) -> Assertion) {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let assertion = change(Assertion::new(Kind::Rsa, &sandbox, &clock), &clock);
    outcome(&sandbox, &assertion).await.is_error(400, "invalid_grant");
}

macro_rules! rules {
    ($($name:ident: $check:ident($change:expr);)*) => {$(
        #[actix_web::test]
        async fn $name() {
            $check($change).await;
        }
    )*};
}

fn secs(clock: &ManualClock, ahead: i64) -> Value {
    json!(clock.now().as_secs().checked_add_signed(ahead).unwrap())
}

rules! {
    a_faultless_assertion_is_accepted: accepted(|a, _| a);
    rs256_is_refused: refused(|a, _| a.header(|h| h.alg = Algorithm::RS256));
    a_missing_typ_is_refused: refused(|a, _| a.header(|h| h.typ = None));
    another_typ_is_refused: refused(|a, _| a.header(|h| h.typ = Some("jwt".to_owned())));
    a_missing_kid_is_refused: refused(|a, _| a.header(|h| h.kid = None));
    an_unknown_kid_is_refused: refused(|a, _| a.header(|h| h.kid = Some("other".to_owned())));
    the_kid_of_a_key_of_another_kind_is_refused: refused(|a, _| a.header(|h| h.kid = Some("ec".to_owned())));
    a_jku_without_a_registered_url_is_refused: refused(|a, _| a.header(|h| h.jku = Some("http://127.0.0.1/jwks".to_owned())));
    a_missing_iss_is_refused: refused(|a, _| a.claim("iss", Value::Null));
    another_iss_is_refused: refused(|a, _| a.claim("iss", json!("nobody")));
    a_missing_sub_is_refused: refused(|a, _| a.claim("sub", Value::Null));
    another_sub_is_refused: refused(|a, _| a.claim("sub", json!("nobody")));
    a_missing_aud_is_refused: refused(|a, _| a.claim("aud", Value::Null));
    another_aud_is_refused: refused(|a, _| a.claim("aud", json!("https://ehr.example.com/token")));
    a_list_as_aud_is_refused: refused(|a, _| { let aud = json!([a.claims["aud"]]); a.claim("aud", aud) });
    a_missing_exp_is_refused: refused(|a, _| a.claim("exp", Value::Null));
    a_fractional_exp_is_refused: refused(|a, clock| a.claim("exp", json!(clock.now().as_secs() as f64 + 60.5)));
    exp_as_text_is_refused: refused(|a, clock| a.claim("exp", json!(secs(clock, 60).to_string())));
    exp_now_is_refused: refused(|a, clock| a.claim("exp", secs(clock, 0)));
    exp_in_one_second_is_accepted: accepted(|a, clock| a.claim("exp", secs(clock, 1)));
    exp_in_300_seconds_is_accepted: accepted(|a, clock| a.claim("exp", secs(clock, 300)));
    exp_in_301_seconds_is_refused: refused(|a, clock| a.claim("exp", secs(clock, 301)));
    exp_in_milliseconds_is_refused: refused(|a, clock| a.claim("exp", json!(clock.now().as_millis())));
    nbf_in_the_future_is_refused: refused(|a, clock| a.claim("nbf", secs(clock, 1)));
    iat_in_the_future_is_refused: refused(|a, clock| a.claim("iat", secs(clock, 1)));
    iat_now_is_accepted: accepted(|a, clock| a.claim("iat", secs(clock, 0)));
    a_missing_jti_is_refused: refused(|a, _| a.claim("jti", Value::Null));
    an_empty_jti_is_refused: refused(|a, _| a.claim("jti", json!("")));
}

#[actix_web::test]
async fn a_jti_works_once() {
    let (sandbox, clock) = sandbox(Kind::Ec);
    let assertion = Assertion::new(Kind::Ec, &sandbox, &clock);
    outcome(&sandbox, &assertion).await.is_error(400, "invalid_grant");
    outcome(&sandbox, &assertion).await.is_error(401, "invalid_client");
    outcome(&sandbox, &assertion.claim("exp", secs(&clock, 100)))
        .await
        .is_error(401, "invalid_client");
}

#[actix_web::test]
async fn a_changed_claim_breaks_the_signature() {
    let (sandbox, clock) = sandbox(Kind::Ec);
    let one = Assertion::new(Kind::Ec, &sandbox, &clock).sign();
    let other = Assertion::new(Kind::Ec, &sandbox, &clock).sign();
    let mixed: Vec<&str> = one.split('.').take(2).chain(other.split('.').skip(2)).collect();
    let form = refresh("unknown").with("client_assertion_type", ASSERTION_TYPE);
    let answer = form
        .with("client_assertion", &mixed.join("."))
        .post(&sandbox.token_endpoint(), &[])
        .await;
    answer.is_error(401, "invalid_client");
    assert_eq!(answer.text("error_description"), "the signature is wrong");
}

#[actix_web::test]
async fn an_assertion_comes_alone_and_with_its_type() {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let form = || Assertion::new(Kind::Rsa, &sandbox, &clock).attach(&refresh("unknown"));
    let url = sandbox.token_endpoint();
    form()
        .with("client_id", CLIENT)
        .post(&url, &[])
        .await
        .is_error(401, "invalid_client");
    form()
        .without("client_assertion_type")
        .post(&url, &[])
        .await
        .is_error(401, "invalid_client");
    form()
        .with("client_assertion_type", "jwt")
        .post(&url, &[])
        .await
        .is_error(401, "invalid_client");
    form()
        .without("client_assertion")
        .post(&url, &[])
        .await
        .is_error(401, "invalid_client");
    form()
        .with("client_assertion", "no.jwt")
        .post(&url, &[])
        .await
        .is_error(401, "invalid_client");
    form()
        .post(&url, &[("authorization", &basic(CLIENT, ""))])
        .await
        .is_error(401, "invalid_client");
    form().post(&url, &[]).await.is_error(400, "invalid_grant");
}

#[actix_web::test]
async fn key_sets_that_are_ambiguous_private_or_unfit_are_refused() {
    let (sandbox, clock) = sandbox(Kind::Rsa);
    let rsa = jwks()["keys"][0].clone();
    let with = |name: &str, value: &str| {
        let mut key = rsa.clone();
        key[name] = json!(value);
        key
    };
    for keys in [
        json!([rsa, rsa]),
        json!([rsa, with("d", "AQAB")]),
        json!([with("use", "enc")]),
        json!([with("alg", "RS256")]),
        json!([with("n", "AQAB")]),
        json!([]),
    ] {
        let jwks = Jwks::Value(json!({"keys": keys}));
        sandbox.register(SandboxClient::private_key_jwt(CLIENT, CALLBACK, jwks));
        let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock);
        outcome(&sandbox, &assertion).await.is_error(401, "invalid_client");
    }
    sandbox.register(client(Kind::Public));
    let assertion = Assertion::new(Kind::Rsa, &sandbox, &clock);
    outcome(&sandbox, &assertion).await.is_error(401, "invalid_client");
}

/// Answers every request with the test client's key set.
fn serve_jwks() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            for line in BufReader::new(&stream).lines() {
                if line.unwrap().is_empty() {
                    break;
                }
            }
            let body = jwks().to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    url
}

#[actix_web::test]
async fn keys_registered_by_url_are_fetched_and_jku_has_to_be_that_url() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = serve_jwks();
    sandbox.register(SandboxClient::private_key_jwt(CLIENT, CALLBACK, Jwks::Url(url.clone())));
    let assertion = || Assertion::new(Kind::Rsa, &sandbox, &clock);
    outcome(&sandbox, &assertion()).await.is_error(400, "invalid_grant");
    let right = assertion().header(|h| h.jku = Some(url.clone()));
    outcome(&sandbox, &right).await.is_error(400, "invalid_grant");
    let wrong = assertion().header(|h| h.jku = Some(format!("{url}?")));
    outcome(&sandbox, &wrong).await.is_error(401, "invalid_client");
    sandbox.register(SandboxClient::private_key_jwt(
        CLIENT,
        CALLBACK,
        Jwks::Url("http://127.0.0.1:1/".to_owned()),
    ));
    let answer = outcome(&sandbox, &assertion()).await;
    answer.is_error(401, "invalid_client");
    assert!(answer.text("error_description").contains("http://127.0.0.1:1/"));
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
    outcome(&sandbox, &assertion).await.is_error(401, "invalid_client");
}
