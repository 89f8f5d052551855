//! The stored form of a [`RefreshState`].

use serde::{Deserialize, Serialize};

use super::parts::Named;
use crate::{
    store::{RefreshFailure, RefreshSent, RefreshState},
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
}

impl From<RefreshState> for Refresh {
    fn from(state: RefreshState) -> Self {
        Self {
            last_success: state.last_success,
            failures: state.failures,
            not_before: state.not_before,
            unanswered_since: state.unanswered_since,
            sent: state.sent.map(Into::into),
            last_failure: state.last_failure.map(Named),
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
            last_failure: form.last_failure.map(|failure| failure.0),
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
