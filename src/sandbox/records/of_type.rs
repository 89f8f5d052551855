//! The records of one type, and which are about whom: [`OfType`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Stored;

/// The resources of one type. Their places are numbers that grow.
#[derive(Debug, Clone, Default)]
pub(super) struct OfType {
    pub(super) in_order: BTreeMap<u64, Stored>,
    place_of_id: HashMap<String, u64>,
    /// Of everything that names a patient, also beside others.
    places_of_patient: HashMap<String, BTreeSet<u64>>,
    places_of_everybody: BTreeSet<u64>,
    next: u64,
}

impl OfType {
    pub(super) fn find(&self, id: &str) -> Option<&Stored> {
        self.in_order.get(self.place_of_id.get(id)?)
    }

    pub(super) fn put(&mut self, stored: Stored) {
        let id = stored.id().to_owned();
        let place = match self.place_of_id.get(&id) {
            Some(place) => *place,
            None => {
                self.next += 1;
                self.next
            }
        };
        self.forget_about(place);
        for patient in &stored.said.about {
            let places = self.places_of_patient.entry(patient.clone()).or_default();
            places.insert(place);
        }
        if stored.said.is_shared {
            self.places_of_everybody.insert(place);
        }
        self.place_of_id.insert(id, place);
        self.in_order.insert(place, stored);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Stored> {
        let place = self.place_of_id.remove(id)?;
        self.forget_about(place);
        self.in_order.remove(&place)
    }

    fn forget_about(&mut self, place: u64) {
        self.places_of_everybody.remove(&place);
        let before = self.in_order.get(&place).map(|stored| &stored.said);
        for patient in before.iter().flat_map(|said| &said.about) {
            if let Some(places) = self.places_of_patient.get_mut(patient) {
                places.remove(&place);
            }
        }
    }

    /// What is about one of these patients, in the order in which it came.
    pub(super) fn of_patients(&self, patients: &[&str]) -> Vec<&Stored> {
        self.at(&self.places_of(patients))
    }

    /// The same, and what may be everybody's.
    pub(super) fn of_patients_and_everybody(&self, patients: &[&str]) -> Vec<&Stored> {
        self.at(&(&self.places_of(patients) | &self.places_of_everybody))
    }

    /// What is about this patient.
    pub(super) fn of_patient(&self, patient: &str) -> impl Iterator<Item = &Stored> {
        let places = self.places_of_patient.get(patient).into_iter().flatten();
        places.filter_map(|place| self.in_order.get(place))
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
