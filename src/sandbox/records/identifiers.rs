//! Which records have an identifier: [`Identifiers`].

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value;

use super::{Hand, reference_of, text};
use crate::sandbox::owner::Sought;

/// The records that have an identifier, by its value. Those that were deleted stay: what names them is still about whom they were.
#[derive(Debug, Clone, Default)]
pub(super) struct Identifiers {
    /// The system, and `Type/id`.
    by_value: HashMap<String, BTreeSet<(String, String)>>,
    /// By `Type/id`, what has identifiers here that its last version does not say.
    held: HashMap<String, Arc<Value>>,
}

impl Identifiers {
    /// Takes what a record says now in the place of what it said before. What the application of one patient writes into that patient says nothing: a
    /// record that names a number which nobody has would become the patient's own.
    pub(super) fn put(&mut self, before: Option<&Arc<Value>>, now: &Value, hand: Hand) {
        let reference = reference_of(now);
        if hand == Hand::OfOnePatient && text(now, "resourceType") == "Patient" {
            if let Some(before) = before {
                self.held.entry(reference).or_insert_with(|| Arc::clone(before));
            }
            return;
        }
        let held = self.held.remove(&reference);
        if let Some(before) = held.as_ref().or(before) {
            self.remove(before);
        }
        self.add(now);
    }

    /// Whether it has identifiers here that its last version does not say.
    pub(super) fn holds(&self, resource: &Value) -> bool {
        !self.held.is_empty() && self.held.contains_key(&reference_of(resource))
    }

    fn add(&mut self, resource: &Value) {
        for (system, value) in of(resource) {
            let reference = reference_of(resource);
            let known = self.by_value.entry(value.to_owned()).or_default();
            known.insert((system.to_owned(), reference));
        }
    }

    /// What the version before had.
    fn remove(&mut self, resource: &Value) {
        for (system, value) in of(resource) {
            let reference = reference_of(resource);
            if let Some(known) = self.by_value.get_mut(value) {
                known.remove(&(system.to_owned(), reference));
                if known.is_empty() {
                    self.by_value.remove(value);
                }
            }
        }
    }

    /// `Type/id` of everything that may be meant.
    pub(super) fn find<'a>(&'a self, sought: &'a Sought) -> impl Iterator<Item = &'a str> {
        let known = self.by_value.get(&sought.value).into_iter().flatten();
        let type_of = |reference: &'a str| reference.split('/').next().unwrap_or_default();
        known
            .filter(move |(system, reference)| sought.is_met_by(type_of(reference), system, &sought.value))
            .map(|(_, reference)| reference.as_str())
    }
}

/// System and value of each. Some types have one identifier, and not a list of them.
pub(super) fn of(resource: &Value) -> impl Iterator<Item = (&str, &str)> {
    let said = resource.get("identifier");
    let one = said.filter(|said| said.is_object());
    let many = said.and_then(Value::as_array).into_iter().flatten();
    let all = one.into_iter().chain(many);
    all.map(|identifier| (text(identifier, "system"), text(identifier, "value")))
        .filter(|(_, value)| !value.is_empty())
}
