//! One test per rule for the keys of a client: its JWKS, by value and by URL.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
};

use actix_smart_auth::sandbox::{Jwks, SandboxClient};
use serde_json::{Value, json};

use crate::support::*;

/// An assertion of a client that has registered this JWKS.
async fn with_key_set(kind: Kind, jwks: Jwks) -> Answer {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::private_key_jwt(CLIENT, CALLBACK, jwks));
    outcome(&sandbox, &Assertion::new(kind, &sandbox, &clock)).await
}

async fn refused(text: &str, kind: Kind, keys: Value) {
    let answer = with_key_set(kind, Jwks::Value(json!({ "keys": keys }))).await;
    answer.is_refusal(401, "invalid_client", text);
}

fn rsa() -> Value {
    jwks()["keys"][0].clone()
}

fn ec() -> Value {
    jwks()["keys"][1].clone()
}

fn with(mut key: Value, name: &str, value: &str) -> Value {
    key[name] = json!(value);
    key
}

macro_rules! refused {
    ($($name:ident: $text:literal, $kind:ident, $keys:tt;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            refused($text, Kind::$kind, json!($keys)).await;
        }
    )*};
}

refused! {
    two_keys_of_one_kid_are_refused: "2 keys of the JWKS have the kid rsa and the kty RSA; it has to be exactly one", Rsa, [rsa(), rsa()];
    no_key_at_all_is_refused: "0 keys of the JWKS have the kid rsa and the kty RSA; it has to be exactly one", Rsa, [];
    a_private_key_is_refused: "the JWKS publishes a private or secret key: take it out and make a new one", Rsa, [with(rsa(), "d", "AQAB")];
    a_private_key_beside_the_right_one_is_refused: "the JWKS publishes a private or secret key: take it out and make a new one", Rsa, [rsa(), with(ec(), "d", "AQAB")];
    a_secret_key_beside_the_right_one_is_refused: "the JWKS publishes a private or secret key: take it out and make a new one", Rsa, [rsa(), {"kty": "oct", "k": "AQAB"}];
    a_key_for_encryption_is_refused: "the key does not fit: its use is not sig", Rsa, [with(rsa(), "use", "enc")];
    a_key_for_another_algorithm_is_refused: "the key does not fit: its alg is not the one in the header", Rsa, [with(rsa(), "alg", "RS256")];
    an_rsa_key_of_few_bits_is_refused: "the key does not fit: it has less than 2048 bits", Rsa, [with(rsa(), "n", "AQAB")];
    an_rsa_key_without_an_exponent_is_refused: "the key does not fit: it is not a JWK", Rsa, [without(rsa(), "e")];
    a_key_of_p_256_is_refused_for_es384: "the key does not fit: its curve is not P-384", Ec, [with(ec(), "crv", "P-256")];
    another_key_under_the_same_kid_is_refused: "the signature is wrong: it is not that of the published key ec", Ec, [with(ec(), "x", &"A".repeat(64))];
}

fn without(mut key: Value, name: &str) -> Value {
    key.as_object_mut().unwrap().remove(name);
    key
}

#[actix_web::test]
async fn a_jwks_without_keys_is_refused() {
    for document in [json!({}), json!({"keys": {}}), json!([])] {
        with_key_set(Kind::Rsa, Jwks::Value(document)).await.is_refusal(
            401,
            "invalid_client",
            "the JWKS has no member keys",
        );
    }
}

/// Answers every request so.
fn serve(status: &'static str, body: String) -> String {
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
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close");
            write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    url
}

#[actix_web::test]
async fn keys_registered_by_url_are_fetched_and_jku_has_to_be_that_url() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = serve("200 OK", jwks().to_string());
    sandbox.register(SandboxClient::private_key_jwt(CLIENT, CALLBACK, Jwks::Url(url.clone())));
    let assertion = || Assertion::new(Kind::Rsa, &sandbox, &clock);
    outcome(&sandbox, &assertion()).await.is_error(400, "invalid_grant");
    let right = assertion().header(|h| h.jku = Some(url.clone()));
    outcome(&sandbox, &right).await.is_error(400, "invalid_grant");
    let wrong = assertion().header(|h| h.jku = Some(format!("{url}?")));
    outcome(&sandbox, &wrong).await.is_refusal(
        401,
        "invalid_client",
        &format!("the header jku has to be the registered JWKS URL, {url}"),
    );
}

#[actix_web::test]
async fn a_jwks_url_that_does_not_lead_to_keys_is_refused_and_the_text_says_what_came() {
    let unread = |url: &str| format!("the JWKS could not be read from {url}: ");
    for (status, body, reason) in [
        ("404 Not Found", "{}", "the answer was 404 Not Found"),
        ("302 Found", "{}", "the answer was 302 Found"),
        ("200 OK", "<html>", "expected value at line 1 column 1"),
    ] {
        let url = serve(status, body.to_owned());
        with_key_set(Kind::Rsa, Jwks::Url(url.clone())).await.is_refusal(
            401,
            "invalid_client",
            &(unread(&url) + reason),
        );
    }
    let url = serve("200 OK", "{}".to_owned());
    with_key_set(Kind::Rsa, Jwks::Url(url))
        .await
        .is_refusal(401, "invalid_client", "the JWKS has no member keys");
    let nobody = "http://127.0.0.1:1/";
    let answer = with_key_set(Kind::Rsa, Jwks::Url(nobody.to_owned())).await;
    answer.is_error(401, "invalid_client");
    assert!(
        answer.text("error_description").starts_with(&unread(nobody)),
        "{answer:?}"
    );
}

/// The listener takes the connection and says nothing. It waits for five seconds of real time, as the limit has no clock.
#[actix_web::test]
async fn a_silent_jwks_url_is_refused_after_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    with_key_set(Kind::Rsa, Jwks::Url(url.clone())).await.is_refusal(
        401,
        "invalid_client",
        &format!("the JWKS could not be read from {url}: no answer within 5 seconds"),
    );
}
