//! Writing where a search leads (FHIR, "conditional update", "conditional delete"): to the one resource that it finds.

use serde::Serialize;

use super::{Fhir, FhirRequest, needed_scope::Needed};
use crate::protocol::{
    fhir::address::{FhirAddressError, below, check_type},
    http::Method,
    scope::Permissions,
};

/// For each, [`FhirRequest::query`] adds further search parameters. Where the search finds several resources, most servers answer
/// 412.
impl Fhir {
    /// Replaces the resource that a search finds, or creates it where the search finds none. `parameter` and `value` are of the
    /// search, for example `identifier` and `urn:mrn|1`; a value that is empty is refused.
    pub fn update_where(
        &self,
        resource_type: &str,
        parameter: &str,
        value: &str,
        resource: &impl Serialize,
    ) -> FhirRequest {
        self.found_by(Method::Put, resource_type, (parameter, value), Permissions::UPDATE)
            .json(resource)
    }

    /// Changes a part of the resource that a search finds, by a JSON Patch (RFC 6902).
    pub fn patch_where(
        &self,
        resource_type: &str,
        parameter: &str,
        value: &str,
        patch: &impl Serialize,
    ) -> FhirRequest {
        self.found_by(Method::Patch, resource_type, (parameter, value), Permissions::UPDATE)
            .json_patch(patch)
    }

    /// Removes the resource that a search finds. Some servers remove all that it finds.
    pub fn delete_where(&self, resource_type: &str, parameter: &str, value: &str) -> FhirRequest {
        self.found_by(Method::Delete, resource_type, (parameter, value), Permissions::DELETE)
    }

    fn found_by(
        &self,
        method: Method,
        resource_type: &str,
        (parameter, value): (&str, &str),
        permission: Permissions,
    ) -> FhirRequest {
        let address = check_type(resource_type).and_then(|()| {
            // Servers leave out a parameter without a value.
            if parameter.trim().is_empty() || value.trim().is_empty() {
                return Err(FhirAddressError::NoCondition);
            }
            Ok(below(self.base()?, &[resource_type]))
        });
        let needed = Needed::new(resource_type, permission);
        FhirRequest::new(self.clone(), method, address, Some(needed)).query(parameter, value)
    }
}
