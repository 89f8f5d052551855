//! Ways to get round what a record says of another patient.

use super::*;

fn several() -> Owner {
    Owner::Several(vec!["amber".to_owned()])
}

fn number(value: &str) -> Value {
    json!({"system": "urn:mr", "value": value})
}

fn amber_with(numbers: &[&str]) -> Value {
    let numbers: Vec<Value> = numbers.iter().map(|value| number(value)).collect();
    json!({"resourceType": "Patient", "id": "amber", "identifier": numbers})
}

/// About Amber, and done by whoever has this number.
fn done_by(value: &str) -> Value {
    hers(
        "Observation",
        json!({"performer": [{"type": "Patient", "identifier": number(value)}]}),
    )
}

#[test]
fn the_application_of_a_patient_gets_no_record_by_giving_the_patient_the_number_that_it_names() {
    let mut records = two();
    assert_eq!(records.owner_of(&done_by("9")), several());
    records.put(amber_with(&["1", "9"]), NOW, Hand::OfOnePatient);
    assert_eq!(records.owner_of(&done_by("9")), several());
    assert_eq!(records.owner_of(&done_by("1")), amber());
    records.put(amber_with(&["8"]), NOW, Hand::OfOnePatient);
    records.delete("Patient", "amber", Hand::Free);
    assert_eq!(records.owner_of(&done_by("8")), several());
    assert_eq!(records.owner_of(&done_by("1")), amber(), "what it was before is kept");
}

#[test]
fn what_another_hand_says_of_a_patients_numbers_takes_the_place_of_all_that_was_there() {
    let mut records = two();
    records.put(amber_with(&["9"]), NOW, Hand::OfOnePatient);
    records.put(amber_with(&["9"]), NOW, Hand::Free);
    assert_eq!(records.owner_of(&done_by("9")), amber());
    assert_eq!(records.owner_of(&done_by("1")), several());
    let without = || json!({"resourceType": "Patient", "id": "amber"});
    records.put(without(), NOW, Hand::OfOnePatient);
    assert_eq!(records.owner_of(&done_by("9")), amber());
    records.put(without(), NOW, Hand::Free);
    assert_eq!(records.owner_of(&done_by("9")), several());
}

#[test]
fn a_record_that_names_its_own_patient_beside_what_it_is_about_is_followed_all_the_same() {
    let mut records = two();
    for (patient, owner) in [("amber", amber()), ("bruno", several())] {
        let pulse = to(&format!("Observation/pulse-of-{patient}"));
        records.load(json!({"resourceType": "Provenance", "id": "p", "target": [pulse], "agent": [{"who": to("Patient/amber")}]}));
        records.load(
            json!({"resourceType": "List", "id": "l", "source": to("Patient/amber"), "entry": [{"item": pulse}]}),
        );
        for reference in ["Provenance/p", "List/l"] {
            let record = hers("Observation", json!({"extension": [{"valueReference": to(reference)}]}));
            assert_eq!(records.owner_of(&record), owner, "{reference} of {patient}");
        }
    }
}

#[test]
fn a_number_beside_an_address_is_looked_at_too() {
    let records = two();
    let said = |mut reference: Value, value: &str| {
        reference["identifier"] = number(value);
        records.owner_of(&hers("Observation", json!({"performer": [reference]})))
    };
    for address in ["urn:uuid:lost", "Patient/amber", "RelatedPerson/not-there"] {
        assert_eq!(said(to(address), "2"), several(), "{address}");
        assert_eq!(said(to(address), "1"), amber(), "{address}");
        assert_eq!(said(to(address), "9"), amber(), "nobody has it: {address}");
    }
    let of_a_practitioner = json!({"reference": "urn:uuid:lost", "type": "Practitioner"});
    assert_eq!(said(of_a_practitioner, "2"), amber());
}

#[test]
fn an_address_of_a_patient_or_of_a_record_may_end_in_any_way() {
    let records = two();
    let beside = |reference: &Value| records.owner_of(&hers("Observation", json!({"performer": [reference]})));
    for patient in [
        "/Patient/bruno",
        "Patient/bruno/",
        "Patient/bruno#a",
        "Patient/bruno?x=y",
        "https://x.example/fhir/Patient/1/",
        "https://x.example/fhir/Patient?identifier=a|1",
        "https://x.example/fhir/Patient/1#a",
    ] {
        assert_eq!(beside(&to(patient)), several(), "{patient}");
    }
    for address in ["https://x.example/persons/9", "urn:uuid:1", "9"] {
        let reference = json!({"reference": address, "type": "Patient"});
        assert_eq!(beside(&reference), several(), "{address}");
        assert_eq!(beside(&to(address)), amber(), "{address}");
    }
    for (patient, owner) in [("amber", amber()), ("bruno", several())] {
        let pulse = format!("Observation/pulse-of-{patient}");
        for reference in [
            format!("{pulse}#a"),
            format!("{pulse}/"),
            format!("{pulse}?x"),
            format!("/{pulse}"),
            format!("https://x.example/fhir/{pulse}/"),
            format!("https://x.example/fhir/{pulse}?x=a/b"),
        ] {
            assert_eq!(beside(&to(&reference)), owner, "{reference}");
        }
    }
}

#[test]
fn a_conditional_reference_that_searches_for_more_than_one_identifier_may_find_anybodys() {
    let mut records = two();
    for (patient, value) in [("amber", "a b"), ("amber", "a+c"), ("bruno", "b b"), ("bruno", "b+c")] {
        let id = format!("{patient}-{}", value.len() + usize::from(value.contains('+')));
        records.load(
            json!({"resourceType": "Observation", "id": id, "subject": to(&format!("Patient/{patient}")),
            "identifier": [{"system": "urn:o", "value": value}]}),
        );
    }
    let found = |query: &str| {
        let reference = to(&format!("Observation?{query}"));
        records.owner_of(&hers("DiagnosticReport", json!({"result": [reference]})))
    };
    for one in [
        "identifier=urn:o|o1",
        "identifier=urn:o|a+b",
        "identifier=urn:o|a+c",
        "identifier=urn:o|a%20b",
        "identifier=urn:o|a%2Bc",
        "identifier=urn:o|nobodys",
    ] {
        assert_eq!(found(one), amber(), "{one}");
    }
    for other in [
        "identifier=urn:o|o2",
        "identifier=urn:o|b+b",
        "identifier=urn:o|b+c",
        "_id=pulse-of-bruno",
        "identifier=urn:o|o1,urn:o|o2",
        "identifier=urn:o|o1%2Curn:o|o2",
        "identifier=urn:o|o1&identifier=urn:o|o2",
        "identifier=urn:o|o1&status=final",
        "identifier:of-type=urn:o|MR|o2",
        "identifier=urn:o|",
        "identifier=urn:o|o\\|2",
        "",
    ] {
        assert_eq!(found(other), several(), "{other}");
    }
}

#[test]
fn a_conditional_reference_to_another_server_is_followed_as_one_to_this_server() {
    let records = two();
    let found = |address: &str| records.owner_of(&hers("DiagnosticReport", json!({"result": [to(address)]})));
    for (address, owner) in [
        ("https://x.example/fhir/Observation?identifier=urn:o|o1", amber()),
        ("https://x.example/fhir/Observation?identifier=urn:o|nobodys", amber()),
        ("https://x.example/fhir/Practitioner?name=ruiz", amber()),
        ("https://x.example/fhir/Observation/pulse-of-amber?x=y", amber()),
        // An id may look like a type.
        ("https://x.example/fhir/Encounter/Observation?code=1", amber()),
        ("https://x.example/fhir/Observation?identifier=urn:o|o2", several()),
        ("https://x.example/fhir/Observation/?identifier=urn:o|o2", several()),
        ("https://x.example/fhir/Observation?identifier=urn:o|o2#a", several()),
        ("https://x.example/Observation?identifier=o2", several()),
        ("https://x.example/fhir/Observation?code=8867-4", several()),
        ("https://x.example/fhir/Observation?", several()),
        ("https://x.example/fhir/Patient?identifier=urn:mr|1", several()),
        ("/Observation?identifier=urn:o|o2", several()),
        ("Observation?identifier=urn:o|o2#a", several()),
    ] {
        assert_eq!(found(address), owner, "{address}");
    }
}

#[test]
fn twenty_thousand_of_what_followed_records_refer_to_are_looked_at_and_more_may_lead_to_anybody() {
    let mut records = two();
    let list = |entries: usize| {
        let entries: Vec<Value> = (0..entries)
            .map(|number| json!({"item": to(&format!("Observation/o{number}"))}))
            .collect();
        json!({"resourceType": "List", "id": "l", "entry": entries})
    };
    let leads_to_it = hers("Composition", json!({"section": [{"entry": [to("List/l")]}]}));
    records.load(list(MOST_LOOKED_AT));
    assert_eq!(records.owner_of(&leads_to_it), amber());
    records.load(list(MOST_LOOKED_AT + 1));
    assert_eq!(records.owner_of(&leads_to_it), several());
    // What it refers to itself is looked at to the end.
    let mut own = list(MOST_LOOKED_AT + 1);
    own["subject"] = to("Patient/amber");
    assert_eq!(records.owner_of(&own), amber());
}
