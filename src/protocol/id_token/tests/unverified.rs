//! What a token says before anybody has verified it.

use serde_json::{Value, json};

use super::support::*;
use crate::protocol::{
    id_token::{unverified_issuer, unverified_user},
    secret::RawIdToken,
};

fn token(claims: &Value) -> RawIdToken {
    RawIdToken::new(Signer::other_rsa().sign(&json!({ "alg": "none" }), claims))
}

#[test]
fn issuer_and_user_are_read_whatever_the_signature() {
    assert_eq!(unverified_issuer(&token(&claims())).as_deref(), Some(ISSUER));
    assert_eq!(
        unverified_user(&token(&claims())),
        Some((Some(ISSUER.to_owned()), "user-1".to_owned()))
    );
}

#[test]
fn a_user_without_issuer_is_one_and_an_issuer_without_user_is_none() {
    let user = |claims: Value| unverified_user(&token(&claims));
    assert_eq!(user(claims_with("iss", Value::Null)), Some((None, "user-1".to_owned())));
    assert_eq!(user(claims_with("iss", json!(1))), Some((None, "user-1".to_owned())));
    assert_eq!(user(claims_with("sub", Value::Null)), None);
    assert_eq!(user(claims_with("sub", json!(""))), None);
    assert_eq!(user(claims_with("sub", json!(1))), None);
}

#[test]
fn what_is_unreadable_names_nobody() {
    let twice = claims().to_string().replacen('{', r#"{"sub":"x","iss":"y","#, 1);
    let twice = rs256().sign_text(&header().to_string(), &twice);
    for text in ["", "a.b.c", "a.b.c.d.e", &twice, &"x".repeat(70_000)] {
        let token = RawIdToken::new(text);
        assert_eq!(unverified_issuer(&token), None);
        assert_eq!(unverified_user(&token), None);
    }
}
