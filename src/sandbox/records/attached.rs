//! Which records have which Binaries as their files: [`Attached`].

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Hand, reference_of, text};
use crate::sandbox::{places, reference::local};

/// Where a record has its files, by its type. What else names a Binary does not say whose it is.
const PLACES: [(&str, &str); 3] = [
    ("DiagnosticReport", "presentedForm.url"),
    ("DocumentReference", "content.attachment.url"),
    ("Media", "content.url"),
];

/// The Binaries of records, as far as a record says whose one is. What the application of one patient does with a record says nothing: it would get
/// at any Binary by naming it, and a file of two patients would become the other one's alone when the record of this one has it no more.
#[derive(Debug, Clone, Default)]
pub(super) struct Attached {
    /// By `Type/id`.
    of_record: HashMap<String, BTreeSet<String>>,
    /// The same, the other way round.
    of_binary: HashMap<String, BTreeSet<String>>,
}

impl Attached {
    /// Whether records of this type have files.
    pub(super) fn are_in(resource_type: &str) -> bool {
        place_in(resource_type).is_some()
    }

    /// Takes what a record says now in the place of what it said before.
    pub(super) fn put(&mut self, record: &Value, hand: Hand, fhir_base: &str) {
        if hand == Hand::OfOnePatient {
            return;
        }
        let reference = reference_of(record);
        self.remove(&reference);
        let named: BTreeSet<String> = binaries_in(record, fhir_base).map(str::to_owned).collect();
        for binary in &named {
            let records = self.of_binary.entry(binary.clone()).or_default();
            records.insert(reference.clone());
        }
        if !named.is_empty() {
            self.of_record.insert(reference, named);
        }
    }

    /// Takes note that a record was deleted.
    pub(super) fn delete(&mut self, reference: &str, hand: Hand) {
        if hand == Hand::Free {
            self.remove(reference);
        }
    }

    fn remove(&mut self, reference: &str) {
        for binary in self.of_record.remove(reference).into_iter().flatten() {
            if let Some(records) = self.of_binary.get_mut(&binary) {
                records.remove(reference);
            }
        }
    }

    /// `Type/id` of the records that have a Binary.
    pub(super) fn records_with(&self, binary: &str) -> impl Iterator<Item = &str> {
        let records = self.of_binary.get(binary).into_iter().flatten();
        records.map(String::as_str)
    }
}

fn place_in(resource_type: &str) -> Option<&'static str> {
    let mut places = PLACES.iter().filter(|(name, _)| *name == resource_type);
    places.next().map(|(_, place)| *place)
}

fn binaries_in<'a>(record: &'a Value, fhir_base: &str) -> impl Iterator<Item = &'a str> {
    let place = place_in(text(record, "resourceType"));
    let addresses = place.into_iter().flat_map(|place| places::values(record, &[place]));
    let addresses = addresses.filter_map(Value::as_str);
    addresses.filter_map(move |address| local(address, fhir_base)?.strip_prefix("Binary/"))
}
