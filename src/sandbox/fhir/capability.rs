//! The `CapabilityStatement`: what this server can do, from the tables that it works by.

use serde_json::{Value, json};

use super::parameters;
use crate::sandbox::{Peculiarity, SelfRegistration, state::Shared};

pub(super) fn capability_statement(shared: &Shared) -> Value {
    let resources: Vec<Value> = shared.state().records.types().into_iter().map(resource).collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2025-01-01",
        "kind": "instance",
        "software": {"name": "actix-smart-auth sandbox"},
        "implementation": {"description": "A sandbox with people who do not exist", "url": shared.fhir_base()},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [{
            "mode": "server",
            "security": security(shared),
            "resource": resources,
        }],
    })
}

fn resource(resource_type: &str) -> Value {
    let parameters: Vec<Value> = parameters::of_type(resource_type)
        .map(|parameter| json!({"name": parameter.name, "type": parameter.kind.name()}))
        .collect();
    let interactions =
        ["read", "vread", "search-type", "create", "update", "patch", "delete"].map(|code| json!({"code": code}));
    json!({
        "type": resource_type,
        "interaction": interactions,
        "versioning": "versioned",
        "readHistory": false,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalRead": "not-match",
        "searchParam": parameters,
    })
}

/// With the addresses where applications of before SMART App Launch 2.0 look for them (`oauth-uris`).
fn security(shared: &Shared) -> Value {
    let address = |name: &str, path: &str| json!({"url": name, "valueUri": format!("{}/{path}", shared.origin)});
    let mut addresses = vec![
        address("authorize", "authorize"),
        address("token", "token"),
        address("introspect", "introspect"),
    ];
    let settings = &shared.state().settings;
    if !settings.has(&Peculiarity::NoRevocation) {
        addresses.push(address("revoke", "revoke"));
    }
    if settings.self_registration != SelfRegistration::Off {
        addresses.push(address("register", "register"));
    }
    json!({
        "cors": true,
        "service": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
            "code": "SMART-on-FHIR",
        }]}],
        "extension": [{
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": addresses,
        }],
    })
}
