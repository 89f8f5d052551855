//! A page that reads FHIR with the types of `fhir-sdk`: who the patient is, and the newest blood pressures.

use actix_smart_auth::{Patient, fhir::FhirError, launch_scope};
use actix_web::web;
use fhir_sdk::r4b::{
    codes::ObservationStatus,
    resources::{self, Observation, ObservationComponent, ObservationComponentValue},
    types::CodeableConcept,
};

const SYSTOLIC: &str = "8480-6";
const DIASTOLIC: &str = "8462-4";

/// What is served, around which `SmartAuth` is wrapped.
pub fn routes(app: &mut web::ServiceConfig) {
    app.service(launch_scope().route("/", web::get().to(blood_pressures)));
}

async fn blood_pressures(patient: Patient) -> Result<String, FhirError> {
    let fhir = patient.session().fhir();
    let person: resources::Patient = fhir.read("Patient", patient.id()).await?;
    let search = fhir.search("Observation").param("patient", patient.id());
    let search = search.param("code", "http://loinc.org|85354-9").param("_sort", "-date");
    let found: Vec<Observation> = search.all(20).await?;

    let mut page = name(&person).unwrap_or_else(|| "A patient without a name".to_owned());
    for pressure in found.iter().filter_map(pressure) {
        page.push('\n');
        page.push_str(&pressure);
    }
    Ok(page)
}

/// In FHIR's JSON a list may have gaps, so that its items are `Option`s.
fn name(person: &resources::Patient) -> Option<String> {
    let name = person.name.iter().flatten().next()?;
    let given = name.given.iter().flatten().map(String::as_str);
    let words: Vec<_> = given.chain(name.family.as_deref()).collect();
    let written = name.text.clone().unwrap_or_else(|| words.join(" "));
    (!written.is_empty()).then_some(written)
}

fn pressure(observation: &Observation) -> Option<String> {
    // It stays on the server, and is no measurement of this patient.
    if observation.status == ObservationStatus::EnteredInError {
        return None;
    }
    let part = |code| {
        let mut parts = observation.component.iter().flatten();
        parts.find(|part| has_code(&part.code, code)).and_then(value)
    };
    let ((systolic, unit), (diastolic, other_unit)) = (part(SYSTOLIC)?, part(DIASTOLIC)?);
    (unit == other_unit).then(|| format!("{systolic}/{diastolic} {unit}"))
}

fn has_code(concept: &CodeableConcept, loinc: &str) -> bool {
    let mut codings = concept.coding.iter().flatten();
    codings.any(|coding| coding.system.as_deref() == Some("http://loinc.org") && coding.code.as_deref() == Some(loinc))
}

/// An exact number with its unit: less than 5 is not 5.
fn value(part: &ObservationComponent) -> Option<(f64, &str)> {
    match part.value.as_ref()? {
        ObservationComponentValue::Quantity(quantity) if quantity.comparator.is_none() => {
            Some((quantity.value?, quantity.unit.as_deref()?))
        }
        _ => None,
    }
}
