//! Whom a reference names, as far as it says so itself: [`whom`].

use serde_json::Value;

use super::is_about_a_patient;
use crate::sandbox::{
    records::{is_id, text},
    reference, resource_types,
};

/// Before a type, where it is said as an address (FHIR R4, References, `Reference.type`).
const DEFINITIONS: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Whom, or what, a reference names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whom<'a> {
    /// The patient of this server with this id.
    Patient(&'a str),
    /// A patient of another server, or one who is described alone.
    SomePatient,
    /// What it is cannot be told: a patient, perhaps.
    Unknown,
    /// A record of a type that is about patients: of this server, or of another one that may have had it before.
    Record(&'a str, &'a str),
    /// What the search of a conditional reference finds, at this server or another one: the type, and the query.
    Search(&'a str, &'a str),
    /// What has an identifier; the type, if it is said.
    Identified(&'a str),
    /// Nothing that is about a patient.
    Other,
}

/// `root`: the resource in which the reference stands, or that contains the one in which it stands.
pub(super) fn whom<'a>(value: &'a Value, root: &Value, fhir_base: &str) -> Whom<'a> {
    let mut parts = text(value, "reference").split(['/', '?', '#']);
    match named(value, root, fhir_base) {
        Whom::Unknown if said_type(value) == "Patient" || parts.any(|part| part == "Patient") => Whom::SomePatient,
        other => other,
    }
}

/// Whether the reference says itself that it leads to something of a type that is about no patient.
pub(super) fn is_said_to_be_shared(value: &Value) -> bool {
    let said_type = said_type(value);
    is_type(said_type) && !is_about_a_patient(said_type)
}

fn said_type(value: &Value) -> &str {
    let said = text(value, "type");
    said.strip_prefix(DEFINITIONS).unwrap_or(said)
}

fn named<'a>(value: &'a Value, root: &Value, fhir_base: &str) -> Whom<'a> {
    let (said, said_type) = (text(value, "reference"), said_type(value));
    if said.is_empty() {
        return match value.get("identifier") {
            // The number of a record, perhaps.
            Some(_) if !is_type(said_type) => Whom::Identified(""),
            Some(_) if is_about_a_patient(said_type) => Whom::Identified(said_type),
            Some(_) => Whom::Other,
            None if said_type == "Patient" => Whom::SomePatient,
            None => Whom::Other,
        };
    }
    match said.strip_prefix('#') {
        // The record itself.
        Some("") => return Whom::Other,
        Some(id) => {
            let contained = root.get("contained").and_then(Value::as_array);
            let mut contained = contained.into_iter().flatten();
            let found = contained.find(|one| text(one, "id") == id);
            return of_type(found.map_or("", |one| text(one, "resourceType")));
        }
        None => {}
    }
    let Some(local) = reference::local(said, fhir_base) else {
        return Whom::Unknown;
    };
    if let Some(id) = local.strip_prefix("Patient/").filter(|id| is_id(id)) {
        return Whom::Patient(id);
    }
    if let Some((resource_type, query)) = searched(local) {
        return match of_type(resource_type) {
            Whom::Other if is_about_a_patient(resource_type) => Whom::Search(resource_type, query),
            other => other,
        };
    }
    // What stands around `Type/id` does not say that something else is meant.
    let bare = local.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let first = bare.split('/').next().unwrap_or_default();
    // An address ends in `Type/id`. Of a name alone the reference may say the type.
    let of_an_address = || {
        bare.rsplit_once('/')
            .and_then(|(before, id)| Some((before.rsplit('/').next()?, id)))
    };
    let named = match is_type(first) {
        true => bare.split_once('/'),
        false if bare.contains("://") => of_an_address(),
        false => return of_type(said_type),
    };
    match named {
        Some((resource_type, id)) => match of_type(resource_type) {
            Whom::Other if is_about_a_patient(resource_type) && is_id(id) => Whom::Record(resource_type, id),
            other => other,
        },
        None => of_type(first),
    }
}

/// Type and query of a search: at this server, or at another one that may have had the record before.
fn searched(local: &str) -> Option<(&str, &str)> {
    // A fragment is not sent.
    let (address, query) = local.split('#').next()?.split_once('?')?;
    let mut parts = address.trim_matches('/').rsplit('/');
    let resource_type = parts.next().filter(|name| is_type(name))?;
    // Else it is an id that looks like a type.
    let is_search = match parts.next() {
        None => true,
        Some(before) => address.contains("://") && !is_type(before),
    };
    is_search.then_some((resource_type, query))
}

/// What is known by the type alone.
fn of_type(resource_type: &str) -> Whom<'static> {
    match resource_type {
        "Patient" => Whom::SomePatient,
        other if is_type(other) => Whom::Other,
        _ => Whom::Unknown,
    }
}

fn is_type(name: &str) -> bool {
    resource_types::R4.contains(&name)
}
