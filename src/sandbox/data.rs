//! The people of the sandbox. All of them are made up.

use serde_json::{Value, json};

use super::{clinical, observations::OBSERVATIONS};

/// A made-up patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxPatient {
    /// The id of the FHIR resource: `Patient/{id}`.
    pub id: &'static str,
    /// Given name.
    pub given: &'static str,
    /// Family name.
    pub family: &'static str,
    /// FHIR's administrative gender code.
    pub gender: &'static str,
    /// `YYYY-MM-DD`.
    pub birth_date: &'static str,
    /// The number of the record at this EHR: an identifier of the type `MR`.
    pub record_number: &'static str,
    /// The visits, latest first.
    pub encounters: &'static [SandboxEncounter],
}

impl SandboxPatient {
    /// Given name, a space, family name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// A made-up visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxEncounter {
    /// The id of the FHIR resource: `Encounter/{id}`.
    pub id: &'static str,
    /// Why the patient came.
    pub reason: &'static str,
    /// When, as a FHIR dateTime.
    pub start: &'static str,
}

/// Somebody who can sign in at the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxUser {
    /// FHIR reference: `Practitioner/{id}`, or `Patient/{id}` for a patient who uses the portal.
    pub reference: &'static str,
    /// The name to show.
    pub name: &'static str,
}

impl SandboxUser {
    /// The patient whose own record this is, if the user is a patient.
    pub(super) fn own_patient(&self) -> Option<&'static str> {
        self.reference.strip_prefix("Patient/")
    }

    /// The claim `sub` of this user's id tokens.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("sandbox-{}", self.reference.replace('/', "-").to_ascii_lowercase())
    }
}

pub(super) const FIRST_PATIENT: &str = "amber-testwood";
pub(super) const FIRST_PRACTITIONER: &str = "Practitioner/paula-pretend";

pub(super) static USERS: [SandboxUser; 3] = [
    SandboxUser {
        reference: FIRST_PRACTITIONER,
        name: "Dr. Paula Pretend",
    },
    SandboxUser {
        reference: "Practitioner/otto-outline",
        name: "Dr. Otto Outline",
    },
    SandboxUser {
        reference: "Patient/amber-testwood",
        name: "Amber Testwood (patient)",
    },
];

/// (id, given name, family name)
const PRACTITIONERS: [(&str, &str, &str); 2] = [
    ("paula-pretend", "Paula", "Pretend"),
    ("otto-outline", "Otto", "Outline"),
];

const fn visit(id: &'static str, reason: &'static str, start: &'static str) -> SandboxEncounter {
    SandboxEncounter { id, reason, start }
}

const fn person(
    id: &'static str,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    birth_date: &'static str,
    record_number: &'static str,
    encounters: &'static [SandboxEncounter],
) -> SandboxPatient {
    SandboxPatient {
        id,
        given,
        family,
        gender,
        birth_date,
        record_number,
        encounters,
    }
}

pub(super) static PATIENTS: [SandboxPatient; 7] = [
    person(
        FIRST_PATIENT,
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

pub(super) fn patient(id: &str) -> Option<&'static SandboxPatient> {
    PATIENTS.iter().find(|patient| patient.id == id)
}

pub(super) fn user(reference: &str) -> Option<&'static SandboxUser> {
    USERS.iter().find(|user| user.reference == reference)
}

/// A FHIR resource and the patient whose compartment it is in.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) patient: Option<&'static str>,
    pub(super) resource: Value,
}

/// Everything of one type, in a fixed order: the latest first where there is a date.
///
/// `None` for a type that this server does not have.
pub(super) fn resources(resource_type: &str) -> Option<Vec<Stored>> {
    Some(match resource_type {
        "Patient" => PATIENTS.iter().map(patient_resource).collect(),
        "Encounter" => PATIENTS
            .iter()
            .flat_map(|patient| {
                patient
                    .encounters
                    .iter()
                    .map(|visit| encounter_resource(patient, visit))
            })
            .collect(),
        "Observation" => OBSERVATIONS.iter().map(super::observations::Row::resource).collect(),
        "Practitioner" => PRACTITIONERS.iter().map(practitioner_resource).collect(),
        other => return clinical::resources(other),
    })
}

fn patient_resource(patient: &SandboxPatient) -> Stored {
    Stored {
        patient: Some(patient.id),
        resource: json!({
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
        }),
    }
}

fn encounter_resource(patient: &SandboxPatient, visit: &SandboxEncounter) -> Stored {
    Stored {
        patient: Some(patient.id),
        resource: json!({
            "resourceType": "Encounter",
            "id": visit.id,
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"},
            "subject": {"reference": format!("Patient/{}", patient.id), "display": patient.name()},
            "reasonCode": [{"text": visit.reason}],
            "period": {"start": visit.start},
        }),
    }
}

fn practitioner_resource(&(id, given, family): &(&str, &str, &str)) -> Stored {
    Stored {
        patient: None,
        resource: json!({
            "resourceType": "Practitioner",
            "id": id,
            "active": true,
            "name": [{"text": format!("Dr. {given} {family}"), "family": family, "given": [given], "prefix": ["Dr."]}],
        }),
    }
}
