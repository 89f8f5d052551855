mod binaries;
mod ways_round;

use serde_json::{Value, json};

use super::*;
use crate::{
    sandbox::records::{Found, Hand},
    time::Timestamp,
};

const BASE: &str = "http://127.0.0.1:9/fhir";
const NOW: Timestamp = Timestamp::from_millis(1_795_953_600_000);

fn to(reference: &str) -> Value {
    json!({ "reference": reference })
}

/// Amber and Bruno, and of each an observation, a RelatedPerson, a device and a group of one.
fn two() -> Records {
    let mut records = Records::new(BASE.to_owned());
    for (patient, number) in [("amber", "1"), ("bruno", "2")] {
        let about = to(&format!("Patient/{patient}"));
        let id = |what: &str| format!("{what}-of-{patient}");
        for resource in [
            json!({"resourceType": "Patient", "id": patient, "identifier": [{"system": "urn:mr", "value": number}]}),
            json!({"resourceType": "Observation", "id": id("pulse"), "subject": about,
                "identifier": [{"system": "urn:o", "value": format!("o{number}")}]}),
            json!({"resourceType": "RelatedPerson", "id": id("mother"), "patient": about}),
            json!({"resourceType": "Encounter", "id": id("visit"), "subject": about}),
            json!({"resourceType": "Group", "id": id("ward"), "member": [{"entity": about}]}),
            // These name nobody themselves.
            json!({"resourceType": "Provenance", "id": id("note"), "target": [to(&format!("Observation/pulse-of-{patient}"))]}),
            json!({"resourceType": "List", "id": id("list"), "entry": [{"item": to(&format!("Provenance/note-of-{patient}"))}]}),
        ] {
            records.load(resource);
        }
    }
    for shared in [
        json!({"resourceType": "Practitioner", "id": "ruiz"}),
        json!({"resourceType": "Organization", "id": "clinic"}),
        json!({"resourceType": "Location", "id": "room", "managingOrganization": to("Organization/clinic")}),
        json!({"resourceType": "Device", "id": "thermometer", "owner": to("Organization/clinic")}),
    ] {
        records.load(shared);
    }
    records
}

fn amber() -> Owner {
    Owner::Patient("amber".to_owned())
}

/// About Amber, and what else is said.
fn hers(resource_type: &str, more: Value) -> Value {
    let mut resource = json!({"resourceType": resource_type, "id": "x", "subject": to("Patient/amber")});
    if let (Some(members), Value::Object(more)) = (resource.as_object_mut(), more) {
        members.extend(more);
    }
    resource
}

/// Ways to name a record about a patient, by the patient's name and number.
fn ways(patient: &str, number: &str) -> Vec<Value> {
    let mut ways: Vec<Value> = [
        format!("Patient/{patient}"),
        format!("Observation/pulse-of-{patient}"),
        format!("{BASE}/Observation/pulse-of-{patient}/_history/1"),
        format!("https://before.example/fhir/Observation/pulse-of-{patient}"),
        format!("Observation?identifier=urn:o|o{number}"),
        format!("Observation?identifier=o{number}"),
        format!("RelatedPerson/mother-of-{patient}"),
        format!("Group/ward-of-{patient}"),
        format!("Provenance/note-of-{patient}"),
        format!("List/list-of-{patient}"),
    ]
    .iter()
    .map(|reference| to(reference))
    .collect();
    ways.push(json!({"identifier": {"system": "urn:mr", "value": number}, "display": "somebody"}));
    ways.push(json!({"type": "Patient", "identifier": {"value": number}}));
    ways.push(json!({"type": "Observation", "identifier": {"system": "urn:o", "value": format!("o{number}")}}));
    ways
}

/// A record about Amber that refers to something, in elements of many types and one that no type has.
fn referring(reference: &Value) -> Vec<Value> {
    vec![
        hers("CareTeam", json!({"participant": [{"member": reference}]})),
        hers("List", json!({"entry": [{"item": reference}]})),
        hers(
            "Composition",
            json!({"section": [{"section": [{"entry": [reference]}]}]}),
        ),
        hers("DocumentReference", json!({"context": {"related": [reference]}})),
        hers("Task", json!({"focus": reference})),
        hers("Task", json!({"basedOn": [reference]})),
        hers("Encounter", json!({"partOf": reference})),
        hers(
            "Observation",
            json!({"extension": [{"url": "urn:x", "valueReference": reference}]}),
        ),
        hers(
            "Observation",
            json!({"contained": [{"resourceType": "Observation", "id": "c", "hasMember": [reference]}]}),
        ),
        hers(
            "Consent",
            json!({"provision": {"data": [{"meaning": "instance", "reference": reference}]}}),
        ),
        hers("Linkage", json!({"item": [{"type": "source", "resource": reference}]})),
        hers("Observation", json!({"nobody": {"knows": {"this": reference}}})),
    ]
}

#[test]
fn a_record_that_refers_to_a_record_of_another_patient_is_nobodys_alone_wherever_and_however_it_says_it() {
    let records = two();
    for (patient, number, owner) in [
        ("amber", "1", amber()),
        ("bruno", "2", Owner::Several(vec!["amber".to_owned()])),
    ] {
        for reference in ways(patient, number) {
            for record in referring(&reference) {
                assert_eq!(records.owner_of(&record), owner, "{record}");
            }
        }
    }
}

#[test]
fn a_provenance_of_a_patient_and_of_a_record_of_another_one_is_nobodys_alone() {
    let records = two();
    let of = |targets: Value| records.owner_of(&json!({"resourceType": "Provenance", "id": "x", "target": targets}));
    assert_eq!(
        of(json!([to("Patient/amber"), to("Observation/pulse-of-amber")])),
        amber()
    );
    let both = json!([to("Patient/amber"), to("Observation/pulse-of-bruno")]);
    assert_eq!(of(both), Owner::Several(vec!["amber".to_owned()]));
    // It names no patient: it is nobody's, whatever it refers to.
    assert_eq!(of(json!([to("Observation/pulse-of-amber")])), Owner::Nobody);
}

#[test]
fn what_is_about_no_patient_leads_nobody_to_another() {
    let records = two();
    let visit = hers(
        "Encounter",
        json!({"participant": [{"individual": to("Practitioner/ruiz")}], "serviceProvider": to("Organization/clinic"),
            "location": [{"location": to("Location/room")}], "account": [to("Account/not-there")], "partOf": to("Encounter/x")}),
    );
    assert_eq!(records.owner_of(&visit), amber());
    assert_eq!(
        records.owner_of(&hers("Observation", json!({"device": to("Device/thermometer")}))),
        amber()
    );
    for reference in [
        "urn:uuid:nowhere",
        "Observation/not-there",
        "#inside",
        "#",
        "https://elsewhere.example/1",
    ] {
        let record = hers("Observation", json!({"encounter": to(reference)}));
        assert_eq!(records.owner_of(&record), amber(), "{reference}");
    }
    let stranger = json!({"type": "Patient", "identifier": {"system": "urn:mr", "value": "9"}});
    let record = hers("Observation", json!({"performer": [stranger]}));
    assert_eq!(records.owner_of(&record), Owner::Several(vec!["amber".to_owned()]));
    for (resource_type, id) in [
        ("Practitioner", "ruiz"),
        ("Location", "room"),
        ("Organization", "clinic"),
    ] {
        let Found::Here(stored) = records.find(resource_type, id) else {
            panic!("there is no {id}")
        };
        assert_eq!(records.owner(stored), Owner::Everybody);
    }
}

#[test]
fn what_is_everybodys_by_its_type_and_leads_to_a_patient_is_nobodys() {
    let records = two();
    let reference = |reference: &str| json!({"extension": [{"url": "urn:x", "valueReference": to(reference)}]});
    for more in [
        reference("Patient/amber"),
        reference("Observation/pulse-of-amber"),
        reference("List/list-of-amber"),
        reference("https://elsewhere.example/fhir/Patient/1"),
        json!({"contained": [{"resourceType": "Patient", "id": "p", "name": [{"family": "Fixture"}]}]}),
        json!({"contained": [{"resourceType": "Observation", "id": "o", "subject": {"reference": "urn:uuid:1"}}]}),
    ] {
        for resource_type in ["Practitioner", "Organization", "Medication", "Schedule"] {
            let mut shared = more.clone();
            shared["resourceType"] = json!(resource_type);
            assert_eq!(records.owner_of(&shared), Owner::Nobody, "{shared}");
        }
    }
}

#[test]
fn a_record_with_a_patient_in_it_or_with_a_record_about_one_who_cannot_be_told_is_nobodys_alone() {
    let records = two();
    let with = |contained: Value| records.owner_of(&hers("Observation", json!({ "contained": [contained] })));
    for kept in [
        json!({"resourceType": "Practitioner", "id": "d"}),
        json!({"resourceType": "Medication", "id": "m"}),
        json!({"resourceType": "Specimen", "id": "s"}),
        json!({"resourceType": "Coverage", "id": "c", "beneficiary": to("Patient/amber"), "payor": [{"display": "Insurer"}]}),
        json!({"resourceType": "Provenance", "id": "p", "target": [to("#")]}),
    ] {
        assert_eq!(with(kept.clone()), amber(), "{kept}");
    }
    for lost in [
        json!({"resourceType": "Patient", "id": "p"}),
        json!({"resourceType": "Coverage", "id": "c", "beneficiary": to("Patient/bruno")}),
        json!({"resourceType": "Coverage", "id": "c", "beneficiary": to("urn:uuid:1")}),
        json!({"resourceType": "Coverage", "id": "c", "beneficiary": {"type": "Patient", "display": "Bruno"}}),
        json!({"resourceType": "Observation", "id": "o", "subject": to("Patient?identifier=urn:mr|9")}),
        json!({"resourceType": "Observation", "id": "o", "hasMember": [to("Observation/pulse-of-bruno")]}),
    ] {
        assert_eq!(with(lost.clone()), Owner::Several(vec!["amber".to_owned()]), "{lost}");
    }
}

#[test]
fn a_patient_is_the_patients_own_whoever_it_is_linked_to_unless_another_one_is_in_it() {
    let records = two();
    let with = |more: Value| {
        let mut patient = json!({"resourceType": "Patient", "id": "amber"});
        patient
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        records.owner_of(&patient)
    };
    let linked = json!({"link": [{"other": to("Patient/bruno"), "type": "seealso"}]});
    assert_eq!(with(linked), amber());
    let contained = json!({"contained": [{"resourceType": "Patient", "id": "b"}]});
    assert_eq!(with(contained), Owner::Several(vec!["amber".to_owned()]));
}

#[test]
fn a_record_is_its_patients_also_where_one_that_it_refers_to_names_others_beside_the_same_patient() {
    let mut records = two();
    records.load(json!({"resourceType": "Encounter", "id": "birth", "subject": to("Patient/amber"), "partOf": to("Encounter/visit-of-bruno")}));
    let Found::Here(birth) = records.find("Encounter", "birth") else {
        panic!("it is not there")
    };
    assert_eq!(records.owner(birth), Owner::Several(vec!["amber".to_owned()]));
    let weight = hers("Observation", json!({"encounter": to("Encounter/birth")}));
    assert_eq!(records.owner_of(&weight), amber(), "it says nothing of Bruno");
}

#[test]
fn records_that_refer_to_each_other_in_a_circle_come_to_an_end() {
    let mut records = two();
    let list = |id: &str, items: &[&str]| {
        let entries: Vec<Value> = items.iter().map(|item| json!({"item": to(item)})).collect();
        json!({"resourceType": "List", "id": id, "entry": entries})
    };
    records.load(list("a", &["List/b"]));
    records.load(list("b", &["List/a", "List/b"]));
    let hers = hers("Composition", json!({"section": [{"entry": [to("List/a")]}]}));
    assert_eq!(records.owner_of(&hers), amber());
    records.load(list("b", &["List/a", "Observation/pulse-of-bruno"]));
    assert_eq!(records.owner_of(&hers), Owner::Several(vec!["amber".to_owned()]));
}

#[test]
fn a_chain_of_records_is_followed_for_a_thousand_of_them_and_what_is_longer_may_lead_to_anybody() {
    let mut records = two();
    let link = |number: usize| json!({"resourceType": "List", "id": format!("l{number}"), "entry": [{"item": to(&format!("List/l{}", number + 1))}]});
    (1..MOST).for_each(|number| records.load(link(number)));
    records.load(json!({"resourceType": "List", "id": format!("l{MOST}")}));
    let chained = |first: &str| hers("Composition", json!({"section": [{"entry": [to(first)]}]}));
    assert_eq!(records.owner_of(&chained("List/l1")), amber());
    records.load(link(0));
    let longer = records.owner_of(&chained("List/l0"));
    assert_eq!(longer, Owner::Several(vec!["amber".to_owned()]));
}

#[test]
fn whose_a_record_is_follows_what_it_refers_to_when_that_changes_and_not_when_it_is_deleted() {
    let mut records = two();
    records.load(hers("DiagnosticReport", json!({"result": [to("Observation/o")]})));
    let owner = |records: &Records| match records.find("DiagnosticReport", "x") {
        Found::Here(stored) => records.owner(stored),
        _ => panic!("it is not there"),
    };
    let several = Owner::Several(vec!["amber".to_owned()]);
    assert_eq!(owner(&records), amber());
    let observation = |patient: &str| json!({"resourceType": "Observation", "id": "o", "subject": to(&format!("Patient/{patient}")), "valueString": "secret"});
    records.put(observation("bruno"), NOW, Hand::Free);
    assert_eq!(owner(&records), several);
    records.delete("Observation", "o", Hand::Free);
    assert_eq!(owner(&records), several, "what was deleted is still somebody's");
    let Found::Deleted(left) = records.find("Observation", "o") else {
        panic!("nothing is left of it")
    };
    assert_eq!(records.owner(left), Owner::Patient("bruno".to_owned()));
    assert!(!left.resource.to_string().contains("secret"));
    records.put(observation("amber"), NOW, Hand::Free);
    assert_eq!(owner(&records), amber());
}
