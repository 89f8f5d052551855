//! The stored form of a [`RefreshState`].

use serde::{Deserialize, Serialize};

use super::parts::Named;
use crate::{
    store::{RefreshFailure, RefreshSent, RefreshState, format::StoredName as _},
    time::Timestamp,
};

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(super) struct Refresh {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<Timestamp>,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered_since: Option<Timestamp>,
    /// Absent in what versions wrote that did not note it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<Named<RefreshFailure>>,
    /// What [`last_failure`](Self::last_failure) is more exactly. Versions that do not know these names read the other member
    /// and go on; an unknown name is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<String>,
    /// Absent in what versions wrote that did not count it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_at: Option<Timestamp>,
}

/// The failure that versions know which do not know this one.
const fn known_before(failure: RefreshFailure) -> RefreshFailure {
    match failure {
        RefreshFailure::EhrTroubled
        | RefreshFailure::UnusableAnswer
        | RefreshFailure::Refused
        | RefreshFailure::NotSigned => RefreshFailure::EhrUnavailable,
        RefreshFailure::RegistrationFailed => RefreshFailure::RegistrationUnavailable,
        failure => failure,
    }
}

impl From<RefreshState> for Refresh {
    fn from(state: RefreshState) -> Self {
        Self {
            last_success: state.last_success,
            failures: state.failures,
            not_before: state.not_before,
            unanswered_since: state.unanswered_since,
            sent: state.sent.map(Into::into),
            last_failure: state.last_failure.map(known_before).map(Named),
            answered: state
                .last_failure
                .filter(|failure| known_before(*failure) != *failure)
                .map(|failure| failure.stored_name().to_owned()),
            refused_at: state.refused_at,
        }
    }
}

impl From<Refresh> for RefreshState {
    fn from(form: Refresh) -> Self {
        Self {
            last_success: form.last_success,
            failures: form.failures,
            not_before: form.not_before,
            unanswered_since: form.unanswered_since,
            sent: form.sent.map(Into::into),
            last_failure: form.last_failure.map(|Named(failure)| {
                let answered = form.answered.as_deref().and_then(RefreshFailure::from_stored_name);
                // Written by a version before, it is not about this failure.
                answered
                    .filter(|answered| known_before(*answered) == failure)
                    .unwrap_or(failure)
            }),
            refused_at: form.refused_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Sent {
    at: Timestamp,
    answer_until: Timestamp,
    attempt: u64,
}

impl From<RefreshSent> for Sent {
    fn from(sent: RefreshSent) -> Self {
        let RefreshSent {
            at,
            answer_until,
            attempt,
        } = sent;
        Self {
            at,
            answer_until,
            attempt,
        }
    }
}

impl From<Sent> for RefreshSent {
    fn from(sent: Sent) -> Self {
        Self::new(sent.at, sent.answer_until, sent.attempt)
    }
}
