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
    records.put(pulse("1", "bruno"), WRITTEN, Hand::Free);
    assert_eq!(
        (of_patient(&records, "amber"), of_patient(&records, "bruno")),
        (vec!["3".to_owned()], vec!["1".to_owned(), "2".to_owned()])
    );
    records.delete("Observation", "2", Hand::Free);
    assert_eq!(of_patient(&records, "bruno"), ["1"]);
    assert!(matches!(records.find("Observation", "2"), Found::Deleted(_)));
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
    records.delete("Group", "g", Hand::Free);
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
