//! An audit event as FHIR writes it.

use actix_smart_auth::{
    EndReason,
    audit::{AuditEvent, Audited, RefreshResult},
};
use serde_json::{Value, json};

/// Under which name the application is in the trail.
const APPLICATION: &str = "Growth charts";

/// The event as an [`AuditEvent` of FHIR R4](https://hl7.org/fhir/R4/auditevent.html); a sink may as well post it to a repository.
///
/// Types and subtypes are of DICOM (110114 *User Authentication*, 110122 *Login*, 110123 *Logout*) and of
/// `audit-event-type` (`rest`, with the interaction as its subtype). What DICOM has no code for has one of the application's own.
pub(crate) fn audit_event(event: &AuditEvent) -> Value {
    let (kind, subtype, action, outcome) = match &event.what {
        Audited::SignIn(_) => (user_authentication(), dicom("110122", "Login"), "E", "0"),
        Audited::SignInRefused(_) => (user_authentication(), dicom("110122", "Login"), "E", "4"),
        Audited::End(end) if end.reason == EndReason::LoggedOut => {
            (user_authentication(), dicom("110123", "Logout"), "E", "0")
        }
        Audited::End(_) => (user_authentication(), own("launch-ended"), "E", "0"),
        Audited::Refresh(refresh) => {
            let outcome = if refresh.result == RefreshResult::Refreshed {
                "0"
            } else {
                "4"
            };
            (user_authentication(), own("token-refresh"), "E", outcome)
        }
        Audited::FhirAccess(access) => {
            let action = action(access.interaction);
            let outcome = match access.status {
                Some(200..=299) => "0",
                Some(400..=499) => "4",
                _ => "8",
            };
            let rest = coding(
                "http://terminology.hl7.org/CodeSystem/audit-event-type",
                "rest",
                "RESTful Operation",
            );
            let subtype = coding(
                "http://hl7.org/fhir/restful-interaction",
                access.interaction,
                access.interaction,
            );
            (rest, subtype, action, outcome)
        }
        _ => (user_authentication(), own("other"), "E", "0"),
    };
    let who = match &event.user {
        Some(user) => json!({
            "reference": user.fhir_user,
            "identifier": { "system": user.issuer, "value": user.subject },
        }),
        None => json!({ "display": "not known" }),
    };
    let mut resource = json!({
        "resourceType": "AuditEvent",
        "type": kind,
        "subtype": [subtype],
        "action": action,
        "recorded": event.recorded(),
        "outcome": outcome,
        "agent": [
            { "who": without_null(who), "requestor": event.user.is_some() },
            { "who": { "display": APPLICATION }, "requestor": event.user.is_none() },
        ],
        "source": { "observer": { "display": APPLICATION } },
    });
    // The same event may come twice: with the same id.
    let mut entities = vec![json!({ "what": { "identifier": { "value": event.id } }, "name": "event" })];
    if let Some(patient) = &event.patient {
        entities.push(json!({
            "what": { "reference": format!("{}/Patient/{patient}", event.ehr.trim_end_matches('/')) },
            "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1", "display": "Person" },
            "role": { "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1", "display": "Patient" },
        }));
    }
    if let Some(launch) = &event.launch {
        entities.push(json!({ "what": { "identifier": { "value": launch } }, "name": "launch" }));
    }
    if let Some(members) = resource.as_object_mut() {
        members.insert("entity".to_owned(), entities.into());
    }
    resource
}

fn user_authentication() -> Value {
    dicom("110114", "User Authentication")
}

fn dicom(code: &str, display: &str) -> Value {
    coding("http://dicom.nema.org/resources/ontology/DCM", code, display)
}

fn own(code: &str) -> Value {
    coding("https://app.example/audit", code, code)
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

/// The action of an audit event that belongs to an interaction of FHIR.
fn action(interaction: &str) -> &'static str {
    match interaction {
        "create" => "C",
        "update" | "patch" => "U",
        "delete" => "D",
        "read" | "vread" | "history-instance" => "R",
        _ => "E",
    }
}

fn without_null(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
