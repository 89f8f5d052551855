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
mod tests;
