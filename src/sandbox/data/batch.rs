//! What one call adds to the data ([`Batch`]).

use std::{collections::HashMap, mem};

use serde_json::{Value, json};

use super::{FullUrls, SandboxData, SandboxDataError, reference_of};
use crate::sandbox::{
    owner::is_about_a_patient,
    records::{is_id, text},
    resource_types,
};

/// What is no record, but about a message.
const NO_RECORDS: [&str; 3] = ["Bundle", "OperationOutcome", "Parameters"];

/// The resources of one call: of two with the same type and id none gives way unseen.
pub(super) struct Batch<'a> {
    data: &'a mut SandboxData,
    /// Where each of this call was found, by `Type/id`.
    seen: HashMap<String, String>,
    /// How many took the place of another one of this call.
    replaced: usize,
}

/// A resource that has an id.
struct Read {
    resource: Value,
    full_url: Option<String>,
    place: String,
}

impl<'a> Batch<'a> {
    pub(super) fn into(data: &'a mut SandboxData) -> Self {
        Self {
            data,
            seen: HashMap::new(),
            replaced: 0,
        }
    }

    pub(super) fn say(&self) {
        if self.replaced > 0 {
            let count = self.replaced;
            tracing::warn!(
                "sandbox: {count} resources of the data that are about no patient are there twice and differ. The last one of each stays."
            );
        }
    }

    /// A Bundle, or one resource. `place`: where it is, for the error.
    pub(super) fn document(&mut self, mut document: Value, place: &str) -> Result<(), SandboxDataError> {
        if text(&document, "resourceType") != "Bundle" {
            return match self.read(document, None, place)? {
                Some(one) => self.add(one),
                None => Ok(()),
            };
        }
        let found = text(&document, "type");
        if !["collection", "batch", "transaction", "searchset", ""].contains(&found) {
            return Err(SandboxDataError::BundleType {
                place: place.to_owned(),
                found: found.to_owned(),
            });
        }
        let entries = document.get_mut("entry").and_then(Value::as_array_mut).map(mem::take);
        let (mut all, mut names) = (Vec::new(), FullUrls::default());
        for (number, mut entry) in entries.into_iter().flatten().enumerate() {
            let place = format!("{place}, entry {}", number + 1);
            let full_url = entry.get("fullUrl").and_then(Value::as_str).map(str::to_owned);
            let changes = entry.pointer("/request/method").and_then(Value::as_str);
            let is_to_be_there = changes.is_none_or(|method| method == "POST" || method == "PUT");
            let one = match entry.get_mut("resource").map(Value::take) {
                Some(resource) if is_to_be_there => self.read(resource, full_url, &place)?,
                _ => {
                    self.data.left_out += 1;
                    None
                }
            };
            if let Some(one) = one {
                if let Some(full_url) = &one.full_url {
                    names.name(full_url, &reference_of(&one.resource));
                }
                all.push(one);
            }
        }
        // What a Bundle calls its own comes first (FHIR R4, Bundle, 2.36.4): another Bundle may give the same name to somebody else.
        for mut one in all {
            names.put_into(&mut one.resource);
            self.add(one)?;
        }
        Ok(())
    }

    /// `None`: it is no record.
    fn read(
        &mut self,
        mut resource: Value,
        full_url: Option<String>,
        place: &str,
    ) -> Result<Option<Read>, SandboxDataError> {
        let resource_type = text(&resource, "resourceType").to_owned();
        if resource_type.is_empty() {
            return Err(SandboxDataError::NoResource {
                place: place.to_owned(),
            });
        }
        if !resource_types::R4.contains(&resource_type.as_str()) {
            return Err(SandboxDataError::UnknownType {
                place: place.to_owned(),
                found: resource_type,
            });
        }
        if NO_RECORDS.contains(&resource_type.as_str()) {
            self.data.left_out += 1;
            return Ok(None);
        }
        match resource.get("id") {
            Some(Value::String(id)) if is_id(id) => {}
            Some(id) => {
                return Err(SandboxDataError::Id {
                    place: place.to_owned(),
                    found: id.to_string(),
                });
            }
            None => {
                let id = self.id_for(&resource_type, full_url.as_deref());
                if let Some(members) = resource.as_object_mut() {
                    members.insert("id".to_owned(), json!(id));
                }
            }
        }
        Ok(Some(Read {
            resource,
            full_url,
            place: place.to_owned(),
        }))
    }

    fn add(&mut self, one: Read) -> Result<(), SandboxDataError> {
        let reference = reference_of(&one.resource);
        if let Some(full_url) = &one.full_url {
            self.data.full_urls.name(full_url, &reference);
        }
        if let Some(first) = self.seen.get(&reference) {
            let places = &self.data.places;
            let before = places.get(&reference).and_then(|at| self.data.resources.get(*at));
            if before.is_some_and(|before| *before == one.resource) {
                return Ok(());
            }
            if is_about_a_patient(text(&one.resource, "resourceType")) {
                return Err(SandboxDataError::Twice {
                    place: one.place,
                    first: first.clone(),
                    reference,
                });
            }
            self.replaced += 1;
        }
        self.seen.insert(reference, one.place);
        self.data.add(one.resource);
        Ok(())
    }

    fn id_for(&mut self, resource_type: &str, full_url: Option<&str>) -> String {
        let last = full_url.and_then(|url| url.rsplit([':', '/']).next());
        if let Some(id) = last.filter(|id| is_id(id)) {
            return id.to_owned();
        }
        loop {
            self.data.made += 1;
            let id = format!("data-{}", self.data.made);
            if !self.data.places.contains_key(&format!("{resource_type}/{id}")) {
                return id;
            }
        }
    }
}
