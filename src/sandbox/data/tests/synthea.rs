//! Files as Synthea writes them: a transaction a patient, and the hospitals and the staff in files of their own.

use serde_json::{Value, json};

use super::{Folder, bundle, found, records_of};
use crate::sandbox::{
    owner::Owner,
    records::{Records, Stored},
};

const NPI: &str = "http://hl7.org/fhir/sid/us-npi";
const SYNTHEA: &str = "https://github.com/synthetichealth/synthea";
const DOCTOR: &str = "9999900001";
const HOSPITAL: &str = "d78e84ec-30aa-3bba-a33a-f29a3a454662";
const ROOM: &str = "a5b1a1c2-0b0e-3a58-9f5f-7d0d5a7b9f10";

fn to(reference: &str) -> Value {
    json!({ "reference": reference })
}

/// A conditional reference, as Synthea writes it for what is in another file.
fn elsewhere(resource_type: &str) -> Value {
    let (system, value) = match resource_type {
        "Practitioner" => (NPI, DOCTOR),
        "Organization" => (SYNTHEA, HOSPITAL),
        _ => (SYNTHEA, ROOM),
    };
    json!({"reference": format!("{resource_type}?identifier={system}|{value}"), "display": "somewhere"})
}

/// An entry with the same id in `fullUrl` and resource.
fn entry(id: &str, resource_type: &str, more: Value) -> Value {
    let mut resource = json!({"resourceType": resource_type, "id": id});
    if let (Some(members), Value::Object(more)) = (resource.as_object_mut(), more) {
        members.extend(more);
    }
    json!({"fullUrl": format!("urn:uuid:{id}"), "resource": resource, "request": {"method": "POST", "url": resource_type}})
}

/// What Synthea writes of one person; the ids begin with `name`.
fn person(name: &str) -> Value {
    let id = |what: &str| format!("{name}-{what}");
    let urn = |what: &str| to(&format!("urn:uuid:{}", id(what)));
    let (patient, visit) = (urn("patient"), urn("visit"));
    let everything = [
        "patient",
        "visit",
        "condition",
        "weight",
        "report",
        "note",
        "claim",
        "benefit",
        "team",
        "plan",
        "request",
        "drug",
        "pump",
        "supply",
        "study",
    ];
    let targets: Vec<Value> = everything.iter().map(|what| urn(what)).collect();
    let entries = [
        entry(
            &id("patient"),
            "Patient",
            json!({"identifier": [
                {"system": SYNTHEA, "value": id("patient")},
                {"type": {"coding": [{"code": "MR"}]}, "system": "http://hospital.smarthealthit.org", "value": id("patient")},
                {"type": {"coding": [{"code": "SS"}]}, "system": "http://hl7.org/fhir/sid/us-ssn", "value": format!("999-{name}")},
            ], "name": [{"use": "official", "family": format!("{name}774"), "given": ["Abe604"]}], "birthDate": "1985-07-25",
                "generalPractitioner": [elsewhere("Practitioner")]}),
        ),
        entry(
            &id("visit"),
            "Encounter",
            json!({"identifier": [{"use": "official", "system": SYNTHEA, "value": id("visit")}], "status": "finished", "class": {"code": "AMB"},
                "subject": patient, "participant": [{"individual": elsewhere("Practitioner")}], "period": {"start": "2020-01-01T10:00:00+01:00"},
                "location": [{"location": elsewhere("Location")}], "serviceProvider": elsewhere("Organization")}),
        ),
        entry(
            &id("condition"),
            "Condition",
            json!({"subject": patient, "encounter": visit}),
        ),
        entry(
            &id("weight"),
            "Observation",
            json!({"status": "final", "subject": patient, "encounter": visit}),
        ),
        entry(
            &id("report"),
            "DiagnosticReport",
            json!({"subject": patient, "encounter": visit, "performer": [elsewhere("Practitioner")], "result": [urn("weight")],
                "presentedForm": [{"contentType": "text/plain; charset=utf-8", "data": "YQ=="}]}),
        ),
        entry(
            &id("note"),
            "DocumentReference",
            json!({"status": "current", "subject": patient, "author": [elsewhere("Practitioner")], "custodian": elsewhere("Organization"),
                "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": "YQ=="}}], "context": {"encounter": [visit]}}),
        ),
        entry(
            &id("claim"),
            "Claim",
            json!({"patient": patient, "provider": elsewhere("Organization"), "facility": elsewhere("Location"), "prescription": urn("request"),
                "diagnosis": [{"diagnosisReference": urn("condition")}], "insurance": [{"coverage": {"display": "Humana"}}],
                "item": [{"encounter": [visit]}]}),
        ),
        entry(
            &id("benefit"),
            "ExplanationOfBenefit",
            json!({
                "contained": [
                    {"resourceType": "ServiceRequest", "id": "referral", "status": "completed", "subject": patient, "requester": elsewhere("Practitioner"),
                        "performer": [elsewhere("Practitioner")]},
                    {"resourceType": "Coverage", "id": "coverage", "status": "active", "beneficiary": patient, "payor": [{"display": "Humana"}]},
                ],
                "patient": patient, "insurer": {"display": "Humana"}, "provider": elsewhere("Practitioner"), "referral": to("#referral"),
                "facility": elsewhere("Location"), "claim": urn("claim"), "careTeam": [{"provider": elsewhere("Practitioner")}],
                "insurance": [{"focal": true, "coverage": {"reference": "#coverage", "display": "Humana"}}], "item": [{"encounter": [visit]}],
            }),
        ),
        entry(
            &id("team"),
            "CareTeam",
            json!({"subject": patient, "encounter": visit, "managingOrganization": [elsewhere("Organization")],
                "participant": [{"member": patient}, {"member": elsewhere("Practitioner")}, {"member": elsewhere("Organization")}]}),
        ),
        entry(
            &id("plan"),
            "CarePlan",
            json!({"subject": patient, "encounter": visit, "careTeam": [urn("team")], "addresses": [urn("condition")]}),
        ),
        entry(
            &id("request"),
            "MedicationRequest",
            json!({"medicationReference": urn("drug"), "subject": patient, "encounter": visit, "requester": elsewhere("Practitioner")}),
        ),
        entry(&id("drug"), "Medication", json!({"status": "active"})),
        entry(&id("pump"), "Device", json!({"patient": patient})),
        entry(&id("supply"), "SupplyDelivery", json!({"patient": patient})),
        entry(
            &id("study"),
            "ImagingStudy",
            json!({"subject": patient, "encounter": visit, "location": elsewhere("Location")}),
        ),
        entry(
            &id("provenance"),
            "Provenance",
            json!({"target": targets, "agent": [{"who": elsewhere("Practitioner"), "onBehalfOf": elsewhere("Organization")}]}),
        ),
    ];
    bundle("transaction", &entries)
}

fn hospitals() -> Value {
    let entries = [
        entry(
            HOSPITAL,
            "Organization",
            json!({"identifier": [{"system": SYNTHEA, "value": HOSPITAL}], "name": "HOSPITAL"}),
        ),
        entry(
            ROOM,
            "Location",
            json!({"identifier": [{"system": SYNTHEA, "value": ROOM}],
                "managingOrganization": {"identifier": {"system": SYNTHEA, "value": HOSPITAL}, "display": "HOSPITAL"}}),
        ),
    ];
    bundle("batch", &entries)
}

fn staff() -> Value {
    let doctor = "2f0d6a5e-0000-3000-8000-000000000001";
    let entries = [
        entry(
            doctor,
            "Practitioner",
            json!({"identifier": [{"system": NPI, "value": DOCTOR}], "name": [{"family": "Kling921"}]}),
        ),
        entry(
            "2f0d6a5e-0000-3000-8000-000000000002",
            "PractitionerRole",
            json!({"practitioner": {"identifier": {"system": NPI, "value": DOCTOR}, "display": "Dr. Kling921"},
                "organization": {"identifier": {"system": SYNTHEA, "value": HOSPITAL}, "display": "HOSPITAL"}}),
        ),
    ];
    bundle("batch", &entries)
}

fn people(name: &str) -> Folder {
    Folder::new(name)
        .with("Abe604_Abbott774.json", person("abbott"))
        .with("Zoe1_Zulauf375.json", person("zulauf"))
        .with("notes.txt", "not data")
}

fn all(records: &Records) -> impl Iterator<Item = &Stored> {
    records.types().into_iter().flat_map(|name| records.of_type(name))
}

#[track_caller]
fn is_each_ones_own(records: &Records) {
    let mut counted = 0;
    for stored in all(records) {
        let owner = match stored.id().split_once('-') {
            Some((name @ ("abbott" | "zulauf"), what)) if what != "drug" => {
                counted += 1;
                Owner::Patient(format!("{name}-patient"))
            }
            _ => Owner::Everybody,
        };
        assert_eq!(records.owner(stored), owner, "{}", stored.resource);
    }
    assert_eq!(counted, 2 * 15);
}

#[test]
fn references_of_several_files_lead_to_the_resource_wherever_it_is_and_each_patient_has_the_own_records() {
    let folder = people("synthea-all")
        .with("hospitalInformation1700000000000.json", hospitals())
        .with("practitionerInformation1700000000000.json", staff());
    let records = records_of(&folder);
    let visit = found(&records, "Encounter", "abbott-visit");
    assert_eq!(visit.resource["subject"]["reference"], "Patient/abbott-patient");
    assert_eq!(
        visit.resource["participant"][0]["individual"]["reference"],
        "Practitioner/2f0d6a5e-0000-3000-8000-000000000001"
    );
    assert_eq!(
        visit.resource["serviceProvider"]["reference"],
        format!("Organization/{HOSPITAL}")
    );
    let benefit = found(&records, "ExplanationOfBenefit", "zulauf-benefit");
    assert_eq!(
        benefit.resource["contained"][1]["beneficiary"]["reference"],
        "Patient/zulauf-patient"
    );
    is_each_ones_own(&records);
    let no_reference_is_left = |stored: &Stored| {
        let text = stored.resource.to_string();
        !text.contains("urn:uuid:") && !text.contains("?identifier=")
    };
    assert!(all(&records).all(no_reference_is_left));
    assert_eq!(
        records.of_type("Practitioner").count(),
        1,
        "no made-up one beside those of the data"
    );
}

#[test]
fn without_the_files_of_hospitals_and_staff_each_patient_still_has_the_own_records() {
    let records = records_of(&people("synthea-people"));
    let visit = found(&records, "Encounter", "abbott-visit");
    assert_eq!(
        visit.resource["serviceProvider"]["reference"],
        format!("Organization?identifier={SYNTHEA}|{HOSPITAL}"),
        "what leads nowhere stays"
    );
    is_each_ones_own(&records);
}
