//! The key set: the document, and how its keys are tried. The members of a key are next door.

use actix_smart_auth::error::{IdTokenError, KeyProblem, KeySetError};
use serde_json::{Map, Value, json};

use super::{
    good::{Good, Served, header, key_set, object, text},
    id_token::refused,
    key_set_keys::{ed25519_rows, p256_rows, rsa_rows},
    launches::Launches,
    rows::{
        AWAY, Change, Change::Removed, IDENTITY, Outcome, Row, Tokens, again, assert_complete, members_of, row, same,
        set, text_of,
    },
    signer::{ED25519, ES256, ES384, RS256, Signer},
};
use crate::support::{http, redirect};

/// No keys, no launch.
fn no_keys(error: &str) -> Outcome {
    Outcome::Refused {
        error: format!("Identity(Keys({error}))"),
        page: IDENTITY,
        tokens: Tokens::Revoked,
    }
}

/// The keys are away, or their server is in trouble.
fn keys_away(error: &str) -> Outcome {
    Outcome::Refused {
        error: format!("Identity(Keys({error}))"),
        page: AWAY,
        tokens: Tokens::Revoked,
    }
}

fn bad_set(error: KeySetError) -> Outcome {
    no_keys(&format!("KeySet {{ endpoint: \"KEYS\", source: {error:?} }}"))
}

fn good_set() -> Map<String, Value> {
    let (used, spare) = (&*RS256, &*ES384);
    object(json!({ "keys": [used.jwk("k1"), spare.jwk("spare")] }))
}

#[rustfmt::skip]
fn set_rows() -> Vec<Row> {
    use KeySetError as E;
    let used = RS256.jwk("k1");
    let spare = ES384.jwk("spare");
    let no_object = E::NoUsableKey { first: KeyProblem::NotAnObject };
    vec![
        row("keys", Removed, bad_set(E::NoKeysMember)),
        row("keys", set(Value::Null), bad_set(E::NoKeysMember)),
        row("keys", set(7), bad_set(E::KeysNotAnArray)),
        row("keys", set(json!({ "k1": used })), bad_set(E::KeysNotAnArray)),
        row("keys", set(json!([])), bad_set(E::NoKey)),
        row("keys", set(json!([7])), bad_set(no_object)),
        row("keys", set(json!([spare])), refused(IdTokenError::UnknownKey)),
        row("keys", set(json!([used, used])), same("the same key twice is one")),
        row("keys", set(json!([7, used])), same("a key that is none is left out")),
        row("keys", set(vec![json!(spare); 129]), bad_set(E::TooManyKeys { count: 129 })),
        row("keys", again(json!([used])), bad_set(E::RepeatedMember)),
        row("other", set("x"), same("a set may have more members (RFC 7517, section 5)")),
    ]
}

/// What comes instead of a key set.
#[rustfmt::skip]
fn answers() -> Vec<(&'static str, Vec<u8>, Outcome)> {
    use KeySetError as E;
    let body = |body: &str| http(200, "application/json", body);
    let status = |status: u16| format!("Status {{ document: KeySet, endpoint: \"KEYS\", status: {status} }}");
    let transport = |error: &str| format!("Transport {{ endpoint: \"KEYS\", source: {error} }}");
    let elsewhere = "Redirect { document: KeySet, endpoint: \"KEYS\", problem: Elsewhere, configure: \
                     \"http://127.0.0.1:9/keys\" }";
    vec![
        ("body: nothing", body(""), bad_set(E::Empty)),
        ("body: a page", body("<!doctype html>"), bad_set(E::NotJson)),
        ("body: half of it", body("{\"keys\":["), bad_set(E::NotJson)),
        ("body: an array", body("[]"), bad_set(E::NotAnObject)),
        ("status: 404", http(404, "application/json", "{}"), no_keys(&status(404))),
        ("status: 500", http(500, "application/json", text(good_set())), keys_away(&status(500))),
        ("connection: no answer", Vec::new(), keys_away(&transport("Disconnected"))),
        ("body: more than 1 MiB", body(&" ".repeat(1_100_000)), no_keys(&transport("BodyTooLarge"))),
        ("location: another server", redirect(302, "http://127.0.0.1:9/keys"), no_keys(elsewhere)),
    ]
}

fn with_keys(good: &Good, keys: Vec<u8>) -> Served {
    Served {
        key_set: keys,
        ..good.with_token_response(|response| text(response.clone()))
    }
}

#[actix_web::test]
async fn every_change_of_a_key_set_has_its_outcome_in_a_whole_launch() {
    let launches = Launches::new().await;
    let rows = set_rows();
    assert_complete(&rows, &good_set(), &["keys"]);
    for row in &rows {
        let keys = http(200, "application/json", text_of(&good_set(), row.field, &row.change));
        launches.check(row, &|good| with_keys(good, keys.clone())).await;
    }
    let answers = answers();
    println!("{} changes of a key set", rows.len() + answers.len());
    for (name, keys, outcome) in answers {
        let (field, change) = name.split_once(": ").unwrap();
        let row = row(field, Change::Set(change.into()), outcome);
        launches.check(&row, &|good| with_keys(good, keys.clone())).await;
    }
    launches.end("key set", &[]).await;
}

#[actix_web::test]
async fn every_change_of_an_rsa_key_has_its_outcome_in_a_whole_launch() {
    let signer = &*RS256;
    let (rows, key) = (rsa_rows(), signer.jwk("k1"));
    assert_complete(&rows, &key, &members_of(&key));
    let shared = [
        (
            "Identity(IdToken(UnusableKey(NotForSignatures",
            "the text names both members that may say so",
        ),
        (
            "Identity(IdToken(BadSignature",
            "other numbers are another key, and nobody can say which of them is wrong",
        ),
    ];
    check_keys("RSA key", "RS256", signer, rows, &shared).await;
}

#[actix_web::test]
async fn every_change_of_an_elliptic_curve_key_has_its_outcome_in_a_whole_launch() {
    let not_a_point = (
        "Identity(IdToken(UnusableKey(NotAKey",
        "a point beside the curve: nobody can say which of the three is wrong",
    );
    let signer = &*ES256;
    assert_complete(&p256_rows(), &signer.jwk("k1"), &["crv", "x", "y"]);
    check_keys("P-256 key", "ES256", signer, p256_rows(), &[not_a_point]).await;
    let signer = &*ED25519;
    assert_complete(&ed25519_rows(), &signer.jwk("k1"), &["crv", "x"]);
    check_keys("Ed25519 key", "EdDSA", signer, ed25519_rows(), &[]).await;
}

async fn check_keys(name: &str, alg: &str, signer: &Signer, rows: Vec<Row>, shared: &[super::distinct::Shared]) {
    let launches = Launches::new().await;
    for row in &rows {
        let served = |good: &Good| {
            let mut header = header();
            header.insert("alg".to_owned(), alg.into());
            let key = text_of(&signer.jwk("k1"), row.field, &row.change);
            let key = object(serde_json::from_str(&key).unwrap());
            Served {
                key_set: key_set(&[key]),
                ..good.with_id_token(&signer.sign(&text(header), &text(good.claims())))
            }
        };
        launches.check(row, &served).await;
    }
    launches.end(name, shared).await;
}
