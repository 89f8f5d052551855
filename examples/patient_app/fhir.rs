//! Reading from the EHR's FHIR server with the launch's access token.

use std::fmt;

use actix_smart_auth::{Patient, fhir::FhirError};
use serde_json::Value;

/// Why nothing can be shown, as a sentence for a person.
#[derive(Debug)]
pub(crate) enum Unread {
    Fhir(FhirError),
    /// Values without a name beside them are not shown.
    WhoseIsUnknown,
}

impl From<FhirError> for Unread {
    fn from(error: FhirError) -> Self {
        tracing::warn!(%error, "the FHIR server gave nothing that can be shown");
        Self::Fhir(error)
    }
}

/// Who the patient is.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) birth_date: String,
}

/// One measurement, ready to be shown.
pub(crate) struct Measurement {
    pub(crate) date: String,
    pub(crate) what: String,
    pub(crate) value: String,
}

pub(crate) async fn person(patient: &Patient) -> Result<Person, Unread> {
    let resource: Value = patient.session().fhir().read("Patient", patient.id()).await?;
    Ok(Person {
        name: name(&resource),
        birth_date: text(&resource, "/birthDate"),
    })
}

/// The latest ones.
pub(crate) async fn measurements(patient: &Patient) -> Result<Vec<Measurement>, Unread> {
    let search = patient.session().fhir().search("Observation");
    let search = search
        .param("patient", patient.id())
        .param("category", "vital-signs,laboratory");
    let found: Vec<Value> = search.count(12).all(12).await?;
    Ok(found.iter().map(measurement).collect())
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::WhoseIsUnknown => {
                return f.write_str("Not shown while it is not known whose they are. Reload to try again.");
            }
            Self::Fhir(error) => error,
        };
        match (error, error.status()) {
            (FhirError::InsufficientScope(_), _) => {
                f.write_str("The scope for this was not granted; see the scopes below.")
            }
            (_, Some(401)) => f.write_str(
                "The FHIR server does not accept the access token any more (401). Press “Refresh now”, or sign in again.",
            ),
            (_, Some(403)) => f.write_str(
                "The FHIR server does not allow this (403). Probably the scope for it was not granted; see the scopes below.",
            ),
            (_, Some(status)) => write!(f, "The FHIR server answered {status}. Wait a little and reload."),
            (FhirError::Unreadable { .. }, _) => {
                f.write_str("The FHIR server answered something that is not FHIR JSON.")
            }
            _ => f.write_str("The FHIR server could not be reached. Wait a little and reload."),
        }
    }
}

/// The text of the name, else its parts.
fn name(resource: &Value) -> String {
    let whole = text(resource, "/name/0/text");
    if !whole.is_empty() {
        return whole;
    }
    let given = resource.pointer("/name/0/given").and_then(Value::as_array);
    let mut parts: Vec<&str> = given.into_iter().flatten().filter_map(Value::as_str).collect();
    parts.extend(resource.pointer("/name/0/family").and_then(Value::as_str));
    if parts.is_empty() {
        "(no name)".to_owned()
    } else {
        parts.join(" ")
    }
}

fn measurement(resource: &Value) -> Measurement {
    let date_time = text(resource, "/effectiveDateTime");
    let what = [text(resource, "/code/text"), text(resource, "/code/coding/0/display")];
    Measurement {
        date: date_time.chars().take(10).collect(),
        what: what.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
        value: value(resource),
    }
}

fn value(resource: &Value) -> String {
    let quantity = |of: &Value| Some((number(of)?, text(of, "/valueQuantity/unit")));
    if let Some((number, unit)) = quantity(resource) {
        return format!("{number} {unit}");
    }
    // A blood pressure has its two values as components.
    let components = resource.pointer("/component").and_then(Value::as_array);
    let (numbers, units): (Vec<String>, Vec<String>) = components.into_iter().flatten().filter_map(quantity).unzip();
    match units.first() {
        Some(unit) if units.iter().all(|other| other == unit) => format!("{} {unit}", numbers.join(" / ")),
        _ => text(resource, "/valueCodeableConcept/text"),
    }
}

fn number(of: &Value) -> Option<String> {
    of.pointer("/valueQuantity/value").map(Value::to_string)
}

fn text(resource: &Value, pointer: &str) -> String {
    resource
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
