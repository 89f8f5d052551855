//! Reading from the EHR's FHIR server with the launch's access token.

use std::{fmt, sync::Arc, time::Duration};

use actix_smart_auth::{Patient, SmartSession};
use awc::{
    Client, Connector,
    http::{
        StatusCode,
        header::{ACCEPT, AUTHORIZATION},
    },
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde_json::Value;

/// The client for FHIR requests, one per worker.
pub(crate) struct Fhir(Client);

/// Why the FHIR server's answer cannot be shown, as a sentence for a person.
#[derive(Debug)]
pub(crate) enum FhirError {
    Unreachable,
    Status(StatusCode),
    NotJson,
    /// Values without a name beside them are not shown.
    WhoseIsUnknown,
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

impl Fhir {
    pub(crate) fn new() -> Self {
        let mut connector = Connector::new();
        // awc comes without root certificates unless one of its features adds them.
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let provider = Arc::new(aws_lc_rs::default_provider());
        match ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions() {
            Ok(tls) => {
                let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
                // awc does not notice that an idle HTTP/2 connection has gone.
                tls.alpn_protocols = vec![b"http/1.1".to_vec()];
                connector = connector.rustls_0_23(Arc::new(tls));
            }
            Err(error) => tracing::error!(%error, "FHIR servers with https cannot be reached"),
        }
        let client = Client::builder()
            .connector(connector)
            // The token is for this server alone: it must not travel along with a redirect.
            .disable_redirects()
            .timeout(Duration::from_secs(10))
            .finish();
        Self(client)
    }

    pub(crate) async fn person(&self, patient: &Patient) -> Result<Person, FhirError> {
        let resource = self.get(patient.session(), &patient.reference()).await?;
        Ok(Person {
            name: name(&resource),
            birth_date: text(&resource, "/birthDate"),
        })
    }

    pub(crate) async fn measurements(&self, patient: &Patient) -> Result<Vec<Measurement>, FhirError> {
        let query = format!(
            "Observation?patient={}&category=vital-signs,laboratory&_count=12",
            patient.id()
        );
        let bundle = self.get(patient.session(), &query).await?;
        let entries = bundle.pointer("/entry").and_then(Value::as_array);
        let resources = entries.into_iter().flatten().filter_map(|entry| entry.get("resource"));
        // A search may add an OperationOutcome with remarks.
        Ok(resources
            .filter(|resource| text(resource, "/resourceType") == "Observation")
            .map(measurement)
            .collect())
    }

    async fn get(&self, session: &SmartSession, path: &str) -> Result<Value, FhirError> {
        let url = format!("{}/{path}", session.fhir_base_url().trim_end_matches('/'));
        let request = || {
            let request = self.0.get(url.as_str());
            request
                .insert_header((AUTHORIZATION, session.authorization_header()))
                .insert_header((ACCEPT, "application/fhir+json"))
                .send()
        };
        // Once more: a server may close an idle connection at the moment at which it is used again. Reading is safe to repeat.
        let answer = match request().await {
            Ok(response) => Ok(response),
            Err(_) => request().await,
        };
        let mut response = answer.map_err(|error| {
            tracing::warn!(%error, "the FHIR server could not be reached");
            FhirError::Unreachable
        })?;
        if !response.status().is_success() {
            return Err(FhirError::Status(response.status()));
        }
        let body = response.body().limit(4 * 1024 * 1024).await;
        let body = body.map_err(|_| FhirError::Unreachable)?;
        serde_json::from_slice(&body).map_err(|_| FhirError::NotJson)
    }
}

impl fmt::Display for FhirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("The FHIR server could not be reached. Wait a little and reload."),
            Self::Status(StatusCode::UNAUTHORIZED) => f.write_str(
                "The FHIR server does not accept the access token any more (401). Press “Refresh now”, or sign in again.",
            ),
            Self::Status(StatusCode::FORBIDDEN) => f.write_str(
                "The FHIR server does not allow this (403). Probably the scope for it was not granted; see the scopes below.",
            ),
            Self::Status(status) => write!(f, "The FHIR server answered {}. Wait a little and reload.", status.as_u16()),
            Self::WhoseIsUnknown => f.write_str("Not shown while it is not known whose they are. Reload to try again."),
            Self::NotJson => f.write_str("The FHIR server answered something that is not FHIR JSON."),
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
