//! Whose a record is may change with what another one becomes: which records wait for that ([`Referring`]), and whether one would be changed
//! ([`Records::changes_another`]).

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value;

use super::{Records, identifiers, reference_of, text};
use crate::sandbox::owner::{Lead, Said};

/// The records that refer to what is not here, and those that refer by an identifier. Those that were deleted stay.
#[derive(Debug, Clone, Default)]
pub(super) struct Referring {
    /// By `Type/id` of what is not here.
    to_nothing: HashMap<String, BTreeSet<String>>,
    /// By the identifier's value.
    by_value: HashMap<String, BTreeSet<String>>,
}

impl Referring {
    /// Whether somebody refers to this, which is not here.
    pub(super) fn knows(&self, reference: &str) -> bool {
        self.to_nothing.contains_key(reference)
    }

    fn add(&mut self, referrer: &str, lead: &Lead) {
        let (all, of) = self.all_to(lead);
        all.entry(of.to_owned()).or_default().insert(referrer.to_owned());
    }

    fn remove(&mut self, referrer: &str, lead: &Lead) {
        let (all, of) = self.all_to(lead);
        let is_empty = all.get_mut(of).is_some_and(|referrers| {
            referrers.remove(referrer);
            referrers.is_empty()
        });
        if is_empty {
            all.remove(of);
        }
    }

    fn all_to<'a>(&mut self, lead: &'a Lead) -> (&mut HashMap<String, BTreeSet<String>>, &'a str) {
        match lead {
            Lead::Record(reference) => (&mut self.to_nothing, reference),
            Lead::Sought(sought) => (&mut self.by_value, &sought.value),
        }
    }
}

impl Records {
    /// Takes what a record refers to now in the place of what it referred to before; `None`: it was not here.
    pub(super) fn refers(&mut self, referrer: &str, before: Option<&Said>, now: &Said) {
        if before.is_none() && self.referring.knows(referrer) {
            Arc::make_mut(&mut self.referring).to_nothing.remove(referrer);
        }
        let before = before.map_or([].as_slice(), |before| before.leads.as_slice());
        if before == now.leads {
            return;
        }
        let is_open = |lead: &&Lead| match lead {
            Lead::Record(reference) => self.kept_at(reference).is_none(),
            Lead::Sought(_) => true,
        };
        let (gone, new): (Vec<&Lead>, Vec<&Lead>) = (
            before.iter().filter(is_open).collect(),
            now.leads.iter().filter(is_open).collect(),
        );
        if gone.is_empty() && new.is_empty() {
            return;
        }
        let referring = Arc::make_mut(&mut self.referring);
        gone.into_iter().for_each(|lead| referring.remove(referrer, lead));
        new.into_iter().for_each(|lead| referring.add(referrer, lead));
    }

    /// Whether a record of another patient, or of nobody, might be somebody else's with this one, or have the file of somebody else: it refers to
    /// this one, which was not here before, or had other identifiers.
    pub(in crate::sandbox) fn changes_another(&self, resource: &Value) -> bool {
        let reference = reference_of(resource);
        let owner = self.owner_of(resource);
        let is_anothers = |referrer: &str| {
            let referring = self.kept_at(referrer);
            referrer != reference && referring.is_some_and(|referring| self.owner(referring) != owner)
        };
        let by_id = self.referring.to_nothing.get(&reference).into_iter().flatten();
        let is_new_file = reference.starts_with("Binary/") && self.kept_at(&reference).is_none();
        let of_file = self.attached.records_with(text(resource, "id")).filter(|_| is_new_file);
        let mut all = by_id
            .map(String::as_str)
            .chain(of_file)
            .chain(self.by_identifier(resource));
        all.any(is_anothers)
    }

    /// Those that refer to a record by an identifier that it has now and had not, or the other way round.
    fn by_identifier(&self, resource: &Value) -> Vec<&str> {
        let resource_type = text(resource, "resourceType");
        let before = self.kept_at(&reference_of(resource));
        let before = before.into_iter().flat_map(|before| identifiers::of(&before.resource));
        let before: BTreeSet<(&str, &str)> = before.collect();
        let now: BTreeSet<(&str, &str)> = identifiers::of(resource).collect();
        // What is written into the numbers of a patient does not say of whom other records are.
        let changed = (&before ^ &now).into_iter().filter(|_| resource_type != "Patient");
        let found = changed.flat_map(|(system, value)| {
            let referrers = self.referring.by_value.get(value).into_iter().flatten();
            referrers.filter(move |referrer| {
                let meets = |lead: &Lead| match lead {
                    Lead::Record(_) => false,
                    Lead::Sought(sought) => sought.is_met_by(resource_type, system, value),
                };
                self.kept_at(referrer)
                    .is_some_and(|referrer| referrer.said.leads.iter().any(meets))
            })
        });
        found.map(String::as_str).collect()
    }
}
