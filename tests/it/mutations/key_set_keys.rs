//! The members of a key: what every key has with an RSA key, then the numbers of the other kinds.

use actix_smart_auth::error::{IdTokenError, KeyProblem};
use serde_json::{Value, json};

use super::{
    id_token::refused,
    rows::{Change::Removed, Outcome, Row, row, same, set},
    signer::{ES384, encode},
};

fn unusable(problem: KeyProblem) -> Outcome {
    refused(IdTokenError::UnusableKey(problem))
}

#[rustfmt::skip]
pub(super) fn rsa_rows() -> Vec<Row> {
    use IdTokenError::{BadSignature, OtherKeyAlgorithm, UnknownKey};
    use KeyProblem::{Malformed, Missing, NotForSignatures};
    const OPTIONAL: &str = "it is optional";
    // As long as a modulus, odd, and not the one that signed.
    let other_modulus = encode([0xc5; 256]);
    vec![
        row("kty", Removed, unusable(Missing("kty"))),
        row("kty", set(Value::Null), unusable(Missing("kty"))),
        row("kty", set(1), unusable(Malformed("kty"))),
        row("kty", set(""), unusable(KeyProblem::UnknownType)),
        row("kty", set("oct"), unusable(KeyProblem::Symmetric)),
        row("kty", set("XYZ"), unusable(KeyProblem::UnknownType)),
        row("kty", set("EC"), unusable(Missing("crv"))),

        row("kid", Removed, same("a key without a name is tried")),
        row("kid", set(Value::Null), same("it is as absent")),
        row("kid", set(1), unusable(Malformed("kid"))),
        row("kid", set(""), same("it is as absent")),
        row("kid", set("k2"), refused(UnknownKey)),

        row("use", Removed, same(OPTIONAL)),
        row("use", set(Value::Null), same(OPTIONAL)),
        row("use", set(json!(["sig"])), unusable(Malformed("use"))),
        row("use", set(""), unusable(NotForSignatures)),
        row("use", set("enc"), unusable(NotForSignatures)),

        row("key_ops", Removed, same(OPTIONAL)),
        row("key_ops", set(Value::Null), same(OPTIONAL)),
        row("key_ops", set("verify"), unusable(Malformed("key_ops"))),
        row("key_ops", set(json!([])), unusable(NotForSignatures)),
        row("key_ops", set(json!(["encrypt"])), unusable(NotForSignatures)),

        row("alg", Removed, same(OPTIONAL)),
        row("alg", set(Value::Null), same(OPTIONAL)),
        row("alg", set(1), unusable(Malformed("alg"))),
        row("alg", set(""), unusable(KeyProblem::UnknownAlgorithm)),
        row("alg", set("RSA-OAEP"), unusable(KeyProblem::UnknownAlgorithm)),
        row("alg", set("ES256"), unusable(KeyProblem::OtherFamily)),
        row("alg", set("RS384"), refused(OtherKeyAlgorithm)),

        row("n", Removed, unusable(Missing("n"))),
        row("n", set(Value::Null), unusable(Missing("n"))),
        row("n", set(1), unusable(Malformed("n"))),
        row("n", set(""), unusable(Malformed("n"))),
        row("n", set("AQAB"), unusable(KeyProblem::Weak)),
        row("n", set(encode([0xff; 1_025])), unusable(KeyProblem::TooLarge)),
        row("n", set(other_modulus), refused(BadSignature)),

        row("e", Removed, unusable(Missing("e"))),
        row("e", set(Value::Null), unusable(Missing("e"))),
        row("e", set(65_537), unusable(Malformed("e"))),
        row("e", set(""), unusable(Malformed("e"))),
        row("e", set("AQ"), unusable(KeyProblem::NotAKey)),
        row("e", set("Aw"), refused(BadSignature)),

        row("d", set("AQAB"), unusable(KeyProblem::Private)),
        row("x5c", set(json!(["not a certificate"])), same("certificates are not looked at")),
    ]
}

#[rustfmt::skip]
pub(super) fn p256_rows() -> Vec<Row> {
    use KeyProblem::{Malformed, Missing, NotAKey};
    let longer = ES384.jwk("k1")["x"].clone();
    let other = encode([1; 32]);
    vec![
        row("crv", Removed, unusable(Missing("crv"))),
        row("crv", set(Value::Null), unusable(Missing("crv"))),
        row("crv", set(256), unusable(Malformed("crv"))),
        row("crv", set(""), unusable(KeyProblem::UnknownCurve)),
        row("crv", set("P-521"), unusable(NotAKey)),
        row("crv", set("P-384"), unusable(NotAKey)),

        row("x", Removed, unusable(Missing("x"))),
        row("x", set(Value::Null), unusable(Missing("x"))),
        row("x", set(json!([])), unusable(Malformed("x"))),
        row("x", set(""), unusable(Malformed("x"))),
        row("x", set(longer), unusable(Malformed("x"))),
        row("x", set(other.clone()), unusable(NotAKey)),

        row("y", Removed, unusable(Missing("y"))),
        row("y", set(Value::Null), unusable(Missing("y"))),
        row("y", set(true), unusable(Malformed("y"))),
        row("y", set(""), unusable(Malformed("y"))),
        row("y", set("A"), unusable(Malformed("y"))),
        row("y", set(other), unusable(NotAKey)),
    ]
}

#[rustfmt::skip]
pub(super) fn ed25519_rows() -> Vec<Row> {
    use KeyProblem::{Malformed, Missing};
    vec![
        row("crv", Removed, unusable(Missing("crv"))),
        row("crv", set(Value::Null), unusable(Missing("crv"))),
        row("crv", set(1), unusable(Malformed("crv"))),
        row("crv", set(""), unusable(KeyProblem::UnknownCurve)),
        row("crv", set("Ed448"), unusable(KeyProblem::UnknownCurve)),

        row("x", Removed, unusable(Missing("x"))),
        row("x", set(Value::Null), unusable(Missing("x"))),
        row("x", set(1), unusable(Malformed("x"))),
        row("x", set(""), unusable(Malformed("x"))),
        row("x", set("AQAB"), unusable(Malformed("x"))),
        row("x", set("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), refused(IdTokenError::BadSignature)),
    ]
}
