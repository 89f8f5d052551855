//! Whose a Binary is.

use super::*;

#[test]
fn a_binary_is_whose_its_context_or_its_document_is() {
    let mut records = Records::new(BASE.to_owned());
    let binary = |id: &str, context: Value| {
        let mut binary = json!({"resourceType": "Binary", "id": id, "contentType": "text/plain"});
        if !context.is_null() {
            binary["securityContext"] = json!({"reference": context});
        }
        binary
    };
    let document = |id: &str, patient: &str, binary: &str| {
        json!({"resourceType": "DocumentReference", "id": id, "subject": {"reference": format!("Patient/{patient}")},
            "content": [{"attachment": {"url": binary}}]})
    };
    for resource in [
        binary("patient", json!("Patient/amber")),
        binary("record", json!("Observation/1")),
        binary("named", Value::Null),
        binary("shared", Value::Null),
        binary("nobodys", Value::Null),
        binary("kept", json!("Patient/amber")),
        json!({"resourceType": "Observation", "id": "1", "subject": {"reference": "Patient/amber"}}),
        document("d1", "amber", "Binary/named"),
        document("d2", "amber", &format!("{BASE}/Binary/shared")),
        document("d3", "bruno", "Binary/shared"),
        document("d4", "bruno", "Binary/kept"),
    ] {
        records.load(resource);
    }
    let owner = |records: &Records, id: &str| match records.find("Binary", id) {
        Found::Here(stored) => records.owner(stored),
        _ => panic!("there is no {id}"),
    };
    let amber = Owner::Patient("amber".to_owned());
    for id in ["patient", "record", "named", "kept"] {
        assert_eq!(owner(&records, id), amber, "{id}");
    }
    assert!(matches!(owner(&records, "shared"), Owner::Several(_)));
    assert_eq!(owner(&records, "nobodys"), Owner::Nobody);
}

#[test]
fn a_binary_is_whose_the_report_or_the_picture_is_that_has_it() {
    let has = |resource_type: &str, patient: &str, binary: &str| {
        let files = json!({"url": format!("Binary/{binary}")});
        let about = to(&format!("Patient/{patient}"));
        match resource_type {
            "Media" => json!({"resourceType": "Media", "id": "m", "subject": about, "content": files}),
            _ => json!({"resourceType": "DiagnosticReport", "id": "r", "subject": about, "presentedForm": [{}, files]}),
        }
    };
    for resource_type in ["Media", "DiagnosticReport"] {
        let mut records = two();
        records.load(binary("b"));
        records.load(binary("other"));
        let first = has(resource_type, "amber", "b");
        records.load(first.clone());
        assert_eq!(owner_of_binary(&records, "b"), amber(), "{resource_type}");
        // Nobody gets at one by naming it.
        records.put(has(resource_type, "amber", "other"), NOW, Hand::OfOnePatient);
        assert_eq!(owner_of_binary(&records, "other"), Owner::Nobody, "{resource_type}");
        records.put(first, NOW, Hand::Free);
        records.load(document("bruno", &["b"]));
        assert!(
            matches!(owner_of_binary(&records, "b"), Owner::Several(_)),
            "{resource_type}"
        );
        records.delete("DocumentReference", "d", Hand::Free);
        assert_eq!(owner_of_binary(&records, "b"), amber(), "{resource_type}");
        records.put(has(resource_type, "bruno", "b"), NOW, Hand::Free);
        assert_eq!(
            owner_of_binary(&records, "b"),
            Owner::Patient("bruno".to_owned()),
            "{resource_type}"
        );
        let id = if resource_type == "Media" { "m" } else { "r" };
        records.delete(resource_type, id, Hand::Free);
        assert_eq!(owner_of_binary(&records, "b"), Owner::Nobody, "{resource_type}");
    }
}

fn binary(id: &str) -> Value {
    json!({"resourceType": "Binary", "id": id, "contentType": "text/plain"})
}

fn document(patient: &str, binaries: &[&str]) -> Value {
    let content: Vec<Value> = binaries
        .iter()
        .map(|id| json!({"attachment": {"url": format!("Binary/{id}")}}))
        .collect();
    json!({"resourceType": "DocumentReference", "id": "d", "subject": to(&format!("Patient/{patient}")), "content": content})
}

fn owner_of_binary(records: &Records, id: &str) -> Owner {
    match records.find("Binary", id) {
        Found::Here(stored) => records.owner(stored),
        _ => panic!("there is no {id}"),
    }
}

#[test]
fn a_binary_goes_with_its_document_when_that_is_changed_or_deleted() {
    let mut records = two();
    records.load(binary("b"));
    assert_eq!(owner_of_binary(&records, "b"), Owner::Nobody);
    records.load(document("amber", &["b"]));
    assert_eq!(owner_of_binary(&records, "b"), amber());
    records.put(document("bruno", &["b"]), NOW, Hand::Free);
    assert_eq!(owner_of_binary(&records, "b"), Owner::Patient("bruno".to_owned()));
    records.put(document("bruno", &["another"]), NOW, Hand::Free);
    assert_eq!(owner_of_binary(&records, "b"), Owner::Nobody);
    records.put(document("amber", &["b"]), NOW, Hand::Free);
    assert_eq!(owner_of_binary(&records, "b"), amber());
    records.delete("DocumentReference", "d", Hand::Free);
    assert_eq!(owner_of_binary(&records, "b"), Owner::Nobody);
}

#[test]
fn a_binary_of_a_document_that_is_nobodys_alone_is_nobodys_alone() {
    let mut records = two();
    records.load(binary("b"));
    let mut both = document("amber", &["b"]);
    both["context"] = json!({"related": [to("Observation/pulse-of-bruno")]});
    records.load(both);
    assert_eq!(owner_of_binary(&records, "b"), Owner::Several(vec!["amber".to_owned()]));
}

#[test]
fn the_application_of_a_patient_gets_no_binary_by_naming_it_and_keeps_those_that_its_document_had() {
    let mut records = two();
    for id in ["hers", "nobodys", "later"] {
        records.load(binary(id));
    }
    records.load(document("amber", &["hers"]));
    records.put(
        document("amber", &["hers", "nobodys", "not-yet"]),
        NOW,
        Hand::OfOnePatient,
    );
    records.put(binary("not-yet"), NOW, Hand::Free);
    assert_eq!(owner_of_binary(&records, "hers"), amber());
    for id in ["nobodys", "not-yet"] {
        assert_eq!(owner_of_binary(&records, id), Owner::Nobody, "{id}");
    }
    records.put(document("amber", &["hers", "later"]), NOW, Hand::Free);
    assert_eq!(owner_of_binary(&records, "later"), amber());
}

#[test]
fn the_application_of_a_patient_gets_no_binary_by_making_the_record_that_it_names() {
    let mut records = two();
    let with_context = |id: &str| {
        let mut binary = binary(id);
        binary["securityContext"] = to("Observation/o");
        binary
    };
    records.load(with_context("b"));
    assert_eq!(owner_of_binary(&records, "b"), Owner::Nobody);
    let pulse = json!({"resourceType": "Observation", "id": "o", "subject": to("Patient/amber")});
    records.put(pulse.clone(), NOW, Hand::OfOnePatient);
    assert_eq!(owner_of_binary(&records, "b"), Owner::Nobody);
    // Its own Binary is another matter.
    assert_eq!(records.owner_of(&with_context("own")), amber());
    records.put(with_context("own"), NOW, Hand::OfOnePatient);
    assert_eq!(owner_of_binary(&records, "own"), amber());
    records.put(pulse, NOW, Hand::Free);
    assert_eq!(owner_of_binary(&records, "b"), amber());
}

#[test]
fn the_application_of_a_patient_makes_no_file_another_ones_by_what_it_leaves_out_or_deletes() {
    let picture = json!({"resourceType": "Media", "id": "m", "subject": to("Patient/bruno"), "content": {"url": "Binary/of-both"}});
    let of_both = |records: &Records| matches!(owner_of_binary(records, "of-both"), Owner::Several(_));
    type Change = fn(&mut Records, Hand);
    let changes: [(&str, Change); 3] = [
        ("without its files", |records, hand| {
            records.put(document("amber", &[]), NOW, hand);
        }),
        ("deleted", |records, hand| {
            records.delete("DocumentReference", "d", hand)
        }),
        ("deleted and made again", |records, hand| {
            records.delete("DocumentReference", "d", hand);
            records.put(document("amber", &[]), NOW, hand);
        }),
    ];
    for (what, change) in changes {
        let mut records = two();
        for id in ["hers", "of-both"] {
            records.load(binary(id));
        }
        records.load(document("amber", &["hers", "of-both"]));
        records.load(picture.clone());
        assert!(of_both(&records), "{what}");
        change(&mut records, Hand::OfOnePatient);
        assert!(of_both(&records), "{what}");
        assert_eq!(owner_of_binary(&records, "hers"), amber(), "{what}");
        // Whoever may read every Binary says whose they are.
        change(&mut records, Hand::Free);
        let bruno = Owner::Patient("bruno".to_owned());
        // Where it is not here there is nothing left to delete.
        if what == "deleted" {
            records.put(document("amber", &[]), NOW, Hand::Free);
        }
        assert_eq!(owner_of_binary(&records, "of-both"), bruno, "{what}");
        assert_eq!(owner_of_binary(&records, "hers"), Owner::Nobody, "{what}");
    }
}
