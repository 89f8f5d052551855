//! Which keys are tried where the name of the token's key leaves several, and how many.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::support::*;
use crate::protocol::id_token::{IdTokenClaims, IdTokenError, KeyProblem};

fn tried(token: &str, keys: &[Value]) -> Result<IdTokenClaims, IdTokenError> {
    verified(token, &key_set(keys), &expected())
}

/// A token of the key `k1`.
fn named() -> String {
    rs256().sign(&header(), &claims())
}

fn no_kid() -> String {
    rs256().sign(&json!({ "alg": "RS256" }), &claims())
}

fn all_named(keys: Vec<Value>, kid: &str) -> Vec<Value> {
    keys.into_iter().map(|key| with(key, "kid", json!(kid))).collect()
}

/// So many keys, of which the last has signed.
fn and_the_right_one(mut others: Vec<Value>) -> Vec<Value> {
    others.push(nameless(rs256().jwk("k1")));
    others
}

#[test]
fn the_second_of_two_keys_of_one_name_verifies_a_token() {
    for keys in [
        [Signer::other_rsa().jwk("k1"), rs256().jwk("k1")],
        [rs256().jwk("k1"), Signer::other_rsa().jwk("k1")],
    ] {
        assert!(tried(&named(), &keys).is_ok());
    }
    let forged = [Signer::other_rsa().jwk("k1"), strangers(0..1)[0].clone()];
    assert_eq!(tried(&named(), &forged).unwrap_err(), IdTokenError::BadSignature);
}

#[test]
fn a_key_of_another_name_is_not_tried_beside_one_of_that_name() {
    for other in [rs256().jwk("k2"), nameless(rs256().jwk("k1"))] {
        let keys = [Signer::other_rsa().jwk("k1"), other];
        assert_eq!(tried(&named(), &keys).unwrap_err(), IdTokenError::BadSignature);
    }
}

#[test]
fn four_keys_of_a_name_are_tried_and_five_refused() {
    let four = all_named(and_the_right_one(strangers(0..3)), "k1");
    assert_eq!(four.len(), 4);
    assert!(tried(&named(), &four).is_ok());
    let five = all_named(and_the_right_one(strangers(0..4)), "k1");
    assert_eq!(tried(&named(), &five).unwrap_err(), IdTokenError::DuplicateKey);
}

#[test]
fn only_keys_that_fit_count_and_each_of_them_once() {
    let mut keys = all_named(and_the_right_one(strangers(0..3)), "k1");
    keys.extend(all_named(strangers(0..3), "k1"));
    keys.push(Signer::new(Algorithm::ES256).jwk("k1"));
    keys.push(with(rs256().jwk("k1"), "use", json!("enc")));
    keys.push(with(
        all_named(strangers(9..10), "k1")[0].clone(),
        "alg",
        json!("RS512"),
    ));
    assert!(tried(&named(), &keys).is_ok());
    keys.extend(all_named(strangers(10..11), "k1"));
    assert_eq!(tried(&named(), &keys).unwrap_err(), IdTokenError::DuplicateKey);
}

#[test]
fn a_token_without_key_name_is_verified_by_the_second_of_two_keys() {
    for keys in [
        [Signer::other_rsa().jwk("k2"), rs256().jwk("k1")],
        [nameless(Signer::other_rsa().jwk("k2")), nameless(rs256().jwk("k1"))],
    ] {
        assert!(tried(&no_kid(), &keys).is_ok());
    }
    let forged = Signer::other_rsa().sign(&json!({ "alg": "RS256" }), &claims());
    let keys = [rs256().jwk("k1"), strangers(0..1)[0].clone()];
    assert_eq!(tried(&forged, &keys).unwrap_err(), IdTokenError::BadSignature);
}

/// With names or without: the token names none.
#[test]
fn sixteen_keys_are_tried_for_a_token_without_key_name_and_seventeen_refused() {
    for name in [Value::Null, json!("a")] {
        let of = |others| -> Vec<Value> {
            let keys = and_the_right_one(strangers(0..others)).into_iter();
            keys.map(|key| with(key, "kid", name.clone())).collect()
        };
        assert_eq!(of(15).len(), 16);
        assert!(tried(&no_kid(), &of(15)).is_ok(), "{name}");
        assert_eq!(tried(&no_kid(), &of(16)).unwrap_err(), IdTokenError::AmbiguousKey);
    }
}

#[test]
fn keys_without_a_name_are_tried_for_a_name_that_no_key_has() {
    let two = [nameless(Signer::other_rsa().jwk("k2")), nameless(rs256().jwk("k1"))];
    assert!(tried(&named(), &two).is_ok());
    let forged = Signer::other_rsa().sign(&header(), &claims());
    let keys = [nameless(rs256().jwk("k1")), strangers(0..1)[0].clone()];
    assert_eq!(tried(&forged, &keys).unwrap_err(), IdTokenError::BadSignature);

    // Those that have another name stay out.
    let [stranger] = strangers(0..1).try_into().unwrap();
    let beside = [rs256().jwk("k2"), stranger];
    assert_eq!(tried(&named(), &beside).unwrap_err(), IdTokenError::BadSignature);
}

#[test]
fn sixteen_keys_without_a_name_are_tried_for_a_name_that_no_key_has_and_seventeen_refused() {
    assert!(tried(&named(), &and_the_right_one(strangers(0..15))).is_ok());
    let seventeen = and_the_right_one(strangers(0..16));
    assert_eq!(tried(&named(), &seventeen).unwrap_err(), IdTokenError::AmbiguousKey);
}

#[test]
fn a_name_that_no_key_has_is_refused_where_no_key_without_a_name_fits() {
    let es256 = || nameless(Signer::new(Algorithm::ES256).jwk("e"));
    let es384 = || nameless(Signer::new(Algorithm::ES384).jwk("e"));
    let refused = |keys: &[Value]| tried(&named(), keys).unwrap_err();
    assert_eq!(refused(&[es256(), es384()]), IdTokenError::NoFittingKey);
    assert_eq!(refused(&[es256(), rs256().jwk("k2")]), IdTokenError::OtherKeyFamily);
    let for_encryption = with(nameless(rs256().jwk("k1")), "use", json!("enc"));
    assert_eq!(refused(&[for_encryption, es384()]), IdTokenError::OtherKeyFamily);
    let unusable = nameless(weak_rsa("w"));
    assert_eq!(
        refused(&[unusable, rs256().jwk("k2")]),
        IdTokenError::UnusableKey(KeyProblem::Weak)
    );
}

#[test]
fn a_key_of_es512_is_told_from_one_of_another_size() {
    let es512 = Signer::es512();
    let token = es512.sign(&json!({ "alg": "ES512" }), &claims());
    let keys = [Signer::new(Algorithm::ES384).jwk("a"), es512.jwk("b")];
    assert!(tried(&token, &keys).is_ok());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let elsewhere = es512.sign(&json!({ "alg": "ES512" }), &claims_with("sub", json!("admin")));
    let (_, signature) = elsewhere.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{signature}");
    assert_eq!(tried(&forged, &keys).unwrap_err(), IdTokenError::BadSignature);
    assert_eq!(
        tried(&token, &[Signer::new(Algorithm::ES384).jwk("a")]).unwrap_err(),
        IdTokenError::OtherKeyFamily
    );
}
