//! What is done for each address.

use actix_smart_auth::{Patient, SmartSession, fhir::FhirError};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::Value;

use crate::html;

/// No page needs more.
const MOST_MEASUREMENTS: usize = 20;

/// `/`: outside of any launch.
pub(crate) async fn home() -> HttpResponse {
    page(StatusCode::OK, html::home())
}

/// `/~{smart_launch}/`: the patient of this tab. It runs only with an open launch, a patient and a fresh token.
pub(crate) async fn patient(patient: Patient) -> Result<HttpResponse, NoChart> {
    let session = patient.session();
    let person = session.fhir().read("Patient", patient.id()).await?;
    let measurements = measurements(session, patient.id()).await?;
    let sign_out = session.path("/auth/logout");
    Ok(page(StatusCode::OK, html::patient(&person, &measurements, &sign_out)))
}

/// The newest first.
async fn measurements(session: &SmartSession, patient: &str) -> Result<Vec<Value>, FhirError> {
    let search = session.fhir().search("Observation").param("patient", patient);
    let vital_signs = search.param("category", "vital-signs").param("_sort", "-date");
    vital_signs.all(MOST_MEASUREMENTS).await
}

/// The EHR did not give what the page shows.
#[derive(Debug)]
pub(crate) struct NoChart(FhirError);

impl From<FhirError> for NoChart {
    fn from(error: FhirError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for NoChart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the chart cannot be shown: {}", self.0)
    }
}

impl ResponseError for NoChart {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            FhirError::Launch(error) => error.status_code(),
            FhirError::InsufficientScope(error) => error.status_code(),
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    fn error_response(&self) -> HttpResponse {
        // No message of the crate names a patient.
        tracing::warn!(error = %self.0, "a chart could not be shown");
        let (title, advice) = match &self.0 {
            FhirError::Launch(_) => ("This chart is closed", "Please open it again from the record system."),
            FhirError::InsufficientScope(_) => (
                "Something was not allowed",
                "This page needs permissions that were not given. Open it again from the record system, and allow them.",
            ),
            _ => (
                "The record system does not answer",
                "Nothing is lost. Please try again in a minute.",
            ),
        };
        page(self.status_code(), html::notice(title, advice))
    }
}

fn page(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
        ))
        .body(html)
}
