//! A new sign-in at the EHR: how it is asked for, and whether it has happened (OpenID Connect Core 1.0, sections 2 and
//! 3.1.2.1).

use std::time::Duration;

use crate::{protocol::id_token::IdTokenClaims, time::Timestamp};

/// What one authorization demands of the sign-in at the EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInDemand {
    /// The person signs in now, though somebody is signed in.
    Again,
    /// The person has signed in at most so long ago, in whole seconds.
    NotOlderThan(Duration),
}

/// Why a new sign-in cannot be demanded of an EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInProblem {
    /// No id token is asked for, and nothing else says when somebody signed in.
    #[error("a new sign-in is told by the id token; ask for the scope `openid`")]
    NoOpenid,
    /// Id tokens are not looked at.
    #[error("a new sign-in is told by the id token; use `IdTokenPolicy::Required` or `IdTokenPolicy::IfPresent`")]
    IdTokensIgnored,
    /// The registration forbids the EHR to ask for anything (`prompt=none`).
    #[error("`prompt=none` forbids what this demands; take it out of `Quirks::authorization_parameter`")]
    PromptNone,
    /// `max_age` is a parameter that the registration adds, and nobody would check it.
    #[error("`max_age` is sent with the demand; take it out of `Quirks::authorization_parameter`")]
    MaxAgeParameter,
}

/// Why it is not certain that a person signed in as it was demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInNotFresh {
    /// There is no id token.
    #[error("the EHR sent no id token; check that it grants `openid`")]
    NoIdToken,
    /// The id token has no `auth_time`, although `max_age` was sent (OpenID Connect Core 1.0, section 2, demands it then).
    #[error("its id token does not say when the person signed in (`auth_time`); ask whether the EHR knows `max_age`")]
    NoAuthTime,
    /// `auth_time` is not a number.
    #[error("its id token says when the person signed in (`auth_time`), but not as a number; report it to the EHR")]
    MalformedAuthTime,
    /// `auth_time` is longer before what was demanded than clocks may differ.
    #[error(
        "the person signed in at {} (`auth_time`), {} s before what was demanded; ask whether the EHR knows `prompt` and \
         `max_age`",
        signed_in.as_secs(),
        demanded.saturating_since(*signed_in).as_secs()
    )]
    TooOld {
        /// When the person signed in, as the EHR says.
        signed_in: Timestamp,
        /// The earliest moment that would have done.
        demanded: Timestamp,
    },
    /// `auth_time` is more than 60 s ahead.
    #[error(
        "the person signed in at {} (`auth_time`), which is in the future; compare this machine's clock with the EHR's",
        signed_in.as_secs()
    )]
    InFuture {
        /// When the person signed in, as the EHR says.
        signed_in: Timestamp,
    },
}

impl SignInDemand {
    /// Whether it can be made beside these parameters.
    ///
    /// # Errors
    ///
    /// [`SignInProblem`]: the first reason why not.
    pub(crate) fn check_parameters(self, others: &[(&'static str, String)]) -> Result<(), SignInProblem> {
        let of = |wanted| others.iter().filter(move |(name, _)| *name == wanted);
        if of("max_age").next().is_some() {
            return Err(SignInProblem::MaxAgeParameter);
        }
        let forbids = of("prompt").any(|(_, values)| values.split_whitespace().any(|value| value == "none"));
        if self == Self::Again && forbids {
            return Err(SignInProblem::PromptNone);
        }
        Ok(())
    }

    /// The earliest moment at which the person may have signed in, for an authorization that begins at `started_at`.
    pub(crate) fn signed_in_since(self, started_at: Timestamp) -> Timestamp {
        match self {
            Self::Again => started_at,
            Self::NotOlderThan(age) => started_at.saturating_sub(Duration::from_secs(age.as_secs())),
        }
    }

    /// These parameters and those of the demand. `prompt` is a list: what is in it stays.
    pub(crate) fn parameters(self, others: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
        let mut parameters: Vec<_> = others.iter().filter(|(name, _)| *name != "max_age").cloned().collect();
        if self == Self::Again {
            match parameters.iter_mut().find(|(name, _)| *name == "prompt") {
                Some((_, values)) => *values = with_login(values),
                None => parameters.push(("prompt", "login".to_owned())),
            }
        }
        let age = match self {
            Self::Again => 0,
            Self::NotOlderThan(age) => age.as_secs(),
        };
        parameters.push(("max_age", age.to_string()));
        parameters
    }
}

/// The values of `prompt` with `login`, each once.
fn with_login(values: &str) -> String {
    let mut list: Vec<&str> = Vec::new();
    for value in ["login"].into_iter().chain(values.split_whitespace()) {
        if !list.contains(&value) {
            list.push(value);
        }
    }
    list.join(" ")
}

/// Whether the claims say that the person signed in at `since` or later. Clocks may differ by `clock_tolerance`.
///
/// # Errors
///
/// [`SignInNotFresh`] says why that is not certain.
pub(crate) fn check_sign_in(
    claims: Option<&IdTokenClaims>,
    since: Timestamp,
    now: Timestamp,
    clock_tolerance: Duration,
) -> Result<(), SignInNotFresh> {
    let claims = claims.ok_or(SignInNotFresh::NoIdToken)?;
    let signed_in = match claims.auth_time() {
        Some(moment) => moment,
        None if claims.claim("auth_time").is_some() => return Err(SignInNotFresh::MalformedAuthTime),
        None => return Err(SignInNotFresh::NoAuthTime),
    };
    // In whole seconds, as `auth_time` has no others: what it says may be up to a second too early.
    if signed_in.saturating_add(clock_tolerance).as_secs() < since.as_secs() {
        return Err(SignInNotFresh::TooOld {
            signed_in,
            demanded: since,
        });
    }
    // Milliseconds in place of seconds, for example, would pass for ever.
    if signed_in > now.saturating_add(clock_tolerance) {
        return Err(SignInNotFresh::InFuture { signed_in });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
}
