//! Operations of FHIR (`$everything`, `$validate`, …), and what they run on: [`OperationOn`].

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
