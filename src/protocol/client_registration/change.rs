//! What a server made of the metadata: [`MetadataChange`].

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::protocol::visible::in_log;

/// The members that decide what the client may do.
const USE: [&str; 4] = ["redirect_uris", "token_endpoint_auth_method", "grant_types", "scope"];

/// A member of the metadata that the server registered in another way than it was asked to (RFC 7591, section 3.2.1: it may
/// replace any value, and leave out what it does not know).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetadataChange {
    /// The member.
    pub member: String,
    /// What was asked for.
    pub asked: Value,
    /// What the server registered. `None`: it does not say that it registered anything.
    pub registered: Option<Value>,
}

impl MetadataChange {
    /// Whether it is about what the client may do, and not about how people see it.
    pub(crate) fn is_about_use(&self) -> bool {
        USE.contains(&self.member.as_str())
    }

    /// For the log: with both values where it is about what the client may do. Others may be long, or the application's own.
    pub(crate) fn in_log(&self) -> String {
        let Self { member, .. } = self;
        match self.is_about_use() {
            true => format!(
                "{member}: asked for {}, registered {}",
                said(Some(&self.asked)),
                said(self.registered.as_ref())
            ),
            false => format!("{}: other than asked for", in_log(member)),
        }
    }

    pub(super) fn all(asked: &Map<String, Value>, registered: &Map<String, Value>) -> Vec<Self> {
        let differing = asked.iter().filter(|(name, value)| {
            let now = registered.get(*name).filter(|now| !now.is_null());
            // Nothing was asked for, and nothing was said.
            let is_nothing = now.is_none() && value.as_array().is_some_and(Vec::is_empty);
            !is_nothing && !now.is_some_and(|now| is_same(name, value, now))
        });
        differing
            .map(|(name, value)| Self {
                member: name.clone(),
                asked: value.clone(),
                registered: registered.get(name).filter(|now| !now.is_null()).cloned(),
            })
            .collect()
    }
}

/// Whether two values mean the same. The order of a list does not matter.
fn is_same(name: &str, left: &Value, right: &Value) -> bool {
    let words = |value: &Value| {
        value
            .as_str()
            .map(|text| text.split_whitespace().map(str::to_owned).collect())
    };
    let items = |value: &Value| value.as_array().map(|list| list.iter().map(Value::to_string).collect());
    let same = |left: Option<BTreeSet<String>>, right: Option<BTreeSet<String>>| left.is_some() && left == right;
    left == right || (name == "scope" && same(words(left), words(right))) || same(items(left), items(right))
}

/// A value as it may stand in a log.
pub(super) fn said(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(value) => in_log(&value.to_string()),
    }
}
