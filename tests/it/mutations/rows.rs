//! What is done to a member of a JSON object, and what has to come of it.

use std::fmt;

use serde_json::{Map, Value};

/// What is done to a member.
#[derive(Clone)]
pub(super) enum Change {
    Removed,
    Set(Value),
    /// It comes a second time, with this value.
    Again(Value),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("removed"),
            Self::Set(value) => write!(f, "= {value:.60}"),
            Self::Again(value) => write!(f, "again, = {value:.60}"),
        }
    }
}

/// The answer to the browser: status and code.
pub(super) type Page = (u16, &'static str);

pub(super) const EHR: Page = (502, "ehr-error");
pub(super) const IDENTITY: Page = (502, "identity-refused");
pub(super) const AWAY: Page = (503, "ehr-unavailable");

/// What becomes of the tokens of a launch that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tokens {
    Revoked,
    /// The answer that they came in is not understood, and nothing of it is used, not even for that.
    NotUnderstood,
}

pub(super) enum Outcome {
    Refused {
        /// `Debug` of the `FinishError`. `MEMBERS` stands for the names of the members that were sent, `KEYS` for the
        /// address of the key set, `ISSUER` for the issuer.
        error: String,
        page: Page,
        tokens: Tokens,
    },
    Accepted {
        because: &'static str,
        /// The one line that is different from those of the good launch; empty when there is none.
        told: &'static str,
    },
}

pub(super) struct Row {
    pub(super) field: &'static str,
    pub(super) change: Change,
    pub(super) outcome: Outcome,
}

pub(super) const fn row(field: &'static str, change: Change, outcome: Outcome) -> Row {
    Row { field, change, outcome }
}

/// The launch opens, and the application is told one thing that is different.
pub(super) const fn told(told: &'static str, because: &'static str) -> Outcome {
    Outcome::Accepted { because, told }
}

/// The launch opens as if nothing had been changed.
pub(super) const fn same(because: &'static str) -> Outcome {
    told("", because)
}

pub(super) fn set(value: impl Into<Value>) -> Change {
    Change::Set(value.into())
}

pub(super) fn again(value: impl Into<Value>) -> Change {
    Change::Again(value.into())
}

/// The object as it is sent.
pub(super) fn text_of(object: &Map<String, Value>, field: &str, change: &Change) -> String {
    let mut object = object.clone();
    match change {
        Change::Removed => assert!(object.remove(field).is_some(), "{field} is not there to be removed"),
        Change::Set(value) => drop(object.insert(field.to_owned(), value.clone())),
        Change::Again(value) => {
            assert!(object.contains_key(field), "{field} is not there to be repeated");
            let text = Value::Object(object).to_string();
            let all_but_the_end = text.strip_suffix('}').unwrap();
            return format!("{all_but_the_end},{}:{value}}}", Value::from(field));
        }
    }
    Value::Object(object).to_string()
}

/// Each of these members is in the table: taken out, `null`, of another type, changed, and empty where it can be.
pub(super) fn assert_complete(rows: &[Row], good: &Map<String, Value>, members: &[&str]) {
    for member in members {
        let original = &good[*member];
        let same_type = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(original);
        let has = |what: &str, wanted: &dyn Fn(&Change) -> bool| {
            let found = rows.iter().any(|row| row.field == *member && wanted(&row.change));
            assert!(found, "the table has no row for {member}, {what}");
        };
        has("removed", &|change| matches!(change, Change::Removed));
        has("null", &|change| matches!(change, Change::Set(Value::Null)));
        has(
            "of another type",
            &|change| matches!(change, Change::Set(value) if !same_type(value) && !value.is_null()),
        );
        has(
            "changed",
            &|change| matches!(change, Change::Set(value) if same_type(value) && value != original),
        );
        if original.is_string() {
            has("empty", &|change| matches!(change, Change::Set(value) if value == ""));
        }
    }
}

pub(super) fn members_of(object: &Map<String, Value>) -> Vec<&str> {
    object.keys().map(String::as_str).collect()
}
