//! What one call adds to the data ([`Batch`]).

use std::mem;

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
    /// The number of this call.
    call: usize,
    /// How many took the place of another one, though nobody has said so.
    pub(super) replaced: usize,
}

/// A resource that has an id.
struct Read {
    resource: Value,
    full_url: Option<String>,
    id: Id,
    place: String,
}

/// Where an id comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Id {
    /// The resource says it.
    Own,
    /// It is a part of this `fullUrl`.
    OfUrl(String),
    Made,
}

/// Where a resource of the data was found.
#[derive(Debug, Clone)]
pub(super) struct FoundAt {
    call: usize,
    place: String,
    id: Id,
}

impl FoundAt {
    pub(super) fn made_up() -> Self {
        Self {
            call: 0,
            place: "the made-up data".to_owned(),
            id: Id::Own,
        }
    }
}

impl<'a> Batch<'a> {
    pub(super) fn into(data: &'a mut SandboxData) -> Self {
        data.calls += 1;
        Self {
            call: data.calls,
            data,
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
        let id = match resource.get("id") {
            Some(Value::String(id)) if is_id(id) => Id::Own,
            Some(id) => {
                return Err(SandboxDataError::Id {
                    place: place.to_owned(),
                    found: id.to_string(),
                });
            }
            None => {
                let of_url = full_url.as_deref().and_then(|url| Some((id_in(url)?, url)));
                let (text, id) = match of_url {
                    Some((text, url)) => (text.to_owned(), Id::OfUrl(url.to_owned())),
                    None => (self.new_id(&resource_type), Id::Made),
                };
                if let Some(members) = resource.as_object_mut() {
                    members.insert("id".to_owned(), json!(text));
                }
                id
            }
        };
        Ok(Some(Read {
            resource,
            full_url,
            id,
            place: place.to_owned(),
        }))
    }

    fn add(&mut self, one: Read) -> Result<(), SandboxDataError> {
        let reference = reference_of(&one.resource);
        if let Some(full_url) = &one.full_url {
            self.data.full_urls.name(full_url, &reference);
        }
        if let Some(first) = self.data.found_at.get(&reference) {
            let places = &self.data.places;
            let before = places.get(&reference).and_then(|at| self.data.resources.get(*at));
            let is_same = before.is_some_and(|before| *before == one.resource);
            let is_of_this_call = first.call == self.call;
            if is_same && is_of_this_call {
                return Ok(());
            }
            let is_about_a_patient = is_about_a_patient(text(&one.resource, "resourceType"));
            let same_name = |nameless: &str, other: &str, full_url: &str| SandboxDataError::SameName {
                place: nameless.to_owned(),
                first: other.to_owned(),
                reference: reference.clone(),
                full_url: full_url.to_owned(),
            };
            match (&one.id, &first.id) {
                _ if is_same || !is_about_a_patient => {}
                // Nobody has said that one is to take the place of the other: two hands may have made up one name.
                (Id::OfUrl(full_url), _) => return Err(same_name(&one.place, &first.place, full_url)),
                (_, Id::OfUrl(full_url)) => return Err(same_name(&first.place, &one.place, full_url)),
                (Id::Own, Id::Own) if !is_of_this_call => {}
                _ => {
                    return Err(SandboxDataError::Twice {
                        place: one.place,
                        first: first.place.clone(),
                        reference,
                    });
                }
            }
            // Of two calls the later one may mean what it says; nobody means an id that was made.
            let is_meant = !is_of_this_call && one.id == Id::Own && first.id == Id::Own;
            self.replaced += usize::from(!is_same && !is_meant);
        }
        let found_at = FoundAt {
            call: self.call,
            place: one.place,
            id: one.id,
        };
        self.data.found_at.insert(reference, found_at);
        self.data.add(one.resource);
        Ok(())
    }

    fn new_id(&mut self, resource_type: &str) -> String {
        loop {
            self.data.made += 1;
            let id = format!("data-{}", self.data.made);
            if !self.data.places.contains_key(&format!("{resource_type}/{id}")) {
                return id;
            }
        }
    }
}

/// The last part of an address or a URN, if it can be an id.
fn id_in(full_url: &str) -> Option<&str> {
    full_url.rsplit([':', '/']).next().filter(|id| is_id(id))
}
