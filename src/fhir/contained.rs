//! References from within a resource, also to what is contained in it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Fhir, FhirError, pages::read};
use crate::protocol::fhir::address::FhirAddressError;

impl Fhir {
    /// Reads what a reference in `resource` leads to. `#id` is found in the resource itself (`contained`), without a request; all else
    /// is read as [`follow`](Self::follow) does. `#` alone is the resource.
    ///
    /// # Errors
    ///
    /// As [`follow`](Self::follow). [`FhirAddressError::NotContained`] when there is nothing of that id in the resource.
    pub async fn follow_from<T: DeserializeOwned>(&self, resource: &Value, reference: &str) -> Result<T, FhirError> {
        match reference.trim().strip_prefix('#') {
            None => self.follow(reference).await,
            Some("") => read(resource.clone()),
            Some(id) => {
                let contained = resource.get("contained").and_then(Value::as_array);
                let mut contained = contained.into_iter().flatten();
                let found = contained.find(|it| it.get("id").and_then(Value::as_str) == Some(id));
                read(found.ok_or(FhirAddressError::NotContained)?.clone())
            }
        }
    }
}
