//! What references stand for: within a Bundle ([`FullUrls`]), and among all data ([`Standing`]).

use std::collections::HashMap;

use serde_json::Value;

use super::reference_of;
use crate::sandbox::{
    http::parse_pairs,
    records::text,
    reference::{local, without_version},
};

/// What resources are called by the `fullUrl` of Bundles.
#[derive(Debug, Clone, Default)]
pub(super) struct FullUrls {
    /// `Type/id`. `None`: several are called so.
    named: HashMap<String, Option<String>>,
}

impl FullUrls {
    pub(super) fn name(&mut self, full_url: &str, reference: &str) {
        let known = self
            .named
            .entry(full_url.to_owned())
            .or_insert_with(|| Some(reference.to_owned()));
        if known.as_ref().is_some_and(|known| known != reference) {
            *known = None;
        }
    }

    /// Writes `Type/id` in the place of every reference in a resource that has one of these names.
    pub(super) fn put_into(&self, resource: &mut Value) {
        each_reference(resource, &mut |reference| self.find(reference));
    }

    fn find(&self, reference: &str) -> Option<String> {
        let named = |name: &str| self.named.get(name).cloned().flatten();
        named(reference).or_else(|| named(without_version(reference)?))
    }
}

/// References that lead nowhere.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) count: usize,
    pub(super) first: Option<String>,
}

impl Lost {
    pub(super) fn say(&self) {
        if let Some(first) = &self.first {
            let count = self.count;
            tracing::warn!(
                "sandbox: {count} references of the data lead nowhere, the first one to {first}. Load the file that has it as well."
            );
        }
    }

    fn add(&mut self, reference: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| reference.to_owned());
    }
}

/// What a reference stands for that its own Bundle does not explain.
pub(super) struct Standing<'a> {
    fhir_base: &'a str,
    places: &'a HashMap<String, usize>,
    full_urls: &'a FullUrls,
    /// By type and value: the system, and `Type/id`.
    by_identifier: HashMap<(String, String), Vec<(String, String)>>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(
        resources: &[Value],
        places: &'a HashMap<String, usize>,
        full_urls: &'a FullUrls,
        fhir_base: &'a str,
    ) -> Self {
        let mut by_identifier: HashMap<_, Vec<_>> = HashMap::new();
        for resource in resources {
            let identifiers = resource.get("identifier").and_then(Value::as_array);
            for identifier in identifiers.into_iter().flatten() {
                let key = (
                    text(resource, "resourceType").to_owned(),
                    text(identifier, "value").to_owned(),
                );
                let one = (text(identifier, "system").to_owned(), reference_of(resource));
                by_identifier.entry(key).or_default().push(one);
            }
        }
        Self {
            fhir_base,
            places,
            full_urls,
            by_identifier,
        }
    }

    /// Writes `Type/id` in the place of every reference in a resource that stands for one.
    pub(super) fn put_into(&self, resource: &mut Value, lost: &mut Lost) {
        each_reference(resource, &mut |reference| self.find(reference, lost));
    }

    /// `None`: it stays as it is.
    fn find(&self, reference: &str, lost: &mut Lost) -> Option<String> {
        let is_here = |reference: &str| self.places.contains_key(reference);
        // `#` is about a resource that is contained in this one.
        if reference.starts_with('#') || local(reference, self.fhir_base).is_some_and(is_here) {
            return None;
        }
        let query = || reference.split_once('?');
        let found = self
            .full_urls
            .find(reference)
            .or_else(|| query().and_then(|(name, query)| self.by_query(name, query)));
        if found.is_none() {
            lost.add(reference);
        }
        found
    }

    /// A conditional reference (FHIR R4, HTTP, 3.1.0.11.2). It is no form, though some write it as one: a plus is read both ways.
    fn by_query(&self, resource_type: &str, query: &str) -> Option<String> {
        let mut found = self.by_pairs(resource_type, &query.replace('+', "%2B"));
        found.extend(self.by_pairs(resource_type, query));
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [one] => Some((*one).to_owned()),
            _ => None,
        }
    }

    fn by_pairs(&self, resource_type: &str, query: &str) -> Vec<&str> {
        let pairs = parse_pairs(query);
        let [(name, token)] = pairs.as_slice() else {
            return Vec::new();
        };
        if name != "identifier" {
            return Vec::new();
        }
        let (system, value) = token
            .split_once('|')
            .map_or((None, token.as_str()), |(system, value)| (Some(system), value));
        let key = (resource_type.to_owned(), value.to_owned());
        let named = self.by_identifier.get(&key).into_iter().flatten();
        named
            .filter(|(its, _)| system.is_none_or(|system| its == system))
            .map(|(_, reference)| reference.as_str())
            .collect()
    }
}

/// Puts what `instead` says in the place of references.
fn each_reference(value: &mut Value, instead: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::Array(many) => many.iter_mut().for_each(|one| each_reference(one, instead)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "reference" => {
                        if let Some(found) = instead(reference) {
                            *reference = found;
                        }
                    }
                    other => each_reference(other, instead),
                }
            }
        }
        _ => {}
    }
}
