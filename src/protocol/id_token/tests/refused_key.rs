//! Keys that do not fit the token, and signatures that do not fit the key.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::support::*;
use crate::protocol::id_token::{IdTokenError, KeyProblem};

fn refused(token: &str, keys: &[Value]) -> IdTokenError {
    verified(token, &key_set(keys), &expected()).unwrap_err()
}

fn named() -> String {
    rs256().sign(&header(), &claims())
}

fn nameless_token() -> String {
    rs256().sign(&json!({ "alg": "RS256" }), &claims())
}

fn es256() -> Value {
    Signer::new(Algorithm::ES256).jwk("e")
}

#[test]
fn a_key_that_is_not_in_the_set_is_refused_also_when_another_would_fit() {
    assert_eq!(refused(&named(), &[rs256().jwk("k2")]), IdTokenError::UnknownKey);
    assert_eq!(refused(&named(), &[rs256().jwk("K1")]), IdTokenError::UnknownKey);
    let no_key_without_name = [rs256().jwk("k2"), es256()];
    assert_eq!(refused(&named(), &no_key_without_name), IdTokenError::UnknownKey);
}

#[test]
fn a_token_without_key_name_is_refused_where_no_key_fits() {
    let p384 = Signer::new(Algorithm::ES384).jwk("x");
    assert_eq!(refused(&nameless_token(), &[es256(), p384]), IdTokenError::NoFittingKey);
    assert_eq!(refused(&nameless_token(), &[es256()]), IdTokenError::OtherKeyFamily);
}

#[test]
fn a_key_of_another_family_is_refused() {
    for (alg, key) in [
        ("RS256", es256()),
        ("PS256", es256()),
        ("ES256", rs256().jwk("k1")),
        ("ES256", Signer::new(Algorithm::ES384).jwk("k1")),
        ("ES384", es256()),
        ("EdDSA", es256()),
        ("ES512", es256()),
        ("ES512", Signer::new(Algorithm::ES384).jwk("k1")),
        ("ES384", Signer::es512().jwk("k1")),
        ("RS256", Signer::new(Algorithm::EdDSA).jwk("k1")),
    ] {
        let token = rs256().sign(&json!({ "alg": alg, "kid": "k1" }), &claims());
        let key = with(key, "kid", json!("k1"));
        assert_eq!(refused(&token, &[key]), IdTokenError::OtherKeyFamily, "{alg}");
    }
}

#[test]
fn a_key_for_another_algorithm_is_refused_although_the_signature_is_good() {
    for (own, token) in [
        ("RS384", named()),
        ("PS256", named()),
        (
            "RS256",
            Signer::new(Algorithm::PS256).sign(&json!({ "alg": "PS256", "kid": "k1" }), &claims()),
        ),
    ] {
        let key = with(rs256().jwk("k1"), "alg", json!(own));
        assert_eq!(refused(&token, &[key]), IdTokenError::OtherKeyAlgorithm, "{own}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_the_reason() {
    let key = || rs256().jwk("k1");
    for (key, problem) in [
        (with(key(), "use", json!("enc")), KeyProblem::NotForSignatures),
        (with(key(), "key_ops", json!(["encrypt"])), KeyProblem::NotForSignatures),
        (with(key(), "alg", json!("RSA-OAEP")), KeyProblem::UnknownAlgorithm),
        (with(key(), "alg", json!("ES256")), KeyProblem::OtherFamily),
        (with(key(), "d", json!("AQAB")), KeyProblem::Private),
        (with(key(), "n", Value::Null), KeyProblem::Missing("n")),
        (weak_rsa("k1"), KeyProblem::Weak),
        (
            json!({ "kty": "oct", "kid": "k1", "k": "c2VjcmV0" }),
            KeyProblem::Symmetric,
        ),
    ] {
        let error = refused(&named(), &[es256(), key]);
        assert_eq!(error, IdTokenError::UnusableKey(problem));
        assert!(error.wants_newer_keys());
    }
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let forged = Signer::other_rsa().sign(&header(), &claims());
    assert_eq!(refused(&forged, &[rs256().jwk("k1")]), IdTokenError::BadSignature);
    let p256 = Signer::new(Algorithm::ES256);
    for (alg, key) in [("ES256", p256.jwk("k1")), ("RS256", rs256().jwk("k1"))] {
        let token = p256.sign(&json!({ "alg": alg, "kid": "k1" }), &claims());
        let result = verified(&token, &key_set(&[key]), &expected());
        assert_eq!(result.is_ok(), alg == "ES256", "{alg}");
    }
}

#[test]
fn a_signature_by_another_algorithm_of_the_same_key_is_refused() {
    for (alg, algorithm) in [
        ("RS256", Algorithm::PS256),
        ("PS256", Algorithm::RS256),
        ("RS384", Algorithm::RS256),
        ("RS512", Algorithm::RS384),
    ] {
        let token = Signer::new(algorithm).sign(&json!({ "alg": alg, "kid": "k1" }), &claims());
        let key = with(rs256().jwk("k1"), "alg", Value::Null);
        assert_eq!(refused(&token, &[key]), IdTokenError::BadSignature, "{alg}");
    }
}

#[test]
fn a_signature_that_is_empty_cut_padded_or_of_zeros_is_refused() {
    let es256_token = Signer::new(Algorithm::ES256).sign(&json!({ "alg": "ES256" }), &claims());
    let es512_token = Signer::es512().sign(&json!({ "alg": "ES512" }), &claims());
    for (token, key) in [
        (nameless_token(), rs256().jwk("k1")),
        (es256_token, es256()),
        (es512_token, Signer::es512().jwk("e")),
    ] {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature).unwrap();
        let mut longer = signature.clone();
        longer.push(0);
        for bad in [
            vec![],
            signature[1..].to_vec(),
            longer,
            vec![0; signature.len()],
            vec![0xff; signature.len()],
        ] {
            let token = format!("{signed}.{}", encode(&bad));
            assert_eq!(
                refused(&token, std::slice::from_ref(&key)),
                IdTokenError::BadSignature,
                "{} bytes",
                bad.len()
            );
        }
    }
}

#[test]
fn claims_of_one_token_under_the_signature_of_another_are_refused() {
    let mine = named();
    let theirs = rs256().sign(&header(), &claims_with("sub", json!("admin")));
    let (signed, _) = theirs.rsplit_once('.').unwrap();
    let (_, signature) = mine.rsplit_once('.').unwrap();
    assert_eq!(
        refused(&format!("{signed}.{signature}"), &[rs256().jwk("k1")]),
        IdTokenError::BadSignature
    );
}

#[test]
fn the_claims_are_not_looked_at_before_the_signature() {
    let forged = Signer::other_rsa().sign(&header(), &json!([]));
    assert_eq!(refused(&forged, &[rs256().jwk("k1")]), IdTokenError::BadSignature);
}

#[test]
fn newer_keys_are_wanted_only_where_they_could_help() {
    for helps in [
        IdTokenError::UnknownKey,
        IdTokenError::NoFittingKey,
        IdTokenError::UnusableKey(KeyProblem::Weak),
        IdTokenError::OtherKeyFamily,
        IdTokenError::OtherKeyAlgorithm,
        IdTokenError::BadSignature,
    ] {
        assert!(helps.wants_newer_keys(), "{helps:?}");
    }
    for in_vain in [
        IdTokenError::NotThreeParts,
        IdTokenError::Unsigned,
        IdTokenError::SymmetricAlgorithm,
        IdTokenError::MalformedKeyId,
        IdTokenError::DuplicateKey,
        IdTokenError::AmbiguousKey,
        IdTokenError::MissingIssuer,
        IdTokenError::Expired {
            ago: Duration::MAX,
            issued_ago: None,
        },
        IdTokenError::OtherNonce,
    ] {
        assert!(!in_vain.wants_newer_keys(), "{in_vain:?}");
    }
}
