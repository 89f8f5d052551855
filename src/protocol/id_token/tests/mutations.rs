//! One good token and its key. Each member of the header, the claims and the key is in turn taken out, given another
//! type, and changed; the table says what comes of it.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::support::*;
use crate::protocol::{
    ehr_text::EhrText,
    id_token::{IdTokenError, KeyProblem},
};

/// What is done to a member.
enum Change {
    Removed,
    Set(Value),
}
use Change::{Removed, Set};

/// What becomes of the token.
enum Outcome {
    Refused(IdTokenError),
    /// And why that is right.
    Accepted(&'static str),
}
use Outcome::{Accepted, Refused};

type Row = (&'static str, Change, Outcome);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn unusable(problem: KeyProblem) -> Outcome {
    Refused(IdTokenError::UnusableKey(problem))
}

fn other_issuer(found: &str) -> Outcome {
    Refused(IdTokenError::OtherIssuer {
        expected: ISSUER.to_owned(),
        found: EhrText::new(found),
    })
}

fn header_rows() -> Vec<Row> {
    vec![
        ("alg", Removed, Refused(IdTokenError::NoAlgorithm)),
        ("alg", Set(json!(256)), Refused(IdTokenError::NoAlgorithm)),
        ("alg", Set(json!("none")), Refused(IdTokenError::Unsigned)),
        ("alg", Set(json!("HS256")), Refused(IdTokenError::SymmetricAlgorithm)),
        (
            "alg",
            Set(json!("ES256K")),
            Refused(IdTokenError::UnknownAlgorithm {
                name: "ES256K".to_owned(),
            }),
        ),
        ("alg", Set(json!("ES512")), Refused(IdTokenError::OtherKeyFamily)),
        ("alg", Set(json!("RS384")), Refused(IdTokenError::OtherKeyAlgorithm)),
        ("alg", Set(json!("ES256")), Refused(IdTokenError::OtherKeyFamily)),
        ("kid", Removed, Accepted("only one key fits the algorithm")),
        ("kid", Set(json!(1)), Refused(IdTokenError::MalformedKeyId)),
        ("kid", Set(json!("k2")), Refused(IdTokenError::UnknownKey)),
        ("kid", Set(json!("spare")), Refused(IdTokenError::OtherKeyFamily)),
        ("typ", Removed, Accepted("it is optional")),
        ("typ", Set(json!(1)), Refused(IdTokenError::OtherType)),
        ("typ", Set(json!("at+jwt")), Refused(IdTokenError::OtherType)),
    ]
}

fn claim_rows() -> Vec<Row> {
    vec![
        ("iss", Removed, Refused(IdTokenError::MissingIssuer)),
        ("iss", Set(json!([ISSUER])), Refused(IdTokenError::MalformedIssuer)),
        (
            "iss",
            Set(json!("https://ehr.example/oauth2/")),
            other_issuer("https://ehr.example/oauth2/"),
        ),
        ("aud", Removed, Refused(IdTokenError::MissingAudience)),
        ("aud", Set(json!(1)), Refused(IdTokenError::MalformedAudience)),
        ("aud", Set(json!("other")), Refused(IdTokenError::OtherAudience)),
        ("azp", Removed, Accepted("the client is the only audience")),
        (
            "azp",
            Set(json!([CLIENT])),
            Refused(IdTokenError::MalformedAuthorizedParty),
        ),
        ("azp", Set(json!("other")), Refused(IdTokenError::OtherAuthorizedParty)),
        ("exp", Removed, Refused(IdTokenError::MissingExpiry)),
        ("exp", Set(json!("1760000300")), Refused(IdTokenError::MalformedExpiry)),
        (
            "exp",
            Set(json!(NOW - 61)),
            Refused(IdTokenError::Expired {
                ago: seconds(61),
                issued_ago: None,
            }),
        ),
        ("iat", Removed, Refused(IdTokenError::MissingIssuedAt)),
        (
            "iat",
            Set(json!("1760000000")),
            Refused(IdTokenError::MalformedIssuedAt),
        ),
        (
            "iat",
            Set(json!(NOW + 61)),
            Refused(IdTokenError::IssuedInFuture { ahead: seconds(61) }),
        ),
        ("nbf", Removed, Accepted("it is optional")),
        ("nbf", Set(json!("now")), Refused(IdTokenError::MalformedNotBefore)),
        (
            "nbf",
            Set(json!(NOW + 61)),
            Refused(IdTokenError::NotYetValid { ahead: seconds(61) }),
        ),
        (
            "nonce",
            Removed,
            Accepted("many EHRs do not return it, and the policy allows it"),
        ),
        ("nonce", Set(json!([NONCE])), Refused(IdTokenError::MalformedNonce)),
        ("nonce", Set(json!("other")), Refused(IdTokenError::OtherNonce)),
        ("sub", Removed, Refused(IdTokenError::MissingSubject)),
        ("sub", Set(json!(1)), Refused(IdTokenError::MalformedSubject)),
        ("sub", Set(json!("")), Refused(IdTokenError::EmptySubject)),
        ("sub", Set(json!("é")), Refused(IdTokenError::NonAsciiSubject)),
        ("sub", Set(json!("x".repeat(256))), Refused(IdTokenError::LongSubject)),
        (
            "sub",
            Set(json!("user-2")),
            Accepted("the EHR signed it: this is the user"),
        ),
        ("auth_time", Removed, Accepted("it is not asked for")),
        ("auth_time", Set(json!("now")), Accepted("it reads as absent")),
        ("auth_time", Set(json!(0)), Accepted("it is told, not judged")),
        ("at_hash", Removed, Accepted("it is optional")),
        ("at_hash", Set(json!(1)), Accepted("it is not checked in the code flow")),
        (
            "at_hash",
            Set(json!("other")),
            Accepted("it is not checked in the code flow"),
        ),
        ("fhirUser", Removed, Accepted("it is optional")),
        (
            "fhirUser",
            Set(json!(1)),
            Accepted("it reads as absent, with a warning"),
        ),
        (
            "fhirUser",
            Set(json!("Group/1")),
            Accepted("it reads as absent, with a warning"),
        ),
        ("name", Removed, Accepted("for display")),
        ("name", Set(json!(1)), Accepted("for display")),
        ("name", Set(json!("x")), Accepted("for display")),
    ]
}

fn rsa_rows() -> Vec<Row> {
    vec![
        ("kty", Removed, unusable(KeyProblem::Missing("kty"))),
        ("kty", Set(json!(1)), unusable(KeyProblem::Malformed("kty"))),
        ("kty", Set(json!("XYZ")), unusable(KeyProblem::UnknownType)),
        ("kty", Set(json!("oct")), unusable(KeyProblem::Symmetric)),
        ("kty", Set(json!("EC")), unusable(KeyProblem::Missing("crv"))),
        (
            "kid",
            Removed,
            Accepted("of the keys without a name it is the only one"),
        ),
        ("kid", Set(json!(1)), unusable(KeyProblem::Malformed("kid"))),
        ("kid", Set(json!("k2")), Refused(IdTokenError::UnknownKey)),
        ("use", Removed, Accepted("it is optional")),
        ("use", Set(json!(["sig"])), unusable(KeyProblem::Malformed("use"))),
        ("use", Set(json!("enc")), unusable(KeyProblem::NotForSignatures)),
        ("key_ops", Removed, Accepted("it is optional")),
        (
            "key_ops",
            Set(json!("verify")),
            unusable(KeyProblem::Malformed("key_ops")),
        ),
        (
            "key_ops",
            Set(json!(["encrypt"])),
            unusable(KeyProblem::NotForSignatures),
        ),
        ("alg", Removed, Accepted("it is optional")),
        ("alg", Set(json!(1)), unusable(KeyProblem::Malformed("alg"))),
        ("alg", Set(json!("RSA-OAEP")), unusable(KeyProblem::UnknownAlgorithm)),
        ("alg", Set(json!("ES256")), unusable(KeyProblem::OtherFamily)),
        ("alg", Set(json!("RS384")), Refused(IdTokenError::OtherKeyAlgorithm)),
        ("n", Removed, unusable(KeyProblem::Missing("n"))),
        ("n", Set(json!(1)), unusable(KeyProblem::Malformed("n"))),
        ("n", Set(json!("AQAB")), unusable(KeyProblem::Weak)),
        ("n", Set(json!(encode([0xff; 1_025]))), unusable(KeyProblem::TooLarge)),
        (
            "n",
            Set(Signer::other_rsa().jwk("k1")["n"].clone()),
            Refused(IdTokenError::BadSignature),
        ),
        ("e", Removed, unusable(KeyProblem::Missing("e"))),
        ("e", Set(json!(65_537)), unusable(KeyProblem::Malformed("e"))),
        ("e", Set(json!("AQ")), unusable(KeyProblem::NotAKey)),
        ("e", Set(json!("Aw")), Refused(IdTokenError::BadSignature)),
    ]
}

fn p256_rows() -> Vec<Row> {
    let another = Signer::new(Algorithm::ES384).jwk("k1")["x"].clone();
    vec![
        ("crv", Removed, unusable(KeyProblem::Missing("crv"))),
        ("crv", Set(json!(256)), unusable(KeyProblem::Malformed("crv"))),
        ("crv", Set(json!("secp256k1")), unusable(KeyProblem::UnknownCurve)),
        ("crv", Set(json!("P-521")), unusable(KeyProblem::NotAKey)),
        ("crv", Set(json!("P-384")), unusable(KeyProblem::NotAKey)),
        ("x", Removed, unusable(KeyProblem::Missing("x"))),
        ("x", Set(json!([])), unusable(KeyProblem::Malformed("x"))),
        ("x", Set(another), unusable(KeyProblem::Malformed("x"))),
        ("x", Set(json!(encode([1; 32]))), unusable(KeyProblem::NotAKey)),
        ("y", Removed, unusable(KeyProblem::Missing("y"))),
        ("y", Set(json!(true)), unusable(KeyProblem::Malformed("y"))),
        ("y", Set(json!("A")), unusable(KeyProblem::Malformed("y"))),
    ]
}

fn p521_rows() -> Vec<Row> {
    let another = Signer::new(Algorithm::ES256).jwk("k1")["x"].clone();
    vec![
        ("crv", Removed, unusable(KeyProblem::Missing("crv"))),
        ("crv", Set(json!(521)), unusable(KeyProblem::Malformed("crv"))),
        ("crv", Set(json!("P-512")), unusable(KeyProblem::UnknownCurve)),
        ("crv", Set(json!("P-384")), unusable(KeyProblem::Malformed("x"))),
        ("x", Removed, unusable(KeyProblem::Missing("x"))),
        ("x", Set(json!([])), unusable(KeyProblem::Malformed("x"))),
        ("x", Set(another), unusable(KeyProblem::NotAKey)),
        ("x", Set(json!(encode([1; 67]))), unusable(KeyProblem::Malformed("x"))),
        ("y", Removed, unusable(KeyProblem::Missing("y"))),
        ("y", Set(json!(true)), unusable(KeyProblem::Malformed("y"))),
        ("y", Set(json!("A")), unusable(KeyProblem::Malformed("y"))),
        // The other point of the same `x` would be one.
        ("y", Set(json!(encode([1; 66]))), unusable(KeyProblem::NotAKey)),
    ]
}

fn ed25519_rows() -> Vec<Row> {
    vec![
        ("crv", Removed, unusable(KeyProblem::Missing("crv"))),
        ("crv", Set(json!(1)), unusable(KeyProblem::Malformed("crv"))),
        ("crv", Set(json!("Ed448")), unusable(KeyProblem::UnknownCurve)),
        ("x", Removed, unusable(KeyProblem::Missing("x"))),
        ("x", Set(json!(1)), unusable(KeyProblem::Malformed("x"))),
        ("x", Set(json!("AQAB")), unusable(KeyProblem::Malformed("x"))),
        (
            "x",
            Set(json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
            Refused(IdTokenError::BadSignature),
        ),
    ]
}

fn changed(object: &Value, member: &str, change: &Change) -> Value {
    let value = match change {
        Removed => Value::Null,
        Set(value) => value.clone(),
    };
    assert!(object.get(member).is_some(), "{member} is not there to be changed");
    with(object.clone(), member, value)
}

fn check(rows: Vec<Row>, token_and_key: impl Fn(&str, &Change) -> (String, Value)) {
    // Another key of another kind, so that a set whose first key is bad is still one.
    let spare = Signer::new(Algorithm::ES384).jwk("spare");
    for (member, change, outcome) in rows {
        let (token, key) = token_and_key(member, &change);
        let found = verified(&token, &key_set(&[key, spare.clone()]), &expected());
        let shown = match &change {
            Removed => format!("without {member}"),
            Set(value) => format!("{member} = {value}"),
        };
        match outcome {
            Refused(error) => assert_eq!(found.unwrap_err(), error, "{shown}"),
            Accepted(because) => assert!(found.is_ok(), "{shown}: {found:?}, although {because}"),
        }
    }
}

/// Each member is in the table three times at least: taken out, of another type, changed.
fn complete(rows: &[Row], of: &Value, members: &[&str]) {
    for member in members {
        let original = &of[member];
        let all = || {
            rows.iter()
                .filter(|(name, ..)| name == member)
                .map(|(_, change, _)| change)
        };
        let same_type = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(original);
        assert!(all().any(|change| matches!(change, Removed)), "{member}, removed");
        assert!(
            all().any(|change| matches!(change, Set(value) if !same_type(value))),
            "{member}, of another type"
        );
        assert!(
            all().any(|change| matches!(change, Set(value) if same_type(value) && value != original)),
            "{member}, changed"
        );
    }
}

fn all_members(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_change_of_the_header_has_its_outcome() {
    complete(&header_rows(), &header(), &all_members(&header()));
    check(header_rows(), |member, change| {
        let token = rs256().sign(&changed(&header(), member, change), &claims());
        (token, rs256().jwk("k1"))
    });
}

#[test]
fn every_change_of_a_claim_has_its_outcome() {
    complete(&claim_rows(), &claims(), &all_members(&claims()));
    check(claim_rows(), |member, change| {
        let token = rs256().sign(&header(), &changed(&claims(), member, change));
        (token, rs256().jwk("k1"))
    });
}

#[test]
fn every_change_of_an_rsa_key_has_its_outcome() {
    let key = rs256().jwk("k1");
    complete(&rsa_rows(), &key, &all_members(&key));
    check(rsa_rows(), |member, change| {
        (rs256().sign(&header(), &claims()), changed(&key, member, change))
    });
}

#[test]
fn every_change_of_the_numbers_of_an_elliptic_curve_key_has_its_outcome() {
    for (alg, signer, rows, members) in [
        (
            "ES256",
            Signer::new(Algorithm::ES256),
            p256_rows(),
            vec!["crv", "x", "y"],
        ),
        ("ES512", Signer::es512(), p521_rows(), vec!["crv", "x", "y"]),
        ("EdDSA", Signer::new(Algorithm::EdDSA), ed25519_rows(), vec!["crv", "x"]),
    ] {
        let key = signer.jwk("k1");
        complete(&rows, &key, &members);
        check(rows, |member, change| {
            let token = signer.sign(&json!({ "alg": alg, "kid": "k1" }), &claims());
            (token, changed(&key, member, change))
        });
    }
}
