//! Who the patient is, in a few facts: [`PatientFacts`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{date::FhirDate, identifier::PatientIdentifier, name::PersonName};
use crate::protocol::launch_context::is_id;

const MOST_NAMES: usize = 20;
const MOST_IDENTIFIERS: usize = 50;

/// What tells a reader who the patient is: names, date of birth, gender, numbers, and whether the patient has died.
///
/// A member that is not written as FHIR writes it is left out. `Debug` shows how much there is, not what.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientFacts {
    id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<PersonName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    birth_date: Option<FhirDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gender: Option<Gender>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<PatientIdentifier>,
    #[serde(default)]
    deceased: Deceased,
}

/// The gender that the administration has (FHIR, value set `administrative-gender`). What a treatment needs may be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Another one.
    Other,
    /// Not known.
    #[serde(other)]
    Unknown,
}

/// Whether the patient has died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Deceased {
    /// The record does not say so.
    #[default]
    NotSaid,
    /// The patient has died.
    Yes,
    /// The patient died on that day.
    On(FhirDate),
}

impl PatientFacts {
    /// Reads a `Patient`. `None`: it is not the patient with this id.
    pub(crate) fn read(resource: &Value, id: &str) -> Option<Self> {
        let is_asked = resource.get("resourceType")?.as_str()? == "Patient" && resource.get("id")?.as_str()? == id;
        if !is_asked || !is_id(id) {
            return None;
        }
        let all = |name: &str| resource.get(name).and_then(Value::as_array).into_iter().flatten();
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        let deceased = match (text("deceasedDateTime"), resource.get("deceasedBoolean")) {
            // A date that cannot be read says it too.
            (Some(date), _) => FhirDate::parse(date).map_or(Deceased::Yes, Deceased::On),
            (None, Some(Value::Bool(true))) => Deceased::Yes,
            (None, _) => Deceased::NotSaid,
        };
        Some(Self {
            id: id.to_owned(),
            names: all("name").filter_map(PersonName::read).take(MOST_NAMES).collect(),
            birth_date: text("birthDate").and_then(FhirDate::parse),
            gender: resource
                .get("gender")
                .and_then(|gender| Gender::deserialize(gender).ok()),
            identifiers: all("identifier")
                .filter_map(PatientIdentifier::read)
                .take(MOST_IDENTIFIERS)
                .collect(),
            deceased,
        })
    }

    /// The FHIR id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name to show on that day: the official one, else the usual one, else one without a use. A name whose period is over by then
    /// comes last. Of several that are alike the first counts, as the server has them.
    #[must_use]
    pub fn name_on(&self, day: FhirDate) -> Option<&PersonName> {
        self.names.iter().min_by_key(|name| name.rank_on(day))
    }

    /// All names, in the order of the server; also those in other scripts, and of the past.
    #[must_use]
    pub fn names(&self) -> &[PersonName] {
        &self.names
    }

    /// The date of birth.
    #[must_use]
    pub const fn birth_date(&self) -> Option<FhirDate> {
        self.birth_date
    }

    /// The gender that the administration has.
    #[must_use]
    pub const fn gender(&self) -> Option<Gender> {
        self.gender
    }

    /// All numbers of the patient, in the order of the server; also those that are not for a screen, such as social security numbers.
    #[must_use]
    pub fn identifiers(&self) -> &[PatientIdentifier] {
        &self.identifiers
    }

    /// Whether the patient has died.
    #[must_use]
    pub const fn deceased(&self) -> Deceased {
        self.deceased
    }
}

impl fmt::Debug for PatientFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientFacts")
            .field("names", &self.names.len())
            .field("identifiers", &self.identifiers.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
