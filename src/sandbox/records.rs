//! The records of the FHIR server: what there is, and in which version ([`Records`]).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{fhir::DateRange, owner::Owner, places, reference::local};
use crate::time::{Civil, Timestamp};

/// When the made-up records were written, and others that do not say it: 2025-07-01.
const WRITTEN: Timestamp = Timestamp::from_millis(1_751_328_000_000);

/// A FHIR resource and whose it is. A clone of it costs little.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) owner: Owner,
    pub(super) version: u64,
    pub(super) updated: Timestamp,
    pub(super) resource: Arc<Value>,
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

/// What is under an id.
pub(super) enum Found<'a> {
    Nothing,
    /// Whose it was.
    Deleted(&'a Owner),
    Here(&'a Stored),
}

/// All resources, by type, in the order in which they came. A clone of it copies no resource.
#[derive(Debug, Clone)]
pub(super) struct Records {
    /// The address of the FHIR server.
    fhir_base: String,
    by_type: BTreeMap<String, OfType>,
    /// Type and id of what was deleted, with its last version, and whose it was.
    deleted: HashMap<(String, String), (u64, Owner)>,
    made: u64,
    /// The patients who can sign in, as FHIR references. None: the first one can.
    pub(super) portal: Vec<String>,
}

/// The resources of one type. Their places are numbers that grow.
#[derive(Debug, Clone, Default)]
struct OfType {
    in_order: BTreeMap<u64, Stored>,
    place_of_id: HashMap<String, u64>,
    /// Of everything that names a patient, also beside others.
    places_of_patient: HashMap<String, BTreeSet<u64>>,
    places_of_everybody: BTreeSet<u64>,
    next: u64,
}

impl OfType {
    fn find(&self, id: &str) -> Option<&Stored> {
        self.in_order.get(self.place_of_id.get(id)?)
    }

    fn put(&mut self, stored: Stored) {
        let id = stored.id().to_owned();
        let place = match self.place_of_id.get(&id) {
            Some(place) => *place,
            None => {
                self.next += 1;
                self.next
            }
        };
        self.forget_owner(place);
        for patient in stored.owner.patients() {
            let places = self.places_of_patient.entry(patient.clone()).or_default();
            places.insert(place);
        }
        if stored.owner == Owner::Everybody {
            self.places_of_everybody.insert(place);
        }
        self.place_of_id.insert(id, place);
        self.in_order.insert(place, stored);
    }

    fn remove(&mut self, id: &str) -> Option<Stored> {
        let place = self.place_of_id.remove(id)?;
        self.forget_owner(place);
        self.in_order.remove(&place)
    }

    fn forget_owner(&mut self, place: u64) {
        self.places_of_everybody.remove(&place);
        let owner = self.in_order.get(&place).map(|stored| &stored.owner);
        for patient in owner.map(Owner::patients).unwrap_or_default() {
            if let Some(places) = self.places_of_patient.get_mut(patient) {
                places.remove(&place);
            }
        }
    }

    fn places_of(&self, patients: &[&str]) -> BTreeSet<u64> {
        let places = patients
            .iter()
            .filter_map(|patient| self.places_of_patient.get(*patient));
        places.flatten().copied().collect()
    }

    fn at(&self, places: &BTreeSet<u64>) -> Vec<&Stored> {
        places.iter().filter_map(|place| self.in_order.get(place)).collect()
    }
}

impl Records {
    /// None yet. `fhir_base`: the address of the FHIR server.
    pub(super) fn new(fhir_base: String) -> Self {
        let types = super::fhir::TYPES.into_iter();
        Self {
            fhir_base,
            by_type: types.map(|name| (name.to_owned(), OfType::default())).collect(),
            deleted: HashMap::new(),
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

    /// Those of one type that name one of these patients.
    pub(super) fn of_patients(&self, resource_type: &str, patients: &[&str]) -> Vec<&Stored> {
        let all = self.by_type.get(resource_type);
        all.map_or_else(Vec::new, |all| all.at(&all.places_of(patients)))
    }

    /// The same, and those that are everybody's.
    pub(super) fn of_patients_and_everybody(&self, resource_type: &str, patients: &[&str]) -> Vec<&Stored> {
        let all = self.by_type.get(resource_type);
        all.map_or_else(Vec::new, |all| {
            all.at(&(&all.places_of(patients) | &all.places_of_everybody))
        })
    }

    /// Those of one type that name this patient.
    pub(super) fn of_patient(&self, resource_type: &str, patient: &str) -> impl Iterator<Item = &Stored> {
        let all = self.by_type.get(resource_type);
        let places = all.and_then(|all| all.places_of_patient.get(patient));
        let places = places.into_iter().flatten();
        places.filter_map(move |place| all?.in_order.get(place))
    }

    pub(super) fn find(&self, resource_type: &str, id: &str) -> Found<'_> {
        match self.by_type.get(resource_type).and_then(|all| all.find(id)) {
            Some(stored) => Found::Here(stored),
            None => match self.deleted.get(&key(resource_type, id)) {
                Some((_, owner)) => Found::Deleted(owner),
                None => Found::Nothing,
            },
        }
    }

    /// Whether there is a resource with this reference: `Type/id`.
    pub(super) fn has(&self, reference: &str) -> bool {
        let found = reference.split_once('/').map(|(name, id)| self.find(name, id));
        matches!(found, Some(Found::Here(_)))
    }

    /// An id that no resource has, or had.
    pub(super) fn new_id(&mut self, resource_type: &str) -> String {
        loop {
            self.made += 1;
            let id = format!("made-{}", self.made);
            if matches!(self.find(resource_type, &id), Found::Nothing) {
                return id;
            }
        }
    }

    /// Whose a resource is, or would be. A Binary is whose the record is that its `securityContext` names (FHIR R4, Binary).
    pub(super) fn owner_of(&self, resource: &Value) -> Owner {
        let owner = Owner::of(resource, &self.fhir_base);
        if text(resource, "resourceType") != "Binary" || owner != Owner::Nobody {
            return owner;
        }
        let context = resource.pointer("/securityContext/reference").and_then(Value::as_str);
        let context = context.and_then(|said| local(said, &self.fhir_base)?.split_once('/'));
        match context.map(|(resource_type, id)| self.find(resource_type, id)) {
            Some(Found::Here(stored)) => stored.owner.clone(),
            Some(Found::Deleted(owner)) => owner.clone(),
            Some(Found::Nothing) | None => owner,
        }
    }

    /// The id of the patient whom a reference names.
    pub(super) fn patient_in<'a>(&self, reference: &'a Value) -> Option<&'a str> {
        let id = local(text(reference, "reference"), &self.fhir_base)?.strip_prefix("Patient/")?;
        Some(id).filter(|id| is_id(id))
    }

    /// Finds whose the Binaries of the data are, once everything is there. Without a `securityContext` one is of the patient whose document has it.
    /// Not when something is written: whoever writes a document would get at any Binary by naming it.
    pub(super) fn give_binaries_to_their_patients(&mut self) {
        let mut documents: HashMap<String, Vec<Owner>> = HashMap::new();
        for document in self.of_type("DocumentReference") {
            let attachments = places::values(&document.resource, &["content.attachment.url"]);
            for address in attachments.into_iter().filter_map(Value::as_str) {
                let own = local(address, &self.fhir_base).and_then(|own| own.strip_prefix("Binary/"));
                if let Some(id) = own {
                    let owners = documents.entry(id.to_owned()).or_default();
                    owners.push(document.owner.clone());
                }
            }
        }
        let owner_of = |binary: &Stored| match documents.get(binary.id()) {
            Some(owners) if binary.resource.get("securityContext").is_none() => Owner::of_all(owners.iter()),
            _ => self.owner_of(&binary.resource),
        };
        let binaries = self.of_type("Binary").map(|binary| Stored {
            owner: owner_of(binary),
            ..binary.clone()
        });
        let binaries: Vec<Stored> = binaries.collect();
        if let Some(all) = self.by_type.get_mut("Binary") {
            binaries.into_iter().for_each(|binary| all.put(binary));
        }
    }

    /// Puts a resource there that was before the server started, in the place of one with its id.
    pub(super) fn load(&mut self, resource: Value) {
        let said = resource.pointer("/meta/lastUpdated").and_then(Value::as_str);
        let said = said.and_then(DateRange::parse).map(|range| range.from);
        let updated = said.and_then(|from| u64::try_from(from).ok());
        self.put(resource, updated.map_or(WRITTEN, Timestamp::from_millis));
    }

    /// Puts a resource in the place of the one with its id, or beside the others, as the next version.
    pub(super) fn put(&mut self, mut resource: Value, now: Timestamp) -> Stored {
        let resource_type = text(&resource, "resourceType").to_owned();
        let id = id_of(&resource).to_owned();
        let before = match self.find(&resource_type, &id) {
            Found::Here(stored) => stored.version,
            Found::Deleted(_) | Found::Nothing => {
                let last = self.deleted.remove(&key(&resource_type, &id));
                last.map_or(0, |(version, _)| version)
            }
        };
        let version = before + 1;
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
        let stored = Stored {
            owner: self.owner_of(&resource),
            version,
            updated: now,
            resource: Arc::new(resource),
        };
        self.by_type.entry(resource_type).or_default().put(stored.clone());
        stored
    }

    pub(super) fn delete(&mut self, resource_type: &str, id: &str) {
        let all = self.by_type.get_mut(resource_type);
        if let Some(stored) = all.and_then(|all| all.remove(id)) {
            self.deleted
                .insert(key(resource_type, id), (stored.version, stored.owner));
        }
    }
}

fn id_of(resource: &Value) -> &str {
    text(resource, "id")
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

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://127.0.0.1:9/fhir";

    fn pulse(id: &str, patient: &str) -> Value {
        json!({"resourceType": "Observation", "id": id, "subject": {"reference": format!("Patient/{patient}")}})
    }

    fn of_patient(records: &Records, patient: &str) -> Vec<String> {
        let found = records.of_patient("Observation", patient);
        found.map(|stored| stored.id().to_owned()).collect()
    }

    #[test]
    fn a_record_that_changes_hands_is_found_with_its_new_patient_alone() {
        let mut records = Records::new(BASE.to_owned());
        for (id, patient) in [("1", "amber"), ("2", "bruno"), ("3", "amber")] {
            records.load(pulse(id, patient));
        }
        assert_eq!(of_patient(&records, "amber"), ["1", "3"]);
        records.put(pulse("1", "bruno"), WRITTEN);
        assert_eq!(
            (of_patient(&records, "amber"), of_patient(&records, "bruno")),
            (vec!["3".to_owned()], vec!["1".to_owned(), "2".to_owned()])
        );
        records.delete("Observation", "2");
        assert_eq!(of_patient(&records, "bruno"), ["1"]);
        assert!(matches!(records.find("Observation", "2"), Found::Deleted(_)));
    }

    #[test]
    fn a_binary_is_whose_its_context_or_its_document_is() {
        let mut records = Records::new(BASE.to_owned());
        let binary = |id: &str, context: Value| {
            let mut binary = json!({"resourceType": "Binary", "id": id, "contentType": "text/plain"});
            if !context.is_null() {
                binary["securityContext"] = json!({"reference": context});
            }
            binary
        };
        let document = |id: &str, patient: &str, binary: &str| {
            json!({"resourceType": "DocumentReference", "id": id, "subject": {"reference": format!("Patient/{patient}")},
                "content": [{"attachment": {"url": binary}}]})
        };
        for resource in [
            binary("patient", json!("Patient/amber")),
            binary("record", json!("Observation/1")),
            binary("named", Value::Null),
            binary("shared", Value::Null),
            binary("nobodys", Value::Null),
            binary("kept", json!("Patient/amber")),
            pulse("1", "amber"),
            document("d1", "amber", "Binary/named"),
            document("d2", "amber", &format!("{BASE}/Binary/shared")),
            document("d3", "bruno", "Binary/shared"),
            document("d4", "bruno", "Binary/kept"),
        ] {
            records.load(resource);
        }
        records.give_binaries_to_their_patients();
        let owner = |records: &Records, id: &str| match records.find("Binary", id) {
            Found::Here(stored) => stored.owner.clone(),
            _ => panic!("there is no {id}"),
        };
        let amber = Owner::Patient("amber".to_owned());
        for id in ["patient", "record", "named", "kept"] {
            assert_eq!(owner(&records, id), amber, "{id}");
        }
        assert!(matches!(owner(&records, "shared"), Owner::Several(_)));
        assert_eq!(owner(&records, "nobodys"), Owner::Nobody);
        records.put(document("d5", "bruno", "Binary/named"), WRITTEN);
        assert_eq!(
            owner(&records, "named"),
            amber,
            "who writes a document gets no Binary by it"
        );
    }

    #[test]
    fn a_record_that_names_several_patients_is_found_with_each() {
        let mut records = Records::new(BASE.to_owned());
        let both = json!({"resourceType": "Group", "id": "g", "member": [
            {"entity": {"reference": "Patient/amber"}}, {"entity": {"reference": format!("{BASE}/Patient/bruno")}},
        ]});
        records.load(both);
        let ids = |records: &Records, patients: &[&str]| {
            let found = records.of_patients("Group", patients);
            found.iter().map(|stored| stored.id().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&records, &["amber"]), ["g"]);
        assert_eq!(ids(&records, &["bruno", "amber"]), ["g"]);
        records.delete("Group", "g");
        assert!(ids(&records, &["amber", "bruno"]).is_empty());
    }

    #[test]
    fn when_a_record_was_updated_is_what_it_says_itself() {
        let mut records = Records::new(BASE.to_owned());
        let mut said = pulse("1", "amber");
        said["meta"] = json!({"lastUpdated": "2020-02-03T04:05:06.007+01:00"});
        records.load(said);
        records.load(pulse("2", "amber"));
        let updated = |id: &str| match records.find("Observation", id) {
            Found::Here(stored) => stored.resource["meta"]["lastUpdated"].clone(),
            _ => Value::Null,
        };
        assert_eq!(updated("1"), "2020-02-03T03:05:06.007Z");
        assert_eq!(updated("2"), "2025-07-01T00:00:00.000Z");
    }

    #[test]
    fn a_new_id_is_one_that_the_data_do_not_have() {
        let mut records = Records::new(BASE.to_owned());
        records.load(pulse("made-1", "amber"));
        assert_eq!(records.new_id("Observation"), "made-2");
    }
}
