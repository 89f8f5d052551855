//! What goes into an operation: [`Parameters`].

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What goes into an operation beside the address: a resource of the type `Parameters`. `Debug` tells how many there are, not what they
/// say.
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
#[derive(Clone, PartialEq, Serialize)]
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

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters")
            .field("count", &self.parameter.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_what_is_asked() {
        let parameters = Parameters::new()
            .value("subject", "Reference", json!({ "reference": "Patient/amber" }))
            .resource("who", json!({ "resourceType": "Patient" }));
        assert_eq!(format!("{parameters:?}"), "Parameters { count: 2, .. }");
    }
}
