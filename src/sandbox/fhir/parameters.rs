//! The search parameters of each type: where their values are, and how they are compared.

use serde_json::Value;

use crate::sandbox::{owner, places};

/// How a parameter is compared (FHIR R4, Search, 3.1.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    Token,
    Reference,
    Text,
    Date,
}

impl Kind {
    /// As a `CapabilityStatement` names it.
    pub(in crate::sandbox) const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Reference => "reference",
            Self::Text => "string",
            Self::Date => "date",
        }
    }
}

/// A search parameter of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Parameter {
    pub(in crate::sandbox) name: &'static str,
    pub(in crate::sandbox) kind: Kind,
    /// Where its values are: members separated by dots. Of a list, all.
    places: &'static [&'static str],
}

const fn token(name: &'static str, places: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Token,
        places,
    }
}

const fn reference(name: &'static str, places: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Reference,
        places,
    }
}

const fn words(name: &'static str, places: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Text,
        places,
    }
}

const fn date(name: &'static str, places: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Date,
        places,
    }
}

/// Those of every type.
const COMMON: [Parameter; 3] = [
    token("_id", &["id"]),
    date("_lastUpdated", &["meta.lastUpdated"]),
    token("_tag", &["meta.tag"]),
];

/// That of types which are about a patient, and of which no more is known here.
const COMPARTMENT: [Parameter; 1] = [reference("patient", &owner::PLACES)];

const SUBJECT: [Parameter; 2] = [reference("patient", &["subject"]), reference("subject", &["subject"])];

const PATIENT: [Parameter; 6] = [
    words("name", &["name.text", "name.family", "name.given", "name.prefix"]),
    words("family", &["name.family"]),
    words("given", &["name.given"]),
    date("birthdate", &["birthDate"]),
    token("gender", &["gender"]),
    token("identifier", &["identifier"]),
];
const PRACTITIONER: [Parameter; 4] = [
    words("name", &["name.text", "name.family", "name.given", "name.prefix"]),
    words("family", &["name.family"]),
    words("given", &["name.given"]),
    token("identifier", &["identifier"]),
];
const ENCOUNTER: [Parameter; 3] = [
    date("date", &["period"]),
    token("status", &["status"]),
    token("class", &["class"]),
];
const OBSERVATION: [Parameter; 5] = [
    token("category", &["category"]),
    token("code", &["code"]),
    date("date", &["effectiveDateTime", "effectivePeriod", "effectiveInstant"]),
    token("status", &["status"]),
    reference("encounter", &["encounter"]),
];
const CONDITION: [Parameter; 6] = [
    token("category", &["category"]),
    token("clinical-status", &["clinicalStatus"]),
    token("code", &["code"]),
    date("onset-date", &["onsetDateTime", "onsetPeriod"]),
    date("recorded-date", &["recordedDate"]),
    reference("encounter", &["encounter"]),
];
const MEDICATION_REQUEST: [Parameter; 5] = [
    token("status", &["status"]),
    token("intent", &["intent"]),
    date("authoredon", &["authoredOn"]),
    token("code", &["medicationCodeableConcept"]),
    reference("encounter", &["encounter"]),
];
const ALLERGY_INTOLERANCE: [Parameter; 4] = [
    reference("patient", &["patient"]),
    token("clinical-status", &["clinicalStatus"]),
    token("code", &["code"]),
    token("criticality", &["criticality"]),
];
const DOCUMENT_REFERENCE: [Parameter; 5] = [
    token("status", &["status"]),
    token("type", &["type"]),
    token("category", &["category"]),
    date("date", &["date"]),
    reference("encounter", &["context.encounter"]),
];

/// The types that this server knows the parameters of. Data may bring others.
pub(in crate::sandbox) const TYPES: [&str; 8] = [
    "Patient",
    "Practitioner",
    "Encounter",
    "Observation",
    "Condition",
    "MedicationRequest",
    "AllergyIntolerance",
    "DocumentReference",
];

/// Those of a type, those of every type first.
pub(in crate::sandbox) fn of_type(resource_type: &str) -> impl Iterator<Item = &'static Parameter> {
    let (own, about_a_patient): (&'static [Parameter], &'static [Parameter]) = match resource_type {
        "Patient" => (&PATIENT, &[]),
        "Practitioner" => (&PRACTITIONER, &[]),
        "Encounter" => (&ENCOUNTER, &SUBJECT),
        "Observation" => (&OBSERVATION, &SUBJECT),
        "Condition" => (&CONDITION, &SUBJECT),
        "MedicationRequest" => (&MEDICATION_REQUEST, &SUBJECT),
        "AllergyIntolerance" => (&ALLERGY_INTOLERANCE, &[]),
        "DocumentReference" => (&DOCUMENT_REFERENCE, &SUBJECT),
        "*" => (&[], &[]),
        other if owner::is_about_a_patient(other) => (&[], &COMPARTMENT),
        _ => (&[], &[]),
    };
    COMMON.iter().chain(about_a_patient).chain(own)
}

/// The parameter of a type. For `*`: one of every type.
pub(in crate::sandbox) fn find(resource_type: &str, name: &str) -> Option<&'static Parameter> {
    of_type(resource_type).find(|parameter| parameter.name == name)
}

impl Parameter {
    /// The values in a resource.
    pub(super) fn values<'a>(&self, resource: &'a Value) -> Vec<&'a Value> {
        places::values(resource, self.places)
    }
}
