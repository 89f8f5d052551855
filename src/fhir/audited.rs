//! The audit event of a FHIR request: [`Access`].

use std::sync::Arc;

use url::Url;

use super::{FhirError, FhirRequest, FhirResponse, token::Whose};
use crate::{
    audit::{AuditEvent, Audited, AuditedFhirAccess},
    protocol::{fhir::address::check_type, http::Method, launch_context::is_id},
    runtime::Runtime,
};

/// A request whose outcome is audited ([`FhirAudit::Each`](crate::audit::FhirAudit::Each)).
///
/// It is noted when this is dropped: also where nobody waits for the answer any more, as a write may have been done all the same.
pub(super) struct Access {
    runtime: Arc<Runtime>,
    whose: Whose,
    what: AuditedFhirAccess,
}

impl Access {
    /// `None` where nobody wants to know.
    pub(super) fn of(request: &FhirRequest) -> Option<Self> {
        let token = &request.fhir().server.token;
        let runtime = Arc::clone(token.runtime());
        if !runtime.audit.wants_fhir() {
            return None;
        }
        let whose = token.whose();
        let segments = match (request.fhir().base(), request.address()) {
            (Ok(base), Ok(address)) => segments(base, address),
            _ => Vec::new(),
        };
        let (interaction, resource_type, id) = described(request.method(), &segments);
        let what = AuditedFhirAccess {
            method: request.method().as_str(),
            interaction,
            resource_type: resource_type.map(str::to_owned),
            resource_id: id.map(str::to_owned),
            status: None,
        };
        Some(Self { runtime, whose, what })
    }

    pub(super) fn note(mut self, answer: &Result<FhirResponse, FhirError>) {
        self.what.status = match answer {
            Ok(response) => Some(response.status()),
            Err(error) => error.status(),
        };
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        let what = Audited::FhirAccess(self.what.clone());
        self.runtime.audit.note(|at| match &self.whose {
            Whose::Launch(session) => AuditEvent::of_launch(at, session.launch_id().key(), session.record(), what),
            Whose::Backend(ehr) => AuditEvent::of_backend(at, ehr, what),
        });
    }
}

/// The segments of the path below the base.
fn segments<'a>(base: &Url, address: &'a Url) -> Vec<&'a str> {
    let root = base.path().trim_end_matches('/');
    let below = address.path().strip_prefix(root).unwrap_or_default();
    below.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// What a request to this path does (FHIR R4, "RESTful API"), the type and the id that the path begins with, as far as it does.
fn described<'a>(method: Method, segments: &[&'a str]) -> (&'static str, Option<&'a str>, Option<&'a str>) {
    let resource_type = segments.first().copied().filter(|segment| check_type(segment).is_ok());
    let (rest, id) = match segments {
        [_, second, rest @ ..] if resource_type.is_some() && !second.starts_with(['_', '$']) && is_id(second) => {
            (rest, Some(*second))
        }
        [_, rest @ ..] if resource_type.is_some() => (rest, None),
        all => (all, None),
    };
    let has_id = id.is_some();
    let interaction = match (method, rest) {
        _ if rest.iter().any(|segment| segment.starts_with('$')) => "operation",
        (Method::Put, _) => "update",
        (Method::Patch, _) => "patch",
        (Method::Delete, _) => "delete",
        (_, ["_history", _]) if has_id => "vread",
        (_, ["_history"]) if has_id => "history-instance",
        (_, ["_history"]) if resource_type.is_some() => "history-type",
        (_, ["_history"]) => "history-system",
        (_, ["_search"]) if resource_type.is_some() => "search-type",
        (_, ["metadata"]) => "capabilities",
        (Method::Get, []) if has_id => "read",
        (Method::Get, _) if resource_type.is_some() => "search-type",
        (Method::Post, []) if resource_type.is_some() => "create",
        (Method::Post, []) => "batch",
        _ => "search-system",
    };
    (interaction, resource_type, id)
}

#[cfg(test)]
mod tests;
