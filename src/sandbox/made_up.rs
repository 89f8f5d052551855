//! The made-up people, and what is known of them.

use serde_json::{Value, json};

use super::{clinical, documents, observations::OBSERVATIONS};

/// A made-up patient.
struct Patient {
    id: &'static str,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    birth_date: &'static str,
    record_number: &'static str,
    /// Latest first.
    visits: &'static [Visit],
}

impl Patient {
    fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// A made-up visit.
struct Visit {
    id: &'static str,
    reason: &'static str,
    start: &'static str,
}

/// (id, given name, family name)
const PRACTITIONERS: [(&str, &str, &str); 2] = [
    ("paula-pretend", "Paula", "Pretend"),
    ("otto-outline", "Otto", "Outline"),
];

const fn visit(id: &'static str, reason: &'static str, start: &'static str) -> Visit {
    Visit { id, reason, start }
}

const fn person(
    id: &'static str,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    birth_date: &'static str,
    record_number: &'static str,
    visits: &'static [Visit],
) -> Patient {
    Patient {
        id,
        given,
        family,
        gender,
        birth_date,
        record_number,
        visits,
    }
}

const PATIENTS: [Patient; 7] = [
    person(
        "amber-testwood",
        "Amber",
        "Testwood",
        "female",
        "1961-03-14",
        "SBX-1037",
        &[
            visit("visit-101", "Diabetes follow-up", "2025-05-12T09:30:00Z"),
            visit("visit-102", "Annual check-up", "2024-11-04T10:00:00Z"),
        ],
    ),
    person(
        "bruno-fixture",
        "Bruno",
        "Fixture",
        "male",
        "1948-08-02",
        "SBX-1074",
        &[
            visit("visit-201", "Shortness of breath", "2025-06-03T14:15:00Z"),
            visit("visit-202", "Blood pressure control", "2025-01-20T08:45:00Z"),
        ],
    ),
    person(
        "clara-placebo",
        "Clara",
        "Placebo",
        "female",
        "1990-12-24",
        "SBX-1111",
        &[visit("visit-301", "Prenatal visit", "2025-05-28T11:00:00Z")],
    ),
    person(
        "dario-sampleton",
        "Dario",
        "Sampleton",
        "male",
        "2015-07-19",
        "SBX-1148",
        &[visit("visit-401", "Fever", "2025-02-11T16:20:00Z")],
    ),
    person(
        "edda-mockingham",
        "Edda",
        "Mockingham",
        "female",
        "1935-01-30",
        "SBX-1185",
        &[
            visit("visit-501", "Fall at home", "2025-04-17T22:05:00Z"),
            visit("visit-502", "Medication review", "2025-03-02T13:30:00Z"),
        ],
    ),
    person(
        "felix-demostein",
        "Felix",
        "Demostein",
        "male",
        "1979-10-09",
        "SBX-1222",
        &[visit("visit-601", "Knee pain", "2025-06-10T07:50:00Z")],
    ),
    person(
        "greta-o-placeholder",
        "Greta",
        "O'Placeholder",
        "other",
        "2001-05-05",
        "SBX-1259",
        &[],
    ),
];

/// What is known of the made-up people, the latest first where there is a date.
pub(super) fn resources() -> Vec<Value> {
    let encounters = PATIENTS.iter().flat_map(|patient| {
        let visits = patient.visits.iter();
        visits.map(move |visit| encounter_resource(patient, visit))
    });
    PATIENTS
        .iter()
        .map(patient_resource)
        .chain(encounters)
        .chain(OBSERVATIONS.iter().map(super::observations::Row::resource))
        .chain(practitioners())
        .chain(clinical::resources())
        .chain(documents::resources())
        .collect()
}

/// Those who can sign in.
pub(super) fn practitioners() -> impl Iterator<Item = Value> {
    PRACTITIONERS.iter().map(practitioner_resource)
}

fn patient_resource(patient: &Patient) -> Value {
    json!({
        "resourceType": "Patient",
        "id": patient.id,
        "meta": {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]},
        "identifier": [{
            "use": "usual",
            "type": {
                "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                    "code": "MR",
                    "display": "Medical record number",
                }],
            },
            "system": "urn:actix-smart-auth:sandbox:record-number",
            "value": patient.record_number,
        }],
        "active": true,
        "name": [{
            "use": "official",
            "text": patient.name(),
            "family": patient.family,
            "given": [patient.given],
        }],
        "gender": patient.gender,
        "birthDate": patient.birth_date,
    })
}

fn encounter_resource(patient: &Patient, visit: &Visit) -> Value {
    json!({
        "resourceType": "Encounter",
        "id": visit.id,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "subject": {"reference": format!("Patient/{}", patient.id), "display": patient.name()},
        "reasonCode": [{"text": visit.reason}],
        "period": {"start": visit.start},
    })
}

fn practitioner_resource(&(id, given, family): &(&str, &str, &str)) -> Value {
    json!({
        "resourceType": "Practitioner",
        "id": id,
        "active": true,
        "name": [{"text": format!("Dr. {given} {family}"), "family": family, "given": [given], "prefix": ["Dr."]}],
    })
}
