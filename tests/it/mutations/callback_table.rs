//! Changes of a query, and what comes of them in an answer with a code.

use std::fmt;

use actix_smart_auth::error::CallbackQueryError;
use url::Url;

use crate::refusal::Refusal;

/// What is done to a parameter. Values stand as they are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Removed,
    Set(&'static str),
    /// So many letters.
    Long(usize),
    /// The value that it has, with this behind it.
    Longer(&'static str),
    /// It stands there twice, with the same value.
    Repeated,
    /// Twice, with these values.
    Twice(&'static str, &'static str),
    OfAnotherLaunch,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("as it is"),
            Self::Removed => f.write_str("removed"),
            Self::Set(value) => write!(f, "= {value:?}"),
            Self::Long(length) => write!(f, "of {length} letters"),
            Self::Longer(more) => write!(f, "with {more:?} behind it"),
            Self::Repeated => f.write_str("repeated"),
            Self::Twice(first, second) => write!(f, "twice, {first:?} and {second:?}"),
            Self::OfAnotherLaunch => f.write_str("of another launch"),
        }
    }
}

/// How often the code is sent to the EHR.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent {
    Never = 0,
    Once = 1,
}

pub(super) enum Outcome {
    Refused {
        error: Refusal<'static>,
        /// Status and code.
        page: (u16, &'static str),
        sent: Sent,
    },
    Opens,
    /// As without the change, and why that is right.
    Same(&'static str),
}

pub(super) struct Row {
    pub(super) field: &'static str,
    pub(super) change: Change,
    pub(super) outcome: Outcome,
}

pub(super) const BAD: (u16, &str) = (400, "bad-callback");
pub(super) const STOPPED: (u16, &str) = (502, "wrong-issuer");
const UNKNOWN: (u16, &str) = (401, "sign-in-expired");

pub(super) const fn refused(
    field: &'static str,
    change: Change,
    error: Refusal<'static>,
    page: (u16, &'static str),
) -> Row {
    let sent = Sent::Never;
    let outcome = Outcome::Refused { error, page, sent };
    Row { field, change, outcome }
}

/// By the EHR, which the code was sent to.
const fn refused_by_ehr(field: &'static str, change: Change, error: Refusal<'static>) -> Row {
    let outcome = Outcome::Refused {
        error,
        page: (401, "code-refused"),
        sent: Sent::Once,
    };
    Row { field, change, outcome }
}

pub(super) const fn same(field: &'static str, change: Change, because: &'static str) -> Row {
    let outcome = Outcome::Same(because);
    Row { field, change, outcome }
}

pub(super) use Change::{Long, Longer, OfAnotherLaunch, Removed, Repeated, Set, Twice};

#[rustfmt::skip]
pub(super) const CODE_ROWS: &[Row] = &[
    refused("state", Removed, Refusal::Query(CallbackQueryError::StateMissing), BAD),
    refused("state", Set(""), Refusal::Query(CallbackQueryError::StateMissing), BAD),
    refused("state", Repeated, Refusal::repeated("state"), BAD),
    refused("state", Set("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), Refusal::StateMismatch, UNKNOWN),
    refused("state", Longer("A"), Refusal::StateMismatch, UNKNOWN),
    refused("state", OfAnotherLaunch, Refusal::StateMismatch, UNKNOWN),
    refused("state", Set("%FF"), Refusal::not_text("state"), BAD),
    refused("state", Long(513), Refusal::too_long("state", 512), BAD),

    refused("code", Removed, Refusal::NoCode, BAD),
    refused("code", Set(""), Refusal::NoCode, BAD),
    refused("code", Repeated, Refusal::repeated("code"), BAD),
    refused_by_ehr("code", Set("guessed"),
        Refusal::CodeRefused { description: Some(60) }),
    refused_by_ehr("code", Longer("A"),
        Refusal::CodeRefused { description: Some(60) }),
    // Found out by PKCE.
    refused_by_ehr("code", OfAnotherLaunch,
        Refusal::CodeRefused { description: Some(93) }),
    refused("code", Set("%FF"), Refusal::not_text("code"), BAD),
    refused("code", Long(16_385), Refusal::too_long("code", 16384), BAD),

    refused("iss", Removed, Refusal::MissingIssuer, STOPPED),
    refused("iss", Set(""), Refusal::MissingIssuer, STOPPED),
    refused("iss", Repeated, Refusal::repeated("iss"), BAD),
    refused("iss", Set("https://evil.example"), Refusal::WrongIssuer, STOPPED),
    refused("iss", Longer("/"), Refusal::WrongIssuer, STOPPED),
    refused("iss", OfAnotherLaunch, Refusal::WrongIssuer, STOPPED),
    refused("iss", Set("%FF"), Refusal::not_text("iss"), BAD),
    refused("iss", Long(2_049), Refusal::too_long("iss", 2048), BAD),

    refused("error", Set("access_denied"),
        Refusal::by_ehr("access_denied", None), (403, "access-denied")),
    refused("error", Set("server_error"),
        Refusal::by_ehr("server_error", None), (502, "ehr-error")),
    refused("error", Twice("access_denied", "access_denied"), Refusal::repeated("error"), BAD),
    same("error", Set(""), "it names no error"),
    same("error_description", Set("Nothing"), "without an error it describes none"),
    refused("error_description", Twice("a", "b"), Refusal::repeated("error_description"), BAD),
    same("error_uri", Set("javascript:alert(1)"), "without an error it explains none"),
    refused("error_uri", Twice("a", "b"), Refusal::repeated("error_uri"), BAD),
    same("session_state", Set("x"), "what is not known is ignored (RFC 6749, section 4.1.2)"),
    same("session_state", Twice("a", "b"), "what is not known is ignored"),
];

/// The parameters of an answer, as they were sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(super) fn of(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let pairs = url.query().unwrap().split('&');
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap());
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn query(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| other != name);
    }

    fn value(&self, name: &str) -> String {
        let pair = self.0.iter().find(|(other, _)| other == name);
        pair.unwrap_or_else(|| panic!("{name} is not there")).1.clone()
    }
}

/// The query with one change.
pub(super) fn changed(pairs: &Pairs, another: &Pairs, field: &str, change: &Change) -> String {
    let mut changed = pairs.clone();
    match change {
        Change::None => {}
        Removed => {
            changed.value(field);
            changed.remove(field);
        }
        Set(value) => changed.set(field, value),
        Long(length) => changed.set(field, &"x".repeat(*length)),
        Longer(more) => changed.set(field, &(pairs.value(field) + more)),
        Repeated => changed.0.push((field.to_owned(), pairs.value(field))),
        Twice(first, second) => {
            changed.set(field, first);
            changed.0.push((field.to_owned(), (*second).to_owned()));
        }
        OfAnotherLaunch => changed.set(field, &another.value(field)),
    }
    changed.query()
}
