use serde_json::{Value, json};

use super::*;

const AT: u64 = 1_700_000_000;
const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn claims(auth_time_ms: Option<u64>, other: Value) -> IdTokenClaims {
    IdTokenClaims::from_stored(json!({
        "iss": "https://ehr.example", "sub": "anna", "aud": ["my-app"], "exp_ms": 0, "iat_ms": 0,
        "auth_time_ms": auth_time_ms, "nonce_was_checked": true, "other": other
    }))
    .unwrap()
}

fn said(auth_time_ms: u64, since: Timestamp, now: Timestamp) -> Result<(), SignInNotFresh> {
    check_sign_in(Some(&claims(Some(auth_time_ms), json!({}))), since, now, MINUTE)
}

#[test]
fn a_sign_in_is_fresh_from_a_minute_before_what_was_demanded_to_a_minute_ahead() {
    let since = Timestamp::from_millis(AT * 1000 + 999);
    let earliest = at(AT).saturating_sub(MINUTE).as_millis();
    assert_eq!(said(earliest, since, at(AT + 5)), Ok(()));
    assert_eq!(
        said(earliest - 1, since, at(AT + 5)),
        Err(SignInNotFresh::TooOld {
            signed_in: Timestamp::from_millis(earliest - 1),
            demanded: since
        })
    );
    let now = at(AT + 5);
    let latest = now.saturating_add(MINUTE).as_millis();
    assert_eq!(said(latest, since, now), Ok(()));
    let signed_in = Timestamp::from_millis(latest + 1);
    assert_eq!(
        said(latest + 1, since, now),
        Err(SignInNotFresh::InFuture { signed_in })
    );
}

#[test]
fn clocks_may_differ_by_the_tolerance_and_not_by_a_second_more() {
    for tolerance in [0, 60, 600] {
        let check = |auth_time: u64| {
            let claims = claims(Some(auth_time * 1000), json!({}));
            check_sign_in(Some(&claims), at(AT), at(AT + 5), Duration::from_secs(tolerance))
        };
        assert_eq!(check(AT - tolerance), Ok(()));
        let old = SignInNotFresh::TooOld {
            signed_in: at(AT - tolerance - 1),
            demanded: at(AT),
        };
        assert_eq!(check(AT - tolerance - 1), Err(old));
        assert_eq!(check(AT + 5 + tolerance), Ok(()));
        let signed_in = at(AT + 5 + tolerance + 1);
        assert_eq!(
            check(AT + 5 + tolerance + 1),
            Err(SignInNotFresh::InFuture { signed_in })
        );
    }
}

#[test]
fn what_is_not_said_as_a_number_is_no_fresh_sign_in() {
    let check = |claims: Option<&IdTokenClaims>| check_sign_in(claims, at(AT), at(AT), MINUTE);
    assert_eq!(check(None), Err(SignInNotFresh::NoIdToken));
    assert_eq!(check(Some(&claims(None, json!({})))), Err(SignInNotFresh::NoAuthTime));
    let text = claims(None, json!({"auth_time": "1700000000"}));
    assert_eq!(check(Some(&text)), Err(SignInNotFresh::MalformedAuthTime));
}

#[test]
fn demanded_is_the_beginning_or_so_many_whole_seconds_before_it() {
    let began = Timestamp::from_millis(AT * 1000 + 123);
    assert_eq!(SignInDemand::Again.signed_in_since(began), began);
    for (age, before) in [
        (Duration::ZERO, 0),
        (Duration::from_millis(999), 0),
        (Duration::from_millis(1_999), 1_000),
        (Duration::from_secs(3600), 3_600_000),
    ] {
        let since = SignInDemand::NotOlderThan(age).signed_in_since(began);
        assert_eq!(since.as_millis(), began.as_millis() - before, "{age:?}");
    }
    let ever = SignInDemand::NotOlderThan(Duration::MAX).signed_in_since(began);
    assert_eq!(ever, Timestamp::from_millis(0));
}

#[test]
fn the_parameters_of_an_ehr_stay_and_none_comes_twice() {
    let given = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let again = |pairs: &[_]| SignInDemand::Again.parameters(&given(pairs));
    assert_eq!(again(&[]), given(&[("prompt", "login"), ("max_age", "0")]));
    for (prompt, expected) in [
        ("consent", "login consent"),
        ("login", "login"),
        ("consent login", "login consent"),
        ("select_account  consent consent", "login select_account consent"),
        ("", "login"),
    ] {
        assert_eq!(
            again(&[("a", "b"), ("prompt", prompt), ("max_age", "300")]),
            given(&[("a", "b"), ("prompt", expected), ("max_age", "0")]),
            "{prompt}"
        );
    }
    let hour = SignInDemand::NotOlderThan(Duration::from_millis(3_600_900));
    assert_eq!(
        hour.parameters(&given(&[("prompt", "consent")])),
        given(&[("prompt", "consent"), ("max_age", "3600")])
    );
}

#[test]
fn a_demand_that_the_parameters_contradict_is_refused() {
    let check = |demand: SignInDemand, name, value: &str| demand.check_parameters(&[(name, value.to_owned())]);
    let hour = SignInDemand::NotOlderThan(Duration::from_secs(3600));
    for prompt in ["none", "consent none"] {
        assert_eq!(
            check(SignInDemand::Again, "prompt", prompt),
            Err(SignInProblem::PromptNone)
        );
    }
    // The EHR then answers with an error when the sign-in is too old, which is a way of meeting the demand.
    assert_eq!(check(hour, "prompt", "none"), Ok(()));
    assert_eq!(check(SignInDemand::Again, "prompt", "nonesuch"), Ok(()));
    for demand in [SignInDemand::Again, hour] {
        assert_eq!(check(demand, "max_age", "1"), Err(SignInProblem::MaxAgeParameter));
        assert_eq!(check(demand, "prompt", "consent"), Ok(()));
    }
}

#[test]
fn each_reason_says_what_the_ehr_sent_and_what_to_ask() {
    let old = SignInNotFresh::TooOld {
        signed_in: at(AT),
        demanded: at(AT + 3600),
    };
    assert_eq!(
        old.to_string(),
        "the person signed in at 1700000000 (`auth_time`), 3600 s before what was demanded; ask whether the EHR \
             knows `prompt` and `max_age`"
    );
    for reason in [
        SignInNotFresh::NoAuthTime,
        SignInNotFresh::MalformedAuthTime,
        SignInNotFresh::InFuture { signed_in: at(AT) },
    ] {
        assert!(reason.to_string().contains("`auth_time`"), "{reason}");
    }
}
