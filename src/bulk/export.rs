//! An export before it begins: [`BulkExport`].

use std::{fmt, time::Duration};

use super::{
    client::BulkClient,
    job::ExportJob,
    start_error::ExportStartError,
    trouble::{began_nothing, pause_before_again},
};
use crate::{
    fhir::{CutOff, FhirError, FhirRequest, FhirResponse, OperationOn, Parameters, Repeat},
    protocol::{
        bulk::{instant::FhirInstant, place::place},
        fhir::address::{FhirAddressError, check_type},
        launch_context::is_id,
        transport_error::TransportError,
    },
};

/// An export until it begins. What is asked for stands in [HL7's specification][spec]; servers know different parts of it.
///
/// `Debug` shows how many patients and filters are named, and none of them: they say who the people are.
///
/// [spec]: https://hl7.org/fhir/uv/bulkdata/export.html
#[derive(Clone)]
#[must_use = "an export does not begin before `start` or `to_folder`"]
pub struct BulkExport {
    pub(super) bulk: BulkClient,
    level: ExportLevel,
    kick_off: KickOff,
    output_format: OutputFormat,
    since: Option<FhirInstant>,
    until: Option<FhirInstant>,
    types: Vec<String>,
    elements: Vec<String>,
    type_filters: Vec<String>,
    patients: Vec<String>,
    associated: Vec<String>,
}

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportLevel {
    /// All that the server has.
    System,
    /// All patients, and what is about them.
    Patient,
    /// The patients of the group with this id, and what is about them.
    Group(String),
}

/// How an export is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KickOff {
    /// By GET, which all servers of version 3 and before know. The default.
    #[default]
    Get,
    /// By POST. Servers of version 4 know no other.
    Post,
}

/// Which format is asked for. Each of them is lines of JSON: some servers know one of the names alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OutputFormat {
    /// None; the server takes lines of JSON. The default.
    #[default]
    Unstated,
    /// `application/fhir+ndjson`
    FhirNdjson,
    /// `application/ndjson`
    Ndjson,
    /// `ndjson`
    Short,
}

impl OutputFormat {
    const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Unstated => None,
            Self::FhirNdjson => Some("application/fhir+ndjson"),
            Self::Ndjson => Some("application/ndjson"),
            Self::Short => Some("ndjson"),
        }
    }
}

impl BulkClient {
    /// An export that has not begun.
    pub fn export(&self, level: ExportLevel) -> BulkExport {
        BulkExport {
            bulk: self.clone(),
            level,
            kick_off: KickOff::Get,
            output_format: OutputFormat::Unstated,
            since: None,
            until: None,
            types: Vec::new(),
            elements: Vec::new(),
            type_filters: Vec::new(),
            patients: Vec::new(),
            associated: Vec::new(),
        }
    }
}

impl BulkExport {
    /// How it is asked for. Default: [`KickOff::Get`], and POST where [`patients`](Self::patients) are named.
    pub const fn kick_off(mut self, kick_off: KickOff) -> Self {
        self.kick_off = kick_off;
        self
    }

    /// Only what was changed after that (`_since`): [`Manifest::transaction_time`](super::Manifest::transaction_time) of the export
    /// before.
    pub fn since(mut self, since: impl Into<FhirInstant>) -> Self {
        self.since = Some(since.into());
        self
    }

    /// Only what was changed before that (`_until`).
    pub fn until(mut self, until: impl Into<FhirInstant>) -> Self {
        self.until = Some(until.into());
        self
    }

    /// Only resources of these types (`_type`). Default: all that the scopes allow.
    pub fn types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.types.extend(types.into_iter().map(Into::into));
        self
    }

    /// Only these elements, such as `Patient.birthDate` (`_elements`).
    pub fn elements<S: Into<String>>(mut self, elements: impl IntoIterator<Item = S>) -> Self {
        self.elements.extend(elements.into_iter().map(Into::into));
        self
    }

    /// Only what a search would find, such as `Observation?category=laboratory` (`_typeFilter`). Several of a type are alternatives.
    pub fn type_filter(mut self, search: impl Into<String>) -> Self {
        self.type_filters.push(search.into());
        self
    }

    /// Only these patients, by their ids (`patient`). The request is a POST then: ids of people belong into no address.
    pub fn patients<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.patients.extend(ids.into_iter().map(Into::into));
        self
    }

    /// What belongs to the resources as well, such as `LatestProvenanceResources` (`includeAssociatedData`).
    pub fn include_associated_data<S: Into<String>>(mut self, what: impl IntoIterator<Item = S>) -> Self {
        self.associated.extend(what.into_iter().map(Into::into));
        self
    }

    /// Which format is asked for (`_outputFormat`). Default: [`OutputFormat::Unstated`].
    pub const fn output_format(mut self, format: OutputFormat) -> Self {
        self.output_format = format;
        self
    }

    /// Begins it.
    ///
    /// It is sent once: when the connection breaks, or the answer does not come in time, it may have begun. Where it certainly has not been
    /// sent, because the EHR gives no token for the moment or cannot be reached, that is tried again, [`BulkClient::attempts`] times in a
    /// row.
    ///
    /// # Errors
    ///
    /// [`ExportStartError`]
    pub async fn start(&self) -> Result<ExportJob, ExportStartError> {
        let base = self.bulk.base()?;
        let response = self.send_once().await?;
        if response.status() != 202 {
            return Err(ExportStartError::NotAccepted {
                status: response.status(),
            });
        }
        let status = response
            .header("content-location")
            .ok_or(ExportStartError::NoStatusAddress)?;
        let status = place(&base, &base, status).map_err(ExportStartError::StatusAddress)?;
        if !self.bulk.options.token_places.have(&base, &status) {
            return Err(ExportStartError::TokenNotForThere {
                origin: status.origin().ascii_serialization(),
            });
        }
        tracing::info!(ehr = self.bulk.client.fhir_base_url(), "an export was begun");
        Ok(ExportJob::new(self.bulk.clone(), status))
    }

    /// Sends the request at most once, and waits until it can be sent.
    async fn send_once(&self) -> Result<FhirResponse, ExportStartError> {
        let options = &self.bulk.options;
        let mut failures = 0_u32;
        loop {
            let error = match self.request()?.send().await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            failures = failures.saturating_add(1);
            match pause_before_again(options, &error, failures) {
                Some(pause) if began_nothing(&error) => {
                    tracing::info!(%error, "an export could not be asked for yet; that is tried again");
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(refused(error)),
            }
        }
    }

    /// What is asked for, in one line: two exports with the same are the same.
    pub(super) fn described(&self) -> String {
        let parameters = serde_json::to_string(&self.parameters()).unwrap_or_default();
        format!("{:?} {parameters}", self.level)
    }

    fn request(&self) -> Result<FhirRequest, ExportStartError> {
        for resource_type in &self.types {
            check_type(resource_type)?;
        }
        for filter in &self.type_filters {
            check_type(filter.split('?').next().unwrap_or_default())?;
        }
        if !self.patients.iter().all(|id| is_id(id)) {
            return Err(FhirAddressError::NoId.into());
        }
        if self.level == ExportLevel::System && !self.patients.is_empty() {
            return Err(ExportStartError::PatientsAtSystemLevel);
        }
        let fhir = self.bulk.client.fhir();
        let on = match &self.level {
            ExportLevel::System => OperationOn::Server,
            ExportLevel::Patient => OperationOn::Type("Patient"),
            ExportLevel::Group(id) => OperationOn::Resource("Group", id),
        };
        let fhir = fhir.timeout(self.bulk.options.timeout).longest_wait(Duration::ZERO);
        // A server that refuses the token has begun nothing.
        let request = fhir
            .operation(on, "$export")
            .prefer("respond-async")
            .repeat(Repeat::Always)
            .cut_off(CutOff::Final);
        Ok(match self.kick_off {
            KickOff::Get if self.patients.is_empty() => {
                let pairs = self.pairs();
                pairs
                    .iter()
                    .fold(request, |request, (name, _, value)| request.query(name, value))
            }
            KickOff::Get | KickOff::Post => request.parameters(&self.parameters()),
        })
    }

    fn parameters(&self) -> Parameters {
        let pairs = self.pairs();
        let parameters = pairs
            .into_iter()
            .fold(Parameters::new(), |parameters, (name, data_type, value)| {
                parameters.value(name, data_type, value)
            });
        self.patients.iter().fold(parameters, |parameters, id| {
            let reference = serde_json::json!({ "reference": format!("Patient/{id}") });
            parameters.value("patient", "Reference", reference)
        })
    }

    /// Name, data type and value. Lists are one value with commas: servers that read one alone know both ways.
    fn pairs(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut pairs = Vec::new();
        let mut add = |name, data_type, value: Option<String>| {
            pairs.extend(value.map(|value| (name, data_type, value)));
        };
        let list = |values: &[String]| Some(values.join(",")).filter(|values| !values.is_empty());
        add(
            "_outputFormat",
            "String",
            self.output_format.as_str().map(str::to_owned),
        );
        add("_since", "Instant", self.since.clone().map(String::from));
        add("_until", "Instant", self.until.clone().map(String::from));
        add("_type", "String", list(&self.types));
        add("_elements", "String", list(&self.elements));
        add("includeAssociatedData", "String", list(&self.associated));
        for filter in &self.type_filters {
            add("_typeFilter", "String", Some(filter.clone()));
        }
        pairs
    }
}

fn refused(error: FhirError) -> ExportStartError {
    match error {
        FhirError::Outcome {
            status: 429 | 503,
            retry_after,
            ..
        }
        | FhirError::Status {
            status: 429 | 503,
            retry_after,
            ..
        } => ExportStartError::Busy { retry_after },
        FhirError::Transport(TransportError::BodyTooLarge) => ExportStartError::TooLarge,
        error => error.into(),
    }
}

impl fmt::Debug for BulkExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkExport")
            .field("bulk", &self.bulk)
            .field("level", &self.level)
            .field("types", &self.types)
            .field("since", &self.since)
            .field("until", &self.until)
            .field("type_filters", &self.type_filters.len())
            .field("patients", &self.patients.len())
            .finish_non_exhaustive()
    }
}
