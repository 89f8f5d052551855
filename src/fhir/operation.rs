//! Operations of FHIR (`$everything`, `$validate`, …): what they run on, and what goes into them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Fhir, FhirRequest};
use crate::protocol::{
    fhir::address::{FhirAddressError, below, check_operation, check_type},
    http::Method,
    launch_context::is_id,
};

/// What an operation runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationOn<'a> {
    /// The server: `[base]/$name`.
    Server,
    /// A type of resources: `[base]/Type/$name`.
    Type(&'a str),
    /// One resource: `[base]/Type/id/$name`.
    Resource(&'a str, &'a str),
}

/// What goes into an operation beside the address: a resource of the type `Parameters`.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::fhir::Parameters;
///
/// let parameters = Parameters::new().value("start", "Date", "2026-01-01").value("_count", "Integer", 10);
/// let written = serde_json::to_value(&parameters)?;
/// assert_eq!(written["parameter"][0]["valueDate"], "2026-01-01");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameters {
    #[serde(rename = "resourceType")]
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameter: Vec<Value>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self::new()
    }
}

impl Parameters {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            resource_type: "Parameters",
            parameter: Vec::new(),
        }
    }

    /// Adds a value. `data_type` is the name of its type in FHIR with a capital, such as `Date` or `CodeableConcept` (`valueDate`).
    #[must_use]
    pub fn value(mut self, name: &str, data_type: &str, value: impl Into<Value>) -> Self {
        let mut parameter = Map::new();
        parameter.insert("name".to_owned(), json!(name));
        parameter.insert(format!("value{data_type}"), value.into());
        self.parameter.push(Value::Object(parameter));
        self
    }

    /// Adds a resource.
    #[must_use]
    pub fn resource(mut self, name: &str, resource: impl Into<Value>) -> Self {
        let resource: Value = resource.into();
        self.parameter.push(json!({ "name": name, "resource": resource }));
        self
    }
}

impl Fhir {
    /// Runs an operation, such as `$everything`; the `$` may be left out. By GET, with what [`FhirRequest::query`] adds, until
    /// [`FhirRequest::parameters`] makes it a POST. What changes something at the server has to be a POST, also with no parameters.
    ///
    /// Which scopes it needs the server decides. One that answers with pages is read by [`FhirRequest::paged`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use actix_smart_auth::{Patient, fhir::{FhirError, OperationOn}};
    /// use serde_json::Value;
    ///
    /// async fn everything(patient: &Patient) -> Result<Vec<Value>, FhirError> {
    ///     let fhir = patient.session().fhir();
    ///     fhir.operation(OperationOn::Resource("Patient", patient.id()), "$everything").paged().all(1_000).await
    /// }
    /// ```
    pub fn operation(&self, on: OperationOn<'_>, name: &str) -> FhirRequest {
        let address = check_operation(name).and_then(|name| {
            let segments = match on {
                OperationOn::Server => vec![],
                OperationOn::Type(resource_type) => {
                    check_type(resource_type)?;
                    vec![resource_type]
                }
                OperationOn::Resource(resource_type, id) => {
                    check_type(resource_type)?;
                    if !is_id(id) {
                        return Err(FhirAddressError::NoId);
                    }
                    vec![resource_type, id]
                }
            };
            let name = format!("${name}");
            let segments: Vec<_> = segments.into_iter().chain([&*name]).collect();
            Ok(below(self.base()?, &segments))
        });
        FhirRequest::new(self.clone(), Method::Get, address, None)
    }
}
