//! Why an EHR gave the application no token: [`BackendFailure`].

use std::{fmt, time::Duration};

use crate::{
    launch::begin::StartError,
    protocol::{reach::Reach, token_error::TokenError},
};

/// Why an EHR gave the application no token. The log has the EHR's own words.
///
/// `Display` says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackendFailure {
    /// It refused the credentials (`invalid_client`).
    ClientRefused,
    /// It refused the scopes (`invalid_scope`).
    ScopesRefused,
    /// It does not give tokens to this client without a user (`unauthorized_client`, `unsupported_grant_type`).
    NotAllowed,
    /// It refused otherwise.
    Refused,
    /// Its answer cannot be used.
    UnusableAnswer,
    /// It did not answer, or not in time.
    NoAnswer,
    /// It has trouble.
    EhrTrouble,
    /// Its token endpoint is not known: the metadata is unavailable, or cannot be used.
    NoEndpoint,
    /// The request could not be signed. Nothing was sent.
    NotSigned,
    /// Too many token requests to it are under way. Nothing was sent.
    Busy,
}

/// Whom a failure is an answer for: a process with a wrong key must not be the reason why others get no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concerns {
    /// All who want this token.
    All,
    /// Those who have the same credentials.
    Credentials,
    /// This process.
    Process,
}

/// For how long the answer to a mistake of ours is kept: it stays one until somebody mends it.
const MISTAKE: Duration = Duration::from_secs(10);
/// For how long any other failure is kept: the first, and the longest after several.
const TROUBLE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

impl BackendFailure {
    const ALL: [(Self, &'static str); 10] = [
        (Self::ClientRefused, "client_refused"),
        (Self::ScopesRefused, "scopes_refused"),
        (Self::NotAllowed, "not_allowed"),
        (Self::Refused, "refused"),
        (Self::UnusableAnswer, "unusable_answer"),
        (Self::NoAnswer, "no_answer"),
        (Self::EhrTrouble, "ehr_trouble"),
        (Self::NoEndpoint, "no_endpoint"),
        (Self::NotSigned, "not_signed"),
        (Self::Busy, "busy"),
    ];

    /// The name that records and spans have for it. It never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(failure, _)| *failure == self).map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, known)| *known == name).map(|(failure, _)| failure)
    }

    pub(super) fn of(error: &TokenError) -> Self {
        match error.definite_code() {
            Some("invalid_client") => return Self::ClientRefused,
            Some("invalid_scope") => return Self::ScopesRefused,
            Some("unauthorized_client" | "unsupported_grant_type") => return Self::NotAllowed,
            Some(_) => return Self::Refused,
            None => {}
        }
        match error {
            TokenError::ClientAuth(_) => return Self::NotSigned,
            TokenError::Busy { .. } => return Self::Busy,
            _ if error.is_refused_in_words_of_its_own() => return Self::Refused,
            _ => {}
        }
        match error.reach() {
            Reach::Silent => Self::NoAnswer,
            Reach::Troubled => Self::EhrTrouble,
            Reach::Unusable => Self::UnusableAnswer,
        }
    }

    pub(super) const fn concerns(self) -> Concerns {
        match self {
            // Wrong credentials are `unauthorized_client` to one server, another code to the next, and 403 without a word to a third.
            Self::ClientRefused | Self::NotAllowed | Self::Refused | Self::UnusableAnswer => Concerns::Credentials,
            Self::NotSigned | Self::Busy => Concerns::Process,
            _ => Concerns::All,
        }
    }

    pub(super) const fn of_endpoints(_: &StartError) -> Self {
        Self::NoEndpoint
    }

    /// For how long it is answered again without asking, when so many in a row have failed and the EHR asks for so much.
    pub(super) fn kept_for(self, in_a_row: u32, asked: Option<Duration>) -> Duration {
        let own = match self {
            Self::ClientRefused | Self::ScopesRefused | Self::NotAllowed | Self::Refused | Self::NotSigned => MISTAKE,
            _ => {
                let doubled = 2_u32.saturating_pow(in_a_row.saturating_sub(1).min(8));
                TROUBLE.0.saturating_mul(doubled).min(TROUBLE.1)
            }
        };
        asked.unwrap_or_default().max(own)
    }
}

impl fmt::Display for BackendFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientRefused => {
                "the EHR refuses this application's credentials; compare client id, key and key id with the registration"
            }
            Self::ScopesRefused => {
                "the EHR refuses the scopes; compare them with the registration, where system scopes are allowed one by one"
            }
            Self::NotAllowed => {
                "the EHR gives this client no token without a user; have the registration allowed for backend services"
            }
            Self::Refused => "the EHR refuses to give a token; the log has its words",
            Self::UnusableAnswer => "the EHR's answer to the token request cannot be used; the log says why",
            Self::NoAnswer => "the EHR gives no complete answer to the token request",
            Self::EhrTrouble => "the EHR has trouble at the moment",
            Self::NoEndpoint => "the EHR's token endpoint cannot be found out; the log says why",
            Self::NotSigned => "the token request could not be signed; the log says why",
            Self::Busy => "too many requests to this EHR are under way",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_found_again_by_its_name() {
        for (failure, name) in BackendFailure::ALL {
            assert_eq!(failure.name(), name);
            assert_eq!(BackendFailure::from_name(name), Some(failure));
        }
        assert_eq!(BackendFailure::from_name("other"), None);
    }

    #[test]
    fn trouble_is_kept_longer_each_time_and_half_a_minute_at_most() {
        let seconds = |count| BackendFailure::NoAnswer.kept_for(count, None).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 5, 100].map(seconds), [2, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_mistake_is_kept_for_ten_seconds_and_longer_where_the_ehr_asks_for_it() {
        let minute = Duration::from_secs(60);
        assert_eq!(BackendFailure::ClientRefused.kept_for(9, None), MISTAKE);
        assert_eq!(BackendFailure::ClientRefused.kept_for(1, Some(minute)), minute);
        assert_eq!(BackendFailure::NoAnswer.kept_for(1, Some(minute)), minute);
        assert_eq!(BackendFailure::NoAnswer.kept_for(9, Some(MISTAKE)), TROUBLE.1);
    }
}
