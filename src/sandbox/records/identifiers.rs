//! Which records have an identifier: [`Identifiers`].

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::text;
use crate::sandbox::owner::Sought;

/// The records that have an identifier, by its value. Those that were deleted stay: what names them is still about whom they were.
#[derive(Debug, Clone, Default)]
pub(super) struct Identifiers {
    /// The system, and `Type/id`.
    by_value: HashMap<String, BTreeSet<(String, String)>>,
}

impl Identifiers {
    pub(super) fn add(&mut self, resource: &Value) {
        for (system, value) in of(resource) {
            let reference = format!("{}/{}", text(resource, "resourceType"), text(resource, "id"));
            let known = self.by_value.entry(value.to_owned()).or_default();
            known.insert((system.to_owned(), reference));
        }
    }

    /// What the version before had.
    pub(super) fn remove(&mut self, resource: &Value) {
        for (system, value) in of(resource) {
            let reference = format!("{}/{}", text(resource, "resourceType"), text(resource, "id"));
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
        let fits = |system: &str, reference: &str| {
            let its_type = reference.split('/').next();
            let is_of_system = sought.system.as_deref().is_none_or(|wanted| wanted == system);
            is_of_system
                && sought
                    .resource_type
                    .as_deref()
                    .is_none_or(|wanted| Some(wanted) == its_type)
        };
        known
            .filter(move |(system, reference)| fits(system, reference))
            .map(|(_, reference)| reference.as_str())
    }
}

/// System and value of each. Some types have one identifier, and not a list of them.
fn of(resource: &Value) -> impl Iterator<Item = (&str, &str)> {
    let said = resource.get("identifier");
    let one = said.filter(|said| said.is_object());
    let many = said.and_then(Value::as_array).into_iter().flatten();
    let all = one.into_iter().chain(many);
    all.map(|identifier| (text(identifier, "system"), text(identifier, "value")))
        .filter(|(_, value)| !value.is_empty())
}
