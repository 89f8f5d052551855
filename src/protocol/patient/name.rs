//! A name of a person: [`PersonName`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{date::FhirDate, period::LastDay};
use crate::protocol::visible::visible;

/// Longer than any name; what is behind it is cut, and `…` says so.
const LONGEST: usize = 300;
/// More parts than a name has.
const MOST_PARTS: usize = 20;

/// A name of the patient, as text for people. What nobody sees (characters of control and direction) is left out.
///
/// `Debug` shows the use alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    #[serde(rename = "use", default)]
    name_use: NameUse,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<LastDay>,
}

/// What a name is for (FHIR, value set `name-use`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NameUse {
    /// As it is registered.
    Official,
    /// As the person is called.
    Usual,
    /// For a time.
    Temp,
    /// Among friends.
    Nickname,
    /// To protect the person, or because nobody knows the name.
    Anonymous,
    /// Before a marriage.
    Maiden,
    /// Not any more.
    Old,
    /// The server did not say, or says something that this crate does not know.
    #[default]
    #[serde(other)]
    Unsaid,
}

impl PersonName {
    /// Reads a `HumanName`. `None`: it names nobody.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).and_then(clean);
        let parts = |name: &str| -> Vec<String> {
            let all = value.get(name).and_then(Value::as_array).into_iter().flatten();
            all.take(MOST_PARTS)
                .filter_map(Value::as_str)
                .filter_map(clean)
                .collect()
        };
        let (family, given) = (text("family"), parts("given"));
        let written = text("text").or_else(|| {
            let all = [
                parts("prefix"),
                given.clone(),
                family.clone().into_iter().collect(),
                parts("suffix"),
            ];
            clean(&all.concat().join(" "))
        })?;
        Some(Self {
            name_use: NameUse::read(value.get("use")),
            text: written,
            family,
            given,
            until: LastDay::of(value),
        })
    }

    /// The whole name, as the server writes it, else prefix, given names, family name and suffix.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The family name.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        self.family.as_deref()
    }

    /// The given names.
    #[must_use]
    pub fn given(&self) -> &[String] {
        &self.given
    }

    /// What it is for.
    #[must_use]
    pub const fn name_use(&self) -> NameUse {
        self.name_use
    }

    /// Whether it is not used any more on that day: it is an old name, or its period is over.
    #[must_use]
    pub fn is_past_on(&self, day: FhirDate) -> bool {
        self.name_use == NameUse::Old || self.until.is_some_and(|last| last.is_before(day))
    }

    /// Which of several names is to be shown on that day: the smallest.
    pub(super) fn rank_on(&self, day: FhirDate) -> u8 {
        let by_use = match self.name_use {
            NameUse::Official => 0,
            NameUse::Usual => 1,
            NameUse::Unsaid => 2,
            NameUse::Temp => 3,
            NameUse::Nickname => 4,
            NameUse::Anonymous => 5,
            NameUse::Maiden => 6,
            NameUse::Old => 7,
        };
        if self.is_past_on(day) { by_use + 10 } else { by_use }
    }
}

impl NameUse {
    fn read(value: Option<&Value>) -> Self {
        value
            .and_then(|value| Self::deserialize(value).ok())
            .unwrap_or_default()
    }
}

/// What can be seen of a text, in one line and not longer than anything that is meant; `None` when that is nothing.
pub(super) fn clean(text: &str) -> Option<String> {
    let visible: String = visible(text).collect();
    let words: Vec<_> = visible.split_whitespace().collect();
    let line = words.join(" ");
    if line.is_empty() {
        return None;
    }
    if line.chars().count() <= LONGEST {
        return Some(line);
    }
    let start: String = line.chars().take(LONGEST).collect();
    Some(format!("{start}…"))
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonName")
            .field("use", &self.name_use)
            .finish_non_exhaustive()
    }
}
