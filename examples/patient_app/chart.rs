//! What the page of a patient shows, read from the EHR's FHIR server.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use actix_smart_auth::{
    Patient,
    fhir::{Fhir, FhirError},
    patient::{FhirDate, PatientBanner, PatientFacts},
};
use serde_json::Value;

use crate::vitals::{Series, series};

/// How long a person waits for the EHR until the page says that it is slow. The library itself waits for 30 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everything on the page of one launch.
pub(crate) struct Chart {
    pub(crate) person: Result<PatientFacts, Unread>,
    pub(crate) vitals: Result<Vec<Series>, Unread>,
    pub(crate) problems: Result<Vec<Line>, Unread>,
    pub(crate) medications: Result<Vec<Line>, Unread>,
    pub(crate) allergies: Result<Vec<Line>, Unread>,
}

/// One line of a list: what it is, and what is said of it.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) more: String,
}

/// Why something cannot be shown, as a sentence for a person.
#[derive(Debug)]
pub(crate) enum Unread {
    Fhir(FhirError),
    /// Values without a name beside them are not shown.
    WhoseIsUnknown,
    TooSlow,
}

impl Chart {
    /// Asks for all of it at once: one slow answer holds up the page, five do not hold it up five times.
    pub(crate) async fn read(patient: &Patient) -> Self {
        let fhir = patient.session().fhir();
        let (person, vitals, problems, medications, allergies) = tokio::join!(
            soon(async { Ok(patient.facts().await?) }),
            soon(vitals(&fhir, patient.id())),
            soon(problems(&fhir, patient.id())),
            soon(medications(&fhir, patient.id())),
            soon(allergies(&fhir, patient.id())),
        );
        if let Err(error) = person {
            return Self {
                person: Err(error),
                vitals: Err(Unread::WhoseIsUnknown),
                problems: Err(Unread::WhoseIsUnknown),
                medications: Err(Unread::WhoseIsUnknown),
                allergies: Err(Unread::WhoseIsUnknown),
            };
        }
        Self {
            person,
            vitals,
            problems,
            medications,
            allergies,
        }
    }

    /// Who the patient is, for the head of the page. `None` where it is not known.
    #[expect(
        clippy::disallowed_methods,
        reason = "the library takes a clock; an application has one day"
    )]
    pub(crate) fn banner(&self) -> Option<PatientBanner> {
        let facts = self.person.as_ref().ok()?;
        Some(PatientBanner::new(facts.clone(), FhirDate::in_utc(SystemTime::now())))
    }
}

/// Each for itself: what was quick is shown, whatever the rest does.
async fn soon<T>(reading: impl Future<Output = Result<T, Unread>>) -> Result<T, Unread> {
    let result = tokio::time::timeout(PATIENCE, reading).await;
    result.unwrap_or_else(|_| {
        tracing::warn!("the FHIR server takes longer than {} s", PATIENCE.as_secs());
        Err(Unread::TooSlow)
    })
}

async fn vitals(fhir: &Fhir, patient: &str) -> Result<Vec<Series>, Unread> {
    let search = fhir.search("Observation").param("patient", patient);
    let found: Vec<Value> = search.param("category", "vital-signs,laboratory").all(200).await?;
    Ok(series(&found))
}

async fn problems(fhir: &Fhir, patient: &str) -> Result<Vec<Line>, Unread> {
    let search = fhir.search("Condition").param("patient", patient);
    let found: Vec<Value> = search.param("clinical-status", "active").all(50).await?;
    Ok(found
        .iter()
        .map(|it| line(concept(it, "/code"), text(it, "/onsetDateTime"), "since "))
        .collect())
}

async fn medications(fhir: &Fhir, patient: &str) -> Result<Vec<Line>, Unread> {
    let search = fhir.search("MedicationRequest").param("patient", patient);
    let found: Vec<Value> = search.param("status", "active").all(50).await?;
    Ok(found
        .iter()
        .map(|it| {
            let what = concept(it, "/medicationCodeableConcept");
            line(what, text(it, "/dosageInstruction/0/text"), "")
        })
        .collect())
}

async fn allergies(fhir: &Fhir, patient: &str) -> Result<Vec<Line>, Unread> {
    let search = fhir.search("AllergyIntolerance").param("patient", patient);
    let found: Vec<Value> = search.param("clinical-status", "active").all(50).await?;
    Ok(found
        .iter()
        .map(|it| line(concept(it, "/code"), concept(it, "/reaction/0/manifestation/0"), ""))
        .collect())
}

fn line(what: &str, more: &str, before: &str) -> Line {
    Line {
        what: if what.is_empty() { "(without a name)" } else { what }.to_owned(),
        more: if more.is_empty() {
            String::new()
        } else {
            format!("{before}{more}")
        },
    }
}

/// The words of a CodeableConcept.
pub(crate) fn concept<'a>(resource: &'a Value, pointer: &str) -> &'a str {
    match text(resource, &format!("{pointer}/text")) {
        "" => text(resource, &format!("{pointer}/coding/0/display")),
        words => words,
    }
}

pub(crate) fn text<'a>(resource: &'a Value, pointer: &str) -> &'a str {
    resource.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl From<FhirError> for Unread {
    fn from(error: FhirError) -> Self {
        tracing::warn!(%error, "the FHIR server gave nothing that can be shown");
        Self::Fhir(error)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::WhoseIsUnknown => {
                return f.write_str("Not shown while it is not known whose it is.");
            }
            Self::TooSlow => {
                return f.write_str(
                    "The record system takes longer than usual. You are still signed in. Wait a little and reload.",
                );
            }
            Self::Fhir(error) => error,
        };
        f.write_str(match (error, error.status()) {
            (FhirError::InsufficientScope(_), _) | (_, Some(403)) => "You did not allow this application to read it.",
            (_, Some(401)) => {
                "The record system does not accept this sign-in any more. Press “Refresh now” below, or sign in again."
            }
            (FhirError::Unreadable { .. }, _) => "The record system answered something that cannot be shown.",
            (_, Some(_)) => "The record system could not answer. Wait a little and reload.",
            _ => "The record system could not be reached. Wait a little and reload.",
        })
    }
}
