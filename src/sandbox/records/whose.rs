//! Whose a record is. It is found out when somebody asks, out of what the records say then: nothing of it is kept.

use std::collections::HashSet;

use serde_json::Value;

use super::{Records, Stored, text};
use crate::sandbox::{
    owner::{Lead, Owner, Said},
    reference::local,
};

/// So many records that name no patient themselves are followed from one. More may lead to another patient.
const MOST: usize = 1_000;

/// So many of what the followed records refer to are looked at, beside what the record refers to itself. More may lead to another patient.
const MOST_LOOKED_AT: usize = 20_000;

impl Records {
    /// Whose a resource is, or would be.
    pub(in crate::sandbox) fn owner_of(&self, resource: &Value) -> Owner {
        self.whose(&Said::of(resource, &self.fhir_base), resource)
    }

    pub(in crate::sandbox) fn owner(&self, stored: &Stored) -> Owner {
        self.whose(&stored.said, &stored.resource)
    }

    /// The patients whom a record is about, each once; of a Binary, those of the records that have it.
    pub(in crate::sandbox) fn patients_of(&self, stored: &Stored) -> Vec<String> {
        match text(&stored.resource, "resourceType") {
            "Binary" => self.owner(stored).into_patients(),
            _ => stored.said.about.clone(),
        }
    }

    fn whose(&self, said: &Said, resource: &Value) -> Owner {
        match said.about.as_slice() {
            [] if said.is_shared => match self.leads_to_another(said, None) {
                true => Owner::Nobody,
                false => Owner::Everybody,
            },
            [] if text(resource, "resourceType") == "Binary" => self.whose_binary(resource),
            [] => Owner::Nobody,
            [one] if !said.about_somebody && !self.leads_to_another(said, Some(one)) => Owner::Patient(one.clone()),
            several => Owner::Several(several.to_vec()),
        }
    }

    /// Of the record that its `securityContext` names (FHIR R4, Binary); without one, of the records that have it as their file.
    fn whose_binary(&self, binary: &Value) -> Owner {
        let Some(context) = binary.get("securityContext") else {
            let records = self.attached.records_with(text(binary, "id"));
            let records = records.filter_map(|reference| self.kept_at(reference));
            return Owner::of_all(records.map(|record| self.owner(record)));
        };
        let named = local(text(context, "reference"), &self.fhir_base).and_then(|named| named.split_once('/'));
        // One Binary does not say whose another one is: they could say it of each other.
        let named = named.filter(|(resource_type, _)| *resource_type != "Binary");
        // Somebody else's may have named the record before there was one.
        let takes_any = || self.kept("Binary", text(binary, "id")).is_none_or(|it| !it.is_trusted);
        match named.and_then(|(resource_type, id)| self.kept(resource_type, id)) {
            Some(context) if context.is_trusted || takes_any() => self.owner(context),
            _ => Owner::Nobody,
        }
    }

    /// Whether a record names another patient than this one, or refers to a record that is about another one; or may do so.
    fn leads_to_another(&self, said: &Said, one: Option<&str>) -> bool {
        if said.names_another_beside(one) {
            return true;
        }
        let (mut seen, mut left) = (HashSet::new(), vec![said]);
        let (mut looked_at, most) = (0, MOST_LOOKED_AT + said.leads.len());
        while let Some(said) = left.pop() {
            for lead in &said.leads {
                let found = self.at_end_of(lead);
                looked_at += found.len().max(1);
                if looked_at > most || self.is_a_stranger(lead) {
                    return true;
                }
                for reference in found {
                    let target = self.kept_at(reference);
                    match target.map(|target| (target.said.is_about_another(one), &target.said)) {
                        Some((Some(true), _)) => return true,
                        // It is about whom those are about that it refers to.
                        Some((None, said)) if seen.insert(reference) => left.push(said),
                        Some((None | Some(false), _)) | None => {}
                    }
                    if seen.len() > MOST {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Whether it is a patient whom nobody here knows.
    fn is_a_stranger(&self, lead: &Lead) -> bool {
        match lead {
            Lead::Record(_) => false,
            Lead::Sought(sought) => {
                let is_patient = sought.resource_type.as_deref() == Some("Patient");
                is_patient && self.identifiers.find(sought).next().is_none()
            }
        }
    }

    /// `Type/id` of what is meant.
    fn at_end_of<'a>(&'a self, lead: &'a Lead) -> Vec<&'a str> {
        match lead {
            Lead::Record(reference) => vec![reference],
            Lead::Sought(sought) => self.identifiers.find(sought).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
