//! What is done for each address.

use actix_smart_auth::{Patient, SmartSession, fhir::FhirError};
use actix_web::HttpResponse;
use serde_json::Value;

use crate::html;

/// No page needs more.
const MOST_MEASUREMENTS: usize = 20;

/// `/`: outside of any launch.
pub(crate) async fn home() -> HttpResponse {
    page(html::home())
}

/// `/~{smart_launch}/`: the patient of this tab. It runs only with an open launch, a patient and a fresh token.
///
/// What the EHR does not give becomes a page of the crate that says what to do.
pub(crate) async fn patient(patient: Patient) -> Result<HttpResponse, FhirError> {
    let session = patient.session();
    let person = session.fhir().read("Patient", patient.id()).await?;
    let measurements = measurements(session, patient.id()).await?;
    let sign_out = session.path("/auth/logout");
    Ok(page(html::patient(&person, &measurements, &sign_out)))
}

/// The newest first.
async fn measurements(session: &SmartSession, patient: &str) -> Result<Vec<Value>, FhirError> {
    let search = session.fhir().search("Observation").param("patient", patient);
    let vital_signs = search.param("category", "vital-signs").param("_sort", "-date");
    vital_signs.all(MOST_MEASUREMENTS).await
}

fn page(html: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
        ))
        .body(html)
}
