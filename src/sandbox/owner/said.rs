//! What a record says about patients: [`Said`].

use std::mem;

use serde_json::{Map, Value};

use super::{
    OTHERWISE, PLACES, is_about_a_patient,
    whom::{Whom, is_said_to_be_shared, whom},
};
use crate::sandbox::{http::parse_pairs, places, records::text};

/// What a record says about patients, whatever else there is.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Said {
    /// The patients of this server whom it is about, each once.
    pub(in crate::sandbox) about: Vec<String>,
    /// Whether it is about somebody of whom cannot be told whether it is one of them.
    pub(in crate::sandbox) about_somebody: bool,
    /// The other patients of this server whom it names, wherever.
    pub(in crate::sandbox) beside: Vec<String>,
    /// Whether it names, or has in it, a patient of whom cannot be told who it is.
    pub(in crate::sandbox) beside_somebody: bool,
    /// The records that it refers to.
    pub(in crate::sandbox) leads: Vec<Lead>,
    /// Whether it is about no patient by its type.
    pub(in crate::sandbox) is_shared: bool,
}

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) enum Lead {
    /// `Type/id`.
    Record(String),
    Sought(Box<Sought>),
}

/// What has an identifier.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct Sought {
    /// `None`: of any type.
    pub(in crate::sandbox) resource_type: Option<String>,
    /// `None`: of any system.
    pub(in crate::sandbox) system: Option<String>,
    pub(in crate::sandbox) value: String,
}

impl Said {
    /// `fhir_base`: the address of this server, as absolute references may name it.
    pub(in crate::sandbox) fn of(resource: &Value, fhir_base: &str) -> Self {
        let resource_type = text(resource, "resourceType");
        let mut said = match resource_type {
            "Patient" => Self {
                about: vec![text(resource, "id").to_owned()],
                ..Self::default()
            },
            other if is_about_a_patient(other) => Self::at_its_places(resource, other, fhir_base),
            _ => Self {
                is_shared: true,
                ..Self::default()
            },
        };
        let members = resource.as_object().into_iter().flatten();
        // Whoever a patient is linked to is the same person, or somebody's relative: the record stays the patient's own.
        let looked_at = members.filter(|(name, _)| resource_type != "Patient" || *name == "contained");
        looked_at.for_each(|(_, member)| said.look_at(member, resource, fhir_base));
        said.tidy(resource);
        said
    }

    /// Whether it names another patient than this one beside those whom it is about, or may do so.
    pub(in crate::sandbox) fn names_another_beside(&self, one: Option<&str>) -> bool {
        self.beside_somebody || self.beside.iter().any(|id| Some(id.as_str()) != one)
    }

    /// Whether it is about another patient than this one, or may be. `None`: it does not say whom it is about, and names no other one.
    pub(in crate::sandbox) fn is_about_another(&self, one: Option<&str>) -> Option<bool> {
        if self.about_somebody || !self.about.is_empty() {
            return Some(self.about_somebody || self.about.iter().any(|id| Some(id.as_str()) != one));
        }
        self.names_another_beside(one).then_some(true)
    }

    fn at_its_places(resource: &Value, resource_type: &str, fhir_base: &str) -> Self {
        let mut said = Self::default();
        said.add_places(&PLACES, resource, resource, fhir_base);
        let names_nobody = |said: &Self| said.about.is_empty() && !said.about_somebody;
        if let Some((_, places)) = OTHERWISE.iter().find(|(name, _)| *name == resource_type)
            && names_nobody(&said)
        {
            said.add_places(places, resource, resource, fhir_base);
        }
        // That of a practitioner or a room.
        said.is_shared = resource_type == "Schedule" && names_nobody(&said);
        said
    }

    fn add_places(&mut self, places: &[&str], resource: &Value, root: &Value, fhir_base: &str) {
        for value in places::values(resource, places) {
            match whom(value, root, fhir_base) {
                Whom::Patient(id) => self.about.push(id.to_owned()),
                Whom::SomePatient | Whom::Unknown | Whom::Identified("" | "Patient") => self.about_somebody = true,
                Whom::Record(..) | Whom::Search(..) | Whom::Identified(_) | Whom::Other => {}
            }
        }
    }

    /// Everything that stands in it, whatever the elements are called.
    fn look_at(&mut self, value: &Value, root: &Value, fhir_base: &str) {
        match value {
            Value::Array(many) => many.iter().for_each(|one| self.look_at(one, root, fhir_base)),
            Value::Object(members) => {
                if is_reference(members) {
                    self.add_reference(value, root, fhir_base);
                }
                if members.get("resourceType").is_some_and(Value::is_string) {
                    self.add_contained(value, root, fhir_base);
                }
                members.values().for_each(|one| self.look_at(one, root, fhir_base));
            }
            _ => {}
        }
    }

    fn add_reference(&mut self, value: &Value, root: &Value, fhir_base: &str) {
        match whom(value, root, fhir_base) {
            Whom::Patient(id) => self.beside.push(id.to_owned()),
            Whom::SomePatient => self.beside_somebody = true,
            Whom::Record(resource_type, id) => self.leads.push(Lead::Record(format!("{resource_type}/{id}"))),
            Whom::Search(resource_type, query) => match Sought::by_query(resource_type, query) {
                Some(sought) => self.leads.extend(sought),
                None => self.beside_somebody = true,
            },
            Whom::Identified(resource_type) => self.leads.extend(Sought::by_identifier(resource_type, value)),
            Whom::Unknown | Whom::Other => {}
        }
        // The address may lead nowhere, and the number to somebody.
        if !text(value, "reference").is_empty() && !is_said_to_be_shared(value) {
            self.leads.extend(Sought::by_identifier("", value));
        }
    }

    /// A resource in the record. Of a patient in it nobody can tell who it is.
    fn add_contained(&mut self, resource: &Value, root: &Value, fhir_base: &str) {
        match text(resource, "resourceType") {
            "Patient" => self.beside_somebody = true,
            other if is_about_a_patient(other) => {
                let mut said = Self::default();
                said.add_places(&PLACES, resource, root, fhir_base);
                self.beside_somebody |= said.about_somebody;
            }
            _ => {}
        }
    }

    fn tidy(&mut self, resource: &Value) {
        self.about.sort_unstable();
        self.about.dedup();
        let about = mem::take(&mut self.about);
        self.beside.retain(|id| about.binary_search(id).is_err());
        self.about = about;
        self.beside.sort_unstable();
        self.beside.dedup();
        let itself = format!("{}/{}", text(resource, "resourceType"), text(resource, "id"));
        self.leads
            .retain(|lead| !matches!(lead, Lead::Record(reference) if *reference == itself));
        self.leads.sort_unstable();
        self.leads.dedup();
        self.leads.shrink_to_fit();
    }
}

impl Sought {
    /// `resource_type`: empty where any may be meant. `None`: the reference has no identifier.
    fn by_identifier(resource_type: &str, reference: &Value) -> Option<Lead> {
        let identifier = reference.get("identifier").filter(|said| said.is_object())?;
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Some(Lead::Sought(Box::new(Self {
            resource_type: said(resource_type),
            system: said(text(identifier, "system")),
            value: text(identifier, "value").to_owned(),
        })))
    }

    /// Whether a record of this type with this identifier may be meant.
    pub(in crate::sandbox) fn is_met_by(&self, resource_type: &str, system: &str, value: &str) -> bool {
        let is = |wanted: Option<&str>, its: &str| wanted.is_none_or(|wanted| wanted == its);
        is(self.resource_type.as_deref(), resource_type) && is(self.system.as_deref(), system) && self.value == value
    }

    /// What a search for one identifier finds. A `+` may be a space, or itself. `None`: it searches for something else too.
    fn by_query(resource_type: &str, query: &str) -> Option<[Lead; 2]> {
        Some([
            Self::by_token(resource_type, query)?,
            Self::by_token(resource_type, &query.replace('+', "%2B"))?,
        ])
    }

    fn by_token(resource_type: &str, query: &str) -> Option<Lead> {
        let pairs = parse_pairs(query);
        let [(name, token)] = pairs.as_slice() else { return None };
        let (system, value) = token
            .split_once('|')
            .map_or((None, token.as_str()), |(system, value)| (Some(system), value));
        let is_one = name == "identifier" && !value.is_empty() && !token.contains([',', '\\']);
        is_one.then(|| {
            Lead::Sought(Box::new(Self {
                resource_type: Some(resource_type.to_owned()),
                system: system.map(str::to_owned),
                value: value.to_owned(),
            }))
        })
    }
}

/// Whether it is a Reference, also one that only describes (FHIR R4, References, 2.3.0).
fn is_reference(members: &Map<String, Value>) -> bool {
    const ITS: [&str; 6] = ["reference", "type", "identifier", "display", "id", "extension"];
    let only_describes = || {
        let describes = members.contains_key("display") || members.get("identifier").is_some_and(Value::is_object);
        describes && members.keys().all(|name| ITS.contains(&name.as_str()))
    };
    members.get("reference").is_some_and(Value::is_string) || only_describes()
}
