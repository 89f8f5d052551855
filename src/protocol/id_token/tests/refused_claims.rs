//! Claims of a well-signed token that are refused, and both sides of every boundary.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::*;
use crate::{
    protocol::{
        id_token::{Expected, IdTokenError, NoncePolicy},
        secret::Nonce,
    },
    time::Timestamp,
};

fn without(name: &str) -> IdTokenError {
    refused_claims(&claims_with(name, Value::Null))
}

fn refused(name: &str, value: Value) -> IdTokenError {
    refused_claims(&claims_with(name, value))
}

/// So many whole seconds ago.
fn expired(seconds: u64) -> IdTokenError {
    let ago = Duration::from_secs(seconds);
    IdTokenError::Expired { ago, issued_ago: None }
}

/// So many seconds ahead, the last of which has begun.
fn issued_ahead(seconds: u64) -> IdTokenError {
    let ahead = Duration::from_secs(seconds);
    IdTokenError::IssuedInFuture { ahead }
}

fn valid_ahead(seconds: u64) -> IdTokenError {
    let ahead = Duration::from_secs(seconds);
    IdTokenError::NotYetValid { ahead }
}

#[test]
fn the_issuer_has_to_be_there_and_to_be_exactly_the_expected_one() {
    assert_eq!(without("iss"), IdTokenError::MissingIssuer);
    for value in [json!(1), json!([ISSUER]), json!({})] {
        assert_eq!(refused("iss", value), IdTokenError::MalformedIssuer);
    }
    for other in [
        "https://ehr.example/oauth2/",
        "https://ehr.example/oauth",
        "https://EHR.example/oauth2",
        "http://ehr.example/oauth2",
        "https://ehr.example:443/oauth2",
        " https://ehr.example/oauth2",
        BASE,
        "",
    ] {
        let error = refused("iss", json!(other));
        assert!(
            matches!(&error, IdTokenError::OtherIssuer { expected, .. } if expected == ISSUER),
            "{other}"
        );
    }
}

#[test]
fn the_message_about_an_issuer_names_both_in_one_short_line() {
    let message = refused("iss", json!("https://idp.example/\u{202e}\n\"x")).to_string();
    assert!(message.contains(ISSUER), "{message}");
    assert!(message.contains("\"https://idp.example/"), "{message}");
    assert!(!message.contains(['\n', '\u{202e}']), "{message}");
    assert!(refused("iss", json!("x".repeat(40_000))).to_string().len() < 600);
}

#[test]
fn the_audience_has_to_be_there_and_to_name_the_client() {
    assert_eq!(without("aud"), IdTokenError::MissingAudience);
    for value in [json!(1), json!({}), json!([CLIENT, 1]), json!([[CLIENT]])] {
        assert_eq!(refused("aud", value), IdTokenError::MalformedAudience);
    }
    for value in [
        json!("other"),
        json!("MY-CLIENT"),
        json!("my-client "),
        json!("my-client other"),
        json!(""),
        json!([]),
        json!(["other"]),
    ] {
        assert_eq!(refused("aud", value), IdTokenError::OtherAudience);
    }
}

#[test]
fn several_audiences_need_an_authorized_party_and_it_has_to_be_the_client() {
    let several = with(claims_with("azp", Value::Null), "aud", json!([CLIENT, "other"]));
    assert_eq!(refused_claims(&several), IdTokenError::MissingAuthorizedParty);
    assert_eq!(refused("azp", json!("other")), IdTokenError::OtherAuthorizedParty);
    assert_eq!(refused("azp", json!("")), IdTokenError::OtherAuthorizedParty);
    assert_eq!(refused("azp", json!([CLIENT])), IdTokenError::MalformedAuthorizedParty);
}

#[test]
fn the_expiry_has_to_be_a_number_and_at_most_60_seconds_ago() {
    assert_eq!(without("exp"), IdTokenError::MissingExpiry);
    for value in [json!("1760000300"), json!(true), json!([NOW])] {
        assert_eq!(refused("exp", value), IdTokenError::MalformedExpiry);
    }
    accepted(&claims_with("exp", json!(NOW - 60)));
    assert_eq!(refused("exp", json!(NOW - 61)), expired(61));
    accepted(&claims_with("exp", json!(NOW as f64 - 59.5)));
    assert_eq!(refused("exp", json!(NOW as f64 - 60.5)), expired(60));
    assert_eq!(refused("exp", json!(-1)), expired(NOW));
    assert_eq!(refused("exp", json!(0)), expired(NOW));
}

#[test]
fn a_token_that_has_expired_says_how_long_ago_it_was_issued_where_that_was_before() {
    let issued = |iat: Value| {
        let said = with(claims_with("exp", json!(NOW - 480)), "iat", iat);
        match refused_claims(&said) {
            IdTokenError::Expired { ago, issued_ago } => {
                assert_eq!(ago, Duration::from_secs(480));
                issued_ago
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(issued(json!(NOW - 600)), Some(Duration::from_secs(600)));
    assert_eq!(issued(json!(NOW - 481)), Some(Duration::from_secs(481)));
    for silent in [
        json!(NOW - 480),
        json!(NOW),
        json!(NOW + 999),
        json!("soon"),
        Value::Null,
    ] {
        assert_eq!(issued(silent.clone()), None, "{silent}");
    }
}

#[test]
fn a_token_expires_to_the_millisecond_60_seconds_after_its_expiry() {
    let said = claims_with("exp", json!(NOW));
    let at = |millis| Expected {
        now: Timestamp::from_millis(NOW * 1000 + millis),
        ..expected()
    };
    accepted_with(&said, &at(60_000));
    assert_eq!(refused_with(&said, &at(60_001)), expired(60));
}

#[test]
fn the_time_of_issue_has_to_be_a_number_and_at_most_60_seconds_ahead() {
    assert_eq!(without("iat"), IdTokenError::MissingIssuedAt);
    for value in [json!("1760000000"), json!(false), json!({})] {
        assert_eq!(refused("iat", value), IdTokenError::MalformedIssuedAt);
    }
    accepted(&claims_with("iat", json!(NOW + 60)));
    assert_eq!(refused("iat", json!(NOW + 61)), issued_ahead(61));
    assert_eq!(refused("iat", json!(NOW as f64 + 60.5)), issued_ahead(61));
    // In milliseconds, as some write it.
    assert_eq!(refused("iat", json!(NOW * 1000)), issued_ahead(NOW * 999));
    assert!(matches!(
        refused("iat", json!(1e300)),
        IdTokenError::IssuedInFuture { .. }
    ));
}

#[test]
fn the_begin_of_validity_is_optional_a_number_and_at_most_60_seconds_ahead() {
    accepted(&claims_with("nbf", Value::Null));
    assert_eq!(refused("nbf", json!("now")), IdTokenError::MalformedNotBefore);
    accepted(&claims_with("nbf", json!(NOW + 60)));
    assert_eq!(refused("nbf", json!(NOW + 61)), valid_ahead(61));
    assert_eq!(refused("nbf", json!(NOW as f64 + 60.5)), valid_ahead(61));
}

#[test]
fn another_nonce_is_refused_by_every_policy() {
    for nonce_policy in [NoncePolicy::IfReturned, NoncePolicy::Required] {
        let expected = Expected {
            nonce_policy,
            ..expected()
        };
        let of = |value| refused_with(&claims_with("nonce", value), &expected);
        for other in [
            "other",
            "",
            &NONCE.to_lowercase(),
            &NONCE.replacen('n', "", 1),
            &format!("{NONCE} "),
        ] {
            assert_eq!(of(json!(other)), IdTokenError::OtherNonce, "{other}");
        }
        for value in [json!(1), json!([NONCE]), json!({})] {
            assert_eq!(of(value), IdTokenError::MalformedNonce);
        }
    }
}

#[test]
fn a_missing_nonce_is_refused_only_where_it_is_required() {
    let silent = claims_with("nonce", Value::Null);
    let policy = |nonce_policy| Expected {
        nonce_policy,
        ..expected()
    };
    assert!(!accepted_with(&silent, &policy(NoncePolicy::IfReturned)).nonce_was_checked());
    assert!(!accepted_with(&silent, &policy(NoncePolicy::NotSent)).nonce_was_checked());
    assert_eq!(
        refused_with(&silent, &policy(NoncePolicy::Required)),
        IdTokenError::MissingNonce
    );
}

#[test]
fn a_nonce_is_refused_where_none_was_sent() {
    for (nonce_policy, sent) in [
        (NoncePolicy::NotSent, None),
        (NoncePolicy::NotSent, Some(Nonce::new(NONCE))),
        (NoncePolicy::IfReturned, None),
        (NoncePolicy::Required, None),
    ] {
        let expected = Expected {
            nonce_policy,
            nonce: sent.as_ref(),
            ..expected()
        };
        assert_eq!(refused_with(&claims(), &expected), IdTokenError::UnexpectedNonce);
    }
}

#[test]
fn the_subject_has_to_be_a_text_of_1_to_255_ascii_characters() {
    assert_eq!(without("sub"), IdTokenError::MissingSubject);
    for value in [json!(1), json!(["user-1"]), json!({})] {
        assert_eq!(refused("sub", value), IdTokenError::MalformedSubject);
    }
    assert_eq!(refused("sub", json!("")), IdTokenError::EmptySubject);
    accepted(&claims_with("sub", json!("x")));
    accepted(&claims_with("sub", json!("x".repeat(255))));
    assert_eq!(refused("sub", json!("x".repeat(256))), IdTokenError::LongSubject);
    assert_eq!(refused("sub", json!("müller")), IdTokenError::NonAsciiSubject);
}

/// Of two things that are wrong the one that the specification checks first is told.
#[test]
fn the_checks_are_in_the_order_of_the_specification() {
    let mut said = json!({ "iss": "x", "aud": "x", "azp": "x", "exp": 0, "iat": NOW + 999, "nbf": NOW + 999,
        "nonce": "x", "sub": "" });
    for (name, good, error) in [
        ("iss", json!(ISSUER), None),
        ("aud", json!(CLIENT), Some(IdTokenError::OtherAudience)),
        ("azp", json!(CLIENT), Some(IdTokenError::OtherAuthorizedParty)),
        ("exp", json!(NOW), Some(expired(NOW))),
        ("iat", json!(NOW), Some(issued_ahead(999))),
        ("nbf", json!(NOW), Some(valid_ahead(999))),
        ("nonce", json!(NONCE), Some(IdTokenError::OtherNonce)),
        ("sub", json!("user-1"), Some(IdTokenError::EmptySubject)),
    ] {
        let found = refused_claims(&said);
        match error {
            Some(error) => assert_eq!(found, error),
            None => assert!(matches!(found, IdTokenError::OtherIssuer { .. })),
        }
        said[name] = good;
    }
    accepted(&said);
}

#[test]
fn no_message_repeats_a_claim_about_the_user() {
    for (name, value) in [
        ("aud", json!("MARKER")),
        ("azp", json!("MARKER")),
        ("nonce", json!("MARKER")),
        ("sub", json!("MARKERü")),
        ("exp", json!("MARKER")),
    ] {
        let error = refused(name, value);
        assert!(!format!("{error} {error:?}").contains("MARKER"), "{error:?}");
    }
}
