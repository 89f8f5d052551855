//! Key sets: which are read, and which keys of them.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::support::*;
use crate::protocol::id_token::{KeyProblem, KeySet, KeySetError};

fn refused(body: &str) -> KeySetError {
    KeySet::parse(body.as_bytes()).unwrap_err()
}

#[test]
fn a_body_that_is_no_key_set_is_refused() {
    for (body, error) in [
        ("", KeySetError::Empty),
        (" \r\n", KeySetError::Empty),
        ("<html>", KeySetError::NotJson),
        ("{\"keys\":[", KeySetError::NotJson),
        ("[]", KeySetError::NotAnObject),
        ("null", KeySetError::NotAnObject),
        ("{\"keys\":[],\"keys\":[]}", KeySetError::RepeatedMember),
        ("{}", KeySetError::NoKeysMember),
        ("{\"keys\":null}", KeySetError::NoKeysMember),
        ("{\"keys\":{}}", KeySetError::KeysNotAnArray),
        ("{\"keys\":[]}", KeySetError::NoKey),
        (
            "{\"keys\":[1]}",
            KeySetError::NoUsableKey {
                first: KeyProblem::NotAnObject,
            },
        ),
    ] {
        assert_eq!(refused(body), error, "{body}");
    }
}

#[test]
fn a_set_with_a_byte_order_mark_is_read() {
    let set = json!({ "keys": [rs256().jwk("k1")] });
    assert_eq!(KeySet::parse(format!("\u{feff}{set}").as_bytes()).unwrap().len(), 1);
    assert_eq!(refused("\u{feff}"), KeySetError::Empty);
}

#[test]
fn a_set_has_at_most_128_keys() {
    let of = |count| {
        let keys: Vec<_> = (0..count).map(|at| rs256().jwk(&at.to_string())).collect();
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    };
    assert_eq!(of(128).unwrap().len(), 128);
    assert_eq!(of(129).unwrap_err(), KeySetError::TooManyKeys { count: 129 });
}

#[test]
fn a_key_that_cannot_be_used_spoils_no_other_one() {
    let rsa = || rs256().jwk("k1");
    let p256 = || Signer::new(Algorithm::ES256).jwk("e");
    let p521 = || Signer::es512().jwk("e");
    let ed = || Signer::new(Algorithm::EdDSA).jwk("o");
    let of_zeros = |bytes| encode(vec![0_u8; bytes]);
    let bad = [
        (json!("key"), KeyProblem::NotAnObject),
        (with(rsa(), "kid", json!(1)), KeyProblem::Malformed("kid")),
        (with(rsa(), "kty", Value::Null), KeyProblem::Missing("kty")),
        (with(rsa(), "kty", json!(1)), KeyProblem::Malformed("kty")),
        (with(rsa(), "kty", json!("rsa")), KeyProblem::UnknownType),
        (json!({ "kty": "oct", "k": "AAAA" }), KeyProblem::Symmetric),
        (with(rsa(), "d", json!("AQAB")), KeyProblem::Private),
        (with(p256(), "d", json!("AQAB")), KeyProblem::Private),
        (with(rsa(), "use", json!("enc")), KeyProblem::NotForSignatures),
        (with(rsa(), "use", json!(["sig"])), KeyProblem::Malformed("use")),
        (with(rsa(), "key_ops", json!(["sign"])), KeyProblem::NotForSignatures),
        (with(rsa(), "key_ops", json!([])), KeyProblem::NotForSignatures),
        (
            with(rsa(), "key_ops", json!("verify")),
            KeyProblem::Malformed("key_ops"),
        ),
        (with(rsa(), "alg", json!("RSA-OAEP-256")), KeyProblem::UnknownAlgorithm),
        (with(rsa(), "alg", json!("none")), KeyProblem::UnknownAlgorithm),
        (with(rsa(), "alg", json!("HS256")), KeyProblem::UnknownAlgorithm),
        (with(rsa(), "alg", json!(256)), KeyProblem::Malformed("alg")),
        (with(rsa(), "alg", json!("ES256")), KeyProblem::OtherFamily),
        (with(p256(), "alg", json!("ES384")), KeyProblem::OtherFamily),
        (with(rsa(), "n", Value::Null), KeyProblem::Missing("n")),
        (with(rsa(), "e", Value::Null), KeyProblem::Missing("e")),
        (with(rsa(), "n", json!(5)), KeyProblem::Malformed("n")),
        (with(rsa(), "n", json!("a+b/")), KeyProblem::Malformed("n")),
        (with(rsa(), "e", json!("")), KeyProblem::Malformed("e")),
        (with(rsa(), "e", json!("AAAA")), KeyProblem::Malformed("e")),
        // An exponent of 1, 2, 2^32 + 1.
        (with(rsa(), "e", json!("AQ")), KeyProblem::NotAKey),
        (with(rsa(), "e", json!("Ag")), KeyProblem::NotAKey),
        (with(rsa(), "e", json!("AQAAAAE")), KeyProblem::NotAKey),
        (with(rsa(), "n", json!(encode([0xfe; 256]))), KeyProblem::NotAKey),
        (weak_rsa("w"), KeyProblem::Weak),
        (with(rsa(), "n", json!(encode([0x7f; 256]))), KeyProblem::Weak),
        (with(rsa(), "n", json!(encode([0xff; 1025]))), KeyProblem::TooLarge),
        (with(p256(), "crv", json!("P-521")), KeyProblem::NotAKey),
        (with(p256(), "crv", json!("P-224")), KeyProblem::UnknownCurve),
        (with(p256(), "alg", json!("ES512")), KeyProblem::OtherFamily),
        (with(p521(), "alg", json!("ES384")), KeyProblem::OtherFamily),
        (with(p521(), "crv", json!("P-384")), KeyProblem::Malformed("x")),
        (with(p521(), "d", json!("AQAB")), KeyProblem::Private),
        (with(p256(), "crv", json!("secp256k1")), KeyProblem::UnknownCurve),
        (with(p256(), "crv", json!("Ed25519")), KeyProblem::UnknownCurve),
        (with(ed(), "crv", json!("X25519")), KeyProblem::UnknownCurve),
        (with(p256(), "crv", Value::Null), KeyProblem::Missing("crv")),
        (with(p256(), "y", Value::Null), KeyProblem::Missing("y")),
        (with(p256(), "x", json!(of_zeros(32))), KeyProblem::Malformed("x")),
        (with(p256(), "x", json!(encode([1; 33]))), KeyProblem::Malformed("x")),
        (with(p256(), "x", json!(encode([1; 32]))), KeyProblem::NotAKey),
        (with(p256(), "crv", json!("P-384")), KeyProblem::NotAKey),
        (with(ed(), "x", json!(encode([1; 31]))), KeyProblem::Malformed("x")),
    ];
    for (key, problem) in bad {
        let alone = KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes());
        assert_eq!(alone.unwrap_err(), KeySetError::NoUsableKey { first: problem }, "{key}");
        let set = key_set(&[rs256().jwk("good"), key.clone()]);
        assert_eq!(set.len(), 1, "{key}");
        assert_eq!(set.problems().collect::<Vec<_>>(), [(1, problem)], "{key}");
        let token = rs256().sign(&json!({ "alg": "RS256", "kid": "good" }), &claims());
        assert!(verified(&token, &set, &expected()).is_ok(), "{key}");
    }
}

#[test]
fn an_rsa_key_has_2048_to_8192_bits() {
    let of = |n: &[u8]| {
        KeySet::parse(
            json!({ "keys": [{ "kty": "RSA", "e": "AQAB", "n": encode(n) }] })
                .to_string()
                .as_bytes(),
        )
    };
    let first = |first: u8, bytes: usize| {
        let mut n = vec![0xff; bytes];
        n[0] = first;
        n
    };
    assert!(of(&first(0x80, 256)).is_ok());
    assert_eq!(
        of(&first(0x7f, 256)).unwrap_err(),
        KeySetError::NoUsableKey {
            first: KeyProblem::Weak
        }
    );
    assert!(of(&first(0xff, 1024)).is_ok());
    assert_eq!(
        of(&first(0x01, 1025)).unwrap_err(),
        KeySetError::NoUsableKey {
            first: KeyProblem::TooLarge
        }
    );
}

#[test]
fn numbers_with_padding_or_another_count_of_leading_zeros_are_the_same_key() {
    let decode = |text: &Value| {
        base64::Engine::decode(
            &base64::engine::general_purpose::URL_SAFE_NO_PAD,
            text.as_str().unwrap(),
        )
        .unwrap()
    };
    let rsa = rs256().jwk("k1");
    let mut n = vec![0];
    n.extend(decode(&rsa["n"]));
    let mut e = vec![0];
    e.extend(decode(&rsa["e"]));
    let padded = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE, &n);
    assert!(padded.ends_with('='));
    let written = with(with(rsa, "n", json!(padded)), "e", json!(encode(e)));
    let token = rs256().sign(&header(), &claims());
    assert!(verified(&token, &key_set(&[written]), &expected()).is_ok());

    let pem = jsonwebtoken::EncodingKey::from_ec_pem(p384_with_leading_zero().as_bytes()).unwrap();
    let mut key =
        serde_json::to_value(jsonwebtoken::jwk::Jwk::from_encoding_key(&pem, Algorithm::ES384).unwrap()).unwrap();
    let x = decode(&key["x"]);
    assert_eq!(x[0], 0);
    key["x"] = json!(encode(&x[1..]));
    assert_eq!(key_set(&[key]).len(), 1);
}

#[test]
fn debug_output_of_a_set_is_short() {
    let set = key_set(&[rs256().jwk("k1"), json!(1)]);
    assert_eq!(format!("{set:?}"), "KeySet { usable: 1, problems: [(1, NotAnObject)] }");
}

#[test]
fn an_exponent_has_at_most_four_bytes() {
    let set = |exponent: &[u8]| {
        let mut key = rs256().jwk("k1");
        key["e"] = json!(encode(exponent));
        KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes())
    };
    assert_eq!(set(&[0x80, 0, 0, 1]).unwrap().len(), 1);
    assert!(set(&[1, 0, 0, 0, 1]).is_err());
}
