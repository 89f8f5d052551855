//! Who is signed in, and since when (`prompt`, `max_age` and `auth_time`; OpenID Connect Core 1.0, section 3.1.2.1).

use std::time::Duration;

use super::{
    Peculiarity,
    http::Params,
    state::{Pending, State},
};
use crate::time::Timestamp;

/// What an authorization request says about the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SignInRequest {
    /// Nobody is to be asked anything.
    pub(super) silent: bool,
    /// Whoever is signed in is asked to sign in again.
    again: bool,
    max_age: Option<Duration>,
}

impl SignInRequest {
    /// # Errors
    /// What is wrong with the parameters.
    pub(super) fn read(params: &Params) -> Result<Self, &'static str> {
        let prompt: Vec<&str> = params
            .get("prompt")
            .unwrap_or_default()
            .split(' ')
            .filter(|value| !value.is_empty())
            .collect();
        let silent = prompt.contains(&"none");
        if silent && prompt.len() > 1 {
            return Err("prompt=none does not go with another value of prompt.");
        }
        let max_age = params
            .get("max_age")
            .map(|text| text.parse().map(Duration::from_secs))
            .transpose()
            .map_err(|_| "max_age has to be a whole number of seconds.")?;
        Ok(Self {
            silent,
            again: prompt.contains(&"login"),
            max_age,
        })
    }

    /// Whether somebody who signed in then is asked again.
    fn asks(self, signed_in: Timestamp, now: Timestamp) -> bool {
        let too_old = |age| signed_in.saturating_add(age) <= now;
        self.again || self.max_age.is_some_and(too_old)
    }

    /// Whether the id token has to say when somebody signed in (section 2).
    pub(super) const fn wants_auth_time(self) -> bool {
        self.max_age.is_some()
    }
}

/// A person fills the sign-in form in.
pub(super) fn by_hand(state: &mut State, pending: &mut Pending, user: &str, now: Timestamp) {
    state.sign_ins.insert(user.to_owned(), now);
    pending.user = Some(user.to_owned());
    pending.signed_in_at = Some(now);
}

/// Nobody is there: the user is signed in since the first time, and signs in again when the request asks for it. False when
/// the request forbids to ask.
pub(super) fn automatic(state: &mut State, pending: &mut Pending, user: &str, now: Timestamp) -> bool {
    let request = pending.request.sign_in;
    let kept = state.settings.has(&Peculiarity::SignInKept);
    let since = state.sign_ins.get(user).copied();
    match since.filter(|since| kept || !request.asks(*since, now)) {
        Some(since) => {
            pending.user = Some(user.to_owned());
            pending.signed_in_at = Some(since);
        }
        None if request.silent => return false,
        None => by_hand(state, pending, user, now),
    }
    true
}
