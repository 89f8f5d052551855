//! The records of the FHIR server: what there is, and in which version ([`Records`]).

mod attached;
mod identifiers;
mod of_type;
mod referring;
#[cfg(test)]
mod tests;
mod whose;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Value, json};

use self::{attached::Attached, identifiers::Identifiers, of_type::OfType, referring::Referring};
use super::{
    fhir::DateRange,
    owner::{Said, is_about_a_patient},
    reference::local,
};
use crate::time::{Civil, Timestamp};

/// When the made-up records were written, and others that do not say it: 2025-07-01.
const WRITTEN: Timestamp = Timestamp::from_millis(1_751_328_000_000);

/// A FHIR resource and what it says about patients. A clone of it costs little.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) version: u64,
    pub(super) updated: Timestamp,
    pub(super) resource: Arc<Value>,
    said: Arc<Said>,
    /// Whether it may say whose a Binary is that names it: the application of one patient has not made it. (It could make what a Binary of
    /// somebody else names already.)
    is_trusted: bool,
}

impl Stored {
    pub(super) fn id(&self) -> &str {
        id_of(&self.resource)
    }

    /// The version as HTTP says it.
    pub(super) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// The data, or an application that may read every Binary.
    Free,
    OfOnePatient,
}

/// What is under an id.
pub(super) enum Found<'a> {
    Nothing,
    /// What is left of it: whose it was.
    Deleted(&'a Stored),
    Here(&'a Stored),
}

/// All resources, by type, in the order in which they came. A clone of it copies none of them.
#[derive(Debug, Clone)]
pub(super) struct Records {
    /// The address of the FHIR server.
    fhir_base: String,
    by_type: BTreeMap<String, Arc<OfType>>,
    /// By type and id. Of their content nothing is left.
    deleted: Arc<HashMap<(String, String), Stored>>,
    identifiers: Arc<Identifiers>,
    attached: Arc<Attached>,
    referring: Arc<Referring>,
    made: u64,
    /// The patients who can sign in, as FHIR references. None: the first one can.
    pub(super) portal: Vec<String>,
}

impl Records {
    /// None yet. `fhir_base`: the address of the FHIR server.
    pub(super) fn new(fhir_base: String) -> Self {
        let types = super::fhir::TYPES.into_iter();
        Self {
            fhir_base,
            by_type: types.map(|name| (name.to_owned(), Arc::default())).collect(),
            deleted: Arc::default(),
            identifiers: Arc::default(),
            attached: Arc::default(),
            referring: Arc::default(),
            made: 0,
            portal: Vec::new(),
        }
    }

    /// The types that there are: those that the server knows the parameters of first, then what the data brought.
    pub(super) fn types(&self) -> Vec<&str> {
        let known = super::fhir::TYPES;
        let others = self.by_type.keys().map(String::as_str);
        let others = others.filter(|name| !known.contains(name));
        known.into_iter().chain(others).collect()
    }

    pub(super) fn has_type(&self, resource_type: &str) -> bool {
        self.by_type.contains_key(resource_type)
    }

    /// All of one type; none of a type that this server does not have.
    pub(super) fn of_type(&self, resource_type: &str) -> impl Iterator<Item = &Stored> {
        let all = self.by_type.get(resource_type);
        all.into_iter().flat_map(|all| all.in_order.values())
    }

    /// Those of one type that are about one of these patients. Of Binaries, all: whose they are, the records that have them say.
    pub(super) fn of_patients(&self, resource_type: &str, patients: &[&str]) -> Vec<&Stored> {
        match self.by_type.get(resource_type) {
            Some(all) if resource_type != "Binary" => all.of_patients(patients),
            _ => self.of_type(resource_type).collect(),
        }
    }

    /// The same, and those that may be everybody's.
    pub(super) fn of_patients_and_everybody(&self, resource_type: &str, patients: &[&str]) -> Vec<&Stored> {
        match self.by_type.get(resource_type) {
            Some(all) if resource_type != "Binary" => all.of_patients_and_everybody(patients),
            _ => self.of_type(resource_type).collect(),
        }
    }

    /// Those of one type that are about this patient.
    pub(super) fn of_patient(&self, resource_type: &str, patient: &str) -> impl Iterator<Item = &Stored> {
        let all = self.by_type.get(resource_type);
        all.into_iter().flat_map(|all| all.of_patient(patient))
    }

    pub(super) fn find(&self, resource_type: &str, id: &str) -> Found<'_> {
        match self.here(resource_type, id) {
            Some(stored) => Found::Here(stored),
            None => match self.deleted.get(&key(resource_type, id)) {
                Some(stored) => Found::Deleted(stored),
                None => Found::Nothing,
            },
        }
    }

    fn here(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        self.by_type.get(resource_type)?.find(id)
    }

    /// What is there, or what is left of it.
    fn kept(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        match self.find(resource_type, id) {
            Found::Here(stored) | Found::Deleted(stored) => Some(stored),
            Found::Nothing => None,
        }
    }

    /// What is at `Type/id`, or what is left of it.
    fn kept_at(&self, reference: &str) -> Option<&Stored> {
        let (resource_type, id) = reference.split_once('/')?;
        self.kept(resource_type, id)
    }

    /// Whether there is a resource with this reference: `Type/id`.
    pub(super) fn has(&self, reference: &str) -> bool {
        let found = reference.split_once('/').map(|(name, id)| self.find(name, id));
        matches!(found, Some(Found::Here(_)))
    }

    /// An id that no resource has, or had, and to which none refers.
    pub(super) fn new_id(&mut self, resource_type: &str) -> String {
        loop {
            self.made += 1;
            let id = format!("made-{}", self.made);
            let is_free = matches!(self.find(resource_type, &id), Found::Nothing);
            if is_free && !self.referring.knows(&format!("{resource_type}/{id}")) {
                return id;
            }
        }
    }

    /// The id of the patient whom a reference names.
    pub(super) fn patient_in<'a>(&self, reference: &'a Value) -> Option<&'a str> {
        let id = local(text(reference, "reference"), &self.fhir_base)?.strip_prefix("Patient/")?;
        Some(id).filter(|id| is_id(id))
    }

    /// Puts a resource there that was before the server started, in the place of one with its id.
    pub(super) fn load(&mut self, resource: Value) {
        let said = resource.pointer("/meta/lastUpdated").and_then(Value::as_str);
        let said = said.and_then(DateRange::parse).map(|range| range.from);
        let updated = said.and_then(|from| u64::try_from(from).ok());
        self.put(resource, updated.map_or(WRITTEN, Timestamp::from_millis), Hand::Free);
    }

    /// Puts a resource in the place of the one with its id, or beside the others, as the next version.
    pub(super) fn put(&mut self, mut resource: Value, now: Timestamp, hand: Hand) -> Stored {
        let resource_type = text(&resource, "resourceType").to_owned();
        let id = id_of(&resource).to_owned();
        let before = self.kept(&resource_type, &id).cloned();
        let version = before.as_ref().map_or(0, |before| before.version) + 1;
        let mut meta = resource
            .get("meta")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        meta.insert("versionId".to_owned(), json!(version.to_string()));
        meta.insert("lastUpdated".to_owned(), json!(Civil::of(now).to_string()));
        if let Some(members) = resource.as_object_mut() {
            members.insert("meta".to_owned(), Value::Object(meta));
        }
        let key = key(&resource_type, &id);
        if self.deleted.contains_key(&key) {
            Arc::make_mut(&mut self.deleted).remove(&key);
        }
        let written_before = before.as_ref().map(|before| &before.resource);
        let has_identifier = || has_identifier(written_before, &resource) || self.identifiers.holds(&resource);
        if is_about_a_patient(&resource_type) && has_identifier() {
            Arc::make_mut(&mut self.identifiers).put(written_before, &resource, hand);
        }
        if Attached::are_in(&resource_type) {
            Arc::make_mut(&mut self.attached).put(&resource, hand, &self.fhir_base);
        }
        let said = Arc::new(Said::of(&resource, &self.fhir_base));
        let said_before = before.as_ref().map(|before| &*before.said);
        self.refers(&reference_of(&resource), said_before, &said);
        let stored = Stored {
            version,
            updated: now,
            said,
            resource: Arc::new(resource),
            is_trusted: hand == Hand::Free || before.is_some_and(|before| before.is_trusted),
        };
        let all = self.by_type.entry(resource_type).or_default();
        Arc::make_mut(all).put(stored.clone());
        stored
    }

    pub(super) fn delete(&mut self, resource_type: &str, id: &str, hand: Hand) {
        if self.here(resource_type, id).is_none() {
            return;
        }
        let all = self.by_type.get_mut(resource_type);
        let Some(stored) = all.and_then(|all| Arc::make_mut(all).remove(id)) else {
            return;
        };
        if Attached::are_in(resource_type) {
            Arc::make_mut(&mut self.attached).delete(&reference_of(&stored.resource), hand);
        }
        let left = Stored {
            resource: Arc::new(left_of(&stored.resource)),
            ..stored
        };
        Arc::make_mut(&mut self.deleted).insert(key(resource_type, id), left);
    }
}

/// What says whose a record was.
fn left_of(resource: &Value) -> Value {
    let kept = ["resourceType", "id", "identifier", "securityContext"];
    let members = resource.as_object().into_iter().flatten();
    let kept = members.filter(|(name, _)| kept.contains(&name.as_str()));
    Value::Object(kept.map(|(name, member)| (name.clone(), member.clone())).collect())
}

fn has_identifier(before: Option<&Arc<Value>>, now: &Value) -> bool {
    now.get("identifier").is_some() || before.is_some_and(|before| before.get("identifier").is_some())
}

fn id_of(resource: &Value) -> &str {
    text(resource, "id")
}

/// `Type/id`.
fn reference_of(resource: &Value) -> String {
    format!("{}/{}", text(resource, "resourceType"), id_of(resource))
}

pub(super) fn text<'a>(resource: &'a Value, member: &str) -> &'a str {
    resource.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Whether it is an id (FHIR R4, datatypes), and no step in an address.
pub(super) fn is_id(id: &str) -> bool {
    let is_written_so =
        (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    is_written_so && !matches!(id, "." | "..")
}

fn key(resource_type: &str, id: &str) -> (String, String) {
    (resource_type.to_owned(), id.to_owned())
}
