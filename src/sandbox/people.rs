//! The people of the EHR, as its FHIR records have them: [`SandboxPatient`], [`SandboxEncounter`] and [`SandboxUser`].

use std::cmp::Reverse;

use serde_json::Value;

use super::{
    fhir::DateRange,
    owner::Owner,
    person_name::{PersonName, visible},
    records::{Found, Records, Stored, text},
};
use crate::time::Timestamp;

/// A patient of the EHR. What FHIR has as optional may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxPatient {
    /// The id of the FHIR resource: `Patient/{id}`.
    pub id: String,
    /// Given names, with spaces between them.
    pub given: Option<String>,
    /// Family name.
    pub family: Option<String>,
    /// FHIR's administrative gender code.
    pub gender: Option<String>,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub birth_date: Option<String>,
    /// The number of the record at this EHR: an identifier of the type `MR`, else of the type `PI`.
    pub record_number: Option<String>,
    /// The visits, latest first.
    pub encounters: Vec<SandboxEncounter>,
    name: Option<String>,
}

impl SandboxPatient {
    /// The whole name; of a patient without one, `Patient without a name` and the id.
    ///
    /// Of several names the official one, else the usual one. A name whose period is over comes last.
    #[must_use]
    pub fn name(&self) -> String {
        let nameless = || format!("Patient without a name ({})", self.id);
        self.name.clone().unwrap_or_else(nameless)
    }

    /// What can be searched for.
    pub(super) fn described(&self) -> String {
        let known = [Some(self.name()), self.birth_date.clone(), self.record_number.clone()];
        known.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Without the visits.
    fn read(resource: &Value, now: Timestamp) -> Self {
        let name = PersonName::of(resource, now);
        let (given, family) = match &name {
            Some(name) => (name.given.clone(), name.family.clone()),
            None => (None, None),
        };
        let date = text(resource, "birthDate");
        Self {
            id: text(resource, "id").to_owned(),
            given,
            family,
            gender: visible(text(resource, "gender")),
            birth_date: DateRange::parse(date).map(|_| date.to_owned()),
            record_number: record_number(resource),
            encounters: Vec::new(),
            name: name.map(|name| name.text),
        }
    }
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxEncounter {
    /// The id of the FHIR resource: `Encounter/{id}`.
    pub id: String,
    /// Why the patient came, else what kind of visit it is.
    pub reason: Option<String>,
    /// When, as a FHIR dateTime.
    pub start: Option<String>,
}

impl SandboxEncounter {
    fn read(resource: &Value) -> Self {
        let words = |concept: &str| {
            let of = |rest: &str| resource.pointer(&format!("{concept}{rest}")).and_then(Value::as_str);
            of("/text")
                .and_then(visible)
                .or_else(|| of("/coding/0/display").and_then(visible))
        };
        let start = resource.pointer("/period/start").and_then(Value::as_str);
        Self {
            id: text(resource, "id").to_owned(),
            reason: words("/reasonCode/0").or_else(|| words("/type/0")),
            start: start
                .filter(|start| DateRange::parse(start).is_some())
                .map(str::to_owned),
        }
    }

    fn began(&self) -> Option<i64> {
        self.start.as_deref().and_then(DateRange::parse).map(|range| range.from)
    }
}

/// Somebody who can sign in at the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxUser {
    /// FHIR reference: `Practitioner/{id}`, or `Patient/{id}` for a patient who uses the portal.
    pub reference: String,
    /// The name to show.
    pub name: String,
}

impl SandboxUser {
    /// The patient whose own record this is, if the user is a patient.
    pub(super) fn own_patient(&self) -> Option<&str> {
        own_patient(&self.reference)
    }

    /// The claim `sub` of this user's id tokens.
    #[must_use]
    pub fn subject(&self) -> String {
        subject(&self.reference)
    }

    fn practitioner(stored: &Stored, now: Timestamp) -> Self {
        let reference = format!("Practitioner/{}", stored.id());
        let name = PersonName::of(&stored.resource, now).map(|name| name.text);
        Self {
            name: name.unwrap_or_else(|| format!("Practitioner without a name ({})", stored.id())),
            reference,
        }
    }

    fn patient(stored: &Stored, now: Timestamp) -> Self {
        Self {
            reference: format!("Patient/{}", stored.id()),
            name: format!("{} (patient)", SandboxPatient::read(&stored.resource, now).name()),
        }
    }
}

/// The patient whose own record this is, if the user is a patient.
pub(super) fn own_patient(user: &str) -> Option<&str> {
    user.strip_prefix("Patient/")
}

/// The claim `sub` of a user's id tokens.
pub(super) fn subject(user: &str) -> String {
    match user.split_once('/') {
        Some((resource_type, id)) => format!("sandbox-{}-{id}", resource_type.to_ascii_lowercase()),
        None => user.to_owned(),
    }
}

/// All patients, in the order in which they came.
pub(super) fn patients(records: &Records, now: Timestamp) -> Vec<SandboxPatient> {
    let all = records.of_type("Patient");
    all.map(|stored| with_visits(records, stored, now)).collect()
}

/// All patients without their visits.
pub(super) fn patient_list(records: &Records, now: Timestamp) -> impl Iterator<Item = SandboxPatient> {
    let all = records.of_type("Patient");
    all.map(move |stored| SandboxPatient::read(&stored.resource, now))
}

pub(super) fn patient(records: &Records, id: &str, now: Timestamp) -> Option<SandboxPatient> {
    match records.find("Patient", id) {
        Found::Here(stored) => Some(with_visits(records, stored, now)),
        Found::Deleted(_) | Found::Nothing => None,
    }
}

/// The id of the first patient who can be chosen.
pub(super) fn first_patient(records: &Records) -> Option<String> {
    records.of_type("Patient").next().map(|stored| stored.id().to_owned())
}

/// Who can sign in: the practitioners, then the patients of the portal.
pub(super) fn users(records: &Records, now: Timestamp) -> Vec<SandboxUser> {
    let practitioners = records.of_type("Practitioner");
    let practitioners = practitioners.map(|stored| SandboxUser::practitioner(stored, now));
    practitioners
        .chain(portal(records).map(|stored| SandboxUser::patient(stored, now)))
        .collect()
}

/// Who can sign in under this reference.
pub(super) fn user(records: &Records, reference: &str, now: Timestamp) -> Option<SandboxUser> {
    match reference.split_once('/')? {
        ("Practitioner", id) => match records.find("Practitioner", id) {
            Found::Here(stored) => Some(SandboxUser::practitioner(stored, now)),
            Found::Deleted(_) | Found::Nothing => None,
        },
        ("Patient", id) => {
            let stored = portal(records).find(|stored| stored.id() == id)?;
            Some(SandboxUser::patient(stored, now))
        }
        _ => None,
    }
}

/// The patients who can sign in: those who were named, else the first one.
fn portal(records: &Records) -> impl Iterator<Item = &Stored> {
    let named = records
        .portal
        .iter()
        .filter_map(|reference| match records.find("Patient", own_patient(reference)?) {
            Found::Here(stored) => Some(stored),
            Found::Deleted(_) | Found::Nothing => None,
        });
    let first = records.of_type("Patient").take(usize::from(records.portal.is_empty()));
    named.chain(first)
}

/// The id of the visit that a launch is in where nobody has chosen one: the latest that the application of the patient may read, else the latest.
pub(super) fn visit_of_launch(records: &Records, patient: &SandboxPatient) -> Option<String> {
    let is_own = |id: &str| match records.find("Encounter", id) {
        Found::Here(visit) => records.owner(visit) == Owner::Patient(patient.id.clone()),
        Found::Deleted(_) | Found::Nothing => false,
    };
    let visits = &patient.encounters;
    let visit = visits.iter().find(|visit| is_own(&visit.id)).or_else(|| visits.first());
    visit.map(|visit| visit.id.clone())
}

fn with_visits(records: &Records, stored: &Stored, now: Timestamp) -> SandboxPatient {
    let mut patient = SandboxPatient::read(&stored.resource, now);
    let visits = records.of_patient("Encounter", stored.id());
    patient.encounters = visits.map(|visit| SandboxEncounter::read(&visit.resource)).collect();
    // What has no date comes last.
    patient.encounters.sort_by_key(|visit| Reverse(visit.began()));
    patient
}

fn record_number(resource: &Value) -> Option<String> {
    let all = || {
        resource
            .get("identifier")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let of_type = |code: &str| {
        let mut fitting = all().filter(|identifier| {
            let codings = identifier.pointer("/type/coding").and_then(Value::as_array);
            let mut codings = codings.into_iter().flatten();
            text(identifier, "use") != "old" && codings.any(|coding| text(coding, "code") == code)
        });
        fitting.find_map(|identifier| visible(text(identifier, "value")))
    };
    of_type("MR").or_else(|| of_type("PI"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-11-29T12:00:00Z
    const NOW: Timestamp = Timestamp::from_millis(1_795_953_600_000);

    fn records(resources: impl IntoIterator<Item = Value>) -> Records {
        let mut records = Records::new("http://127.0.0.1:9/fhir".to_owned());
        for resource in resources {
            records.load(resource);
        }
        records
    }

    #[test]
    fn a_patient_of_whom_nothing_is_known_still_has_something_to_be_called_by() {
        let records = records([json!({"resourceType": "Patient", "id": "p1"})]);
        let patient = patient(&records, "p1", NOW).unwrap();
        assert_eq!(patient.name(), "Patient without a name (p1)");
        let nothing = (None, None, None, None, None);
        assert_eq!(
            (
                patient.given,
                patient.family,
                patient.gender,
                patient.birth_date,
                patient.record_number
            ),
            nothing
        );
        assert!(patient.encounters.is_empty());
    }

    #[test]
    fn what_is_no_date_and_a_number_that_is_not_of_the_record_are_left_out() {
        let number = |code: &str, value: &str| json!({"type": {"coding": [{"code": code}]}, "value": value});
        let mut one = json!({"resourceType": "Patient", "id": "p1", "birthDate": "soon", "identifier": [
            number("SS", "999"), {"value": "1"}, number("PI", "7"),
        ]});
        let of = |one: &Value| patient(&records([one.clone()]), "p1", NOW).unwrap();
        assert_eq!(
            (of(&one).birth_date, of(&one).record_number.as_deref()),
            (None, Some("7"))
        );
        one["identifier"][1] = number("MR", "8");
        one["birthDate"] = json!("1961-03");
        assert_eq!(of(&one).record_number.as_deref(), Some("8"));
        assert_eq!(of(&one).birth_date.as_deref(), Some("1961-03"));
        one["identifier"][1]["use"] = json!("old");
        assert_eq!(of(&one).record_number.as_deref(), Some("7"));
    }

    #[test]
    fn visits_are_in_the_order_of_time_whatever_their_time_zone() {
        let visit = |id: &str, period: Value| {
            json!({"resourceType": "Encounter", "id": id, "subject": {"reference": "Patient/p1"}, "period": period,
                "type": [{"coding": [{"display": "Check-up"}]}]})
        };
        let records = records([
            json!({"resourceType": "Patient", "id": "p1"}),
            visit("none", json!({})),
            visit("early", json!({"start": "2025-01-01T12:00:00+14:00"})),
            visit("late", json!({"start": "2025-01-01T11:00:00-04:00"})),
            json!({"resourceType": "Encounter", "id": "other", "subject": {"reference": "Patient/p2"}}),
        ]);
        let visits = patient(&records, "p1", NOW).unwrap().encounters;
        let ids: Vec<_> = visits.iter().map(|visit| visit.id.as_str()).collect();
        assert_eq!(ids, ["late", "early", "none"]);
        assert_eq!(visits[0].reason.as_deref(), Some("Check-up"));
    }

    #[test]
    fn a_launch_is_in_the_latest_visit_that_its_patient_may_read_and_in_the_latest_where_there_is_none() {
        let visit = |id: &str, day: u8, others: &[&str]| {
            let others: Vec<Value> = others
                .iter()
                .map(|other| json!({"individual": {"reference": other}}))
                .collect();
            json!({"resourceType": "Encounter", "id": id, "subject": {"reference": "Patient/p1"}, "participant": others,
                "period": {"start": format!("2025-01-0{day}")}})
        };
        let mut records = records([
            json!({"resourceType": "Patient", "id": "p1"}),
            json!({"resourceType": "Patient", "id": "p2"}),
        ]);
        let chosen = |records: &Records| visit_of_launch(records, &patient(records, "p1", NOW).unwrap());
        assert_eq!(chosen(&records), None);
        records.load(visit("group", 3, &["Patient/p2"]));
        assert_eq!(chosen(&records).as_deref(), Some("group"));
        records.load(visit("early", 1, &[]));
        records.load(visit("own", 2, &["Practitioner/d"]));
        assert_eq!(chosen(&records).as_deref(), Some("own"));
    }

    #[test]
    fn practitioners_and_the_first_patient_sign_in_unless_patients_are_named() {
        let person = |resource_type: &str, id: &str| json!({"resourceType": resource_type, "id": id});
        let mut records = records([
            person("Patient", "p1"),
            person("Practitioner", "d1"),
            person("Patient", "p2"),
        ]);
        let references = |records: &Records| {
            users(records, NOW)
                .into_iter()
                .map(|user| user.reference)
                .collect::<Vec<_>>()
        };
        assert_eq!(references(&records), ["Practitioner/d1", "Patient/p1"]);
        assert!(user(&records, "Patient/p2", NOW).is_none());
        records.portal = vec!["Patient/p2".to_owned()];
        assert_eq!(references(&records), ["Practitioner/d1", "Patient/p2"]);
        assert!(user(&records, "Patient/p2", NOW).is_some() && user(&records, "Patient/p1", NOW).is_none());
        assert!(user(&records, "Group/p2", NOW).is_none() && user(&records, "p2", NOW).is_none());
    }

    #[test]
    fn two_users_never_have_the_same_subject() {
        assert_eq!(
            subject("Practitioner/paula-pretend"),
            "sandbox-practitioner-paula-pretend"
        );
        assert_ne!(subject("Practitioner/A"), subject("Practitioner/a"));
    }
}
