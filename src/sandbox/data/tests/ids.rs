//! Ids of resources: their own, those that they get, and those that two have.

use super::*;

fn patient_named(id: &str, family: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": family}]})
}

#[test]
fn the_same_resource_may_come_twice_and_two_different_ones_may_not() {
    let other = json!({"resourceType": "Patient", "id": "p", "gender": "other"});
    let same = Folder::new("same")
        .with("a.json", patient("p"))
        .with("b.json", patient("p"));
    assert_eq!(patients(&records(same.read().unwrap())), ["p"]);
    let error = refusal(
        Folder::new("different")
            .with("a.json", patient("p"))
            .with("b.json", &other)
            .read(),
    );
    assert!(
        matches!(&error, SandboxDataError::Twice { place, first, reference }
            if reference == "Patient/p" && place.ends_with("b.json") && first.ends_with("a.json")),
        "{error}"
    );
    let clinic = |name: &str| json!({"resourceType": "Organization", "id": "o", "name": name});
    let shared = Folder::new("shared")
        .with("a.json", clinic("Before"))
        .with("b.json", clinic("After"));
    let records = records_of(&shared);
    assert_eq!(found(&records, "Organization", "o").resource["name"], "After");
    // What is added later is meant to take the place of what was there.
    let later = SandboxData::empty()
        .bundle(&patient("p"))
        .unwrap()
        .bundle(&other)
        .unwrap();
    assert_eq!(found(&self::records(later), "Patient", "p").resource["gender"], "other");
}

#[test]
fn two_records_that_get_one_id_by_their_name_are_refused_unless_they_are_the_same() {
    let entry = |name: &str, resource: Value| json!({"fullUrl": name, "resource": resource});
    let export = |family: &str| {
        let patient = json!({"resourceType": "Patient", "name": [{"family": family}]});
        bundle("collection", &[entry("urn:uuid:1111", patient)])
    };
    let first = Folder::new("name-first").with("a.json", export("Testwood"));
    let second = Folder::new("name-second").with("b.json", export("Fixture"));
    let both = |one: &Folder, other: &Folder| one.read()?.read(&other.0);
    let error = refusal(both(&first, &second));
    let at = |folder: &Folder, name: &str| format!("{}, entry 1", folder.0.join(name).display());
    assert_eq!(
        error.to_string(),
        format!(
            "{} has no id, and with its fullUrl urn:uuid:1111 it would be Patient/1111, which {} is, and they differ: give each an id of its own, \
             or the same one if it is to take the place of the other",
            at(&second, "b.json"),
            at(&first, "a.json")
        )
    );
    assert_eq!(patients(&records(both(&first, &first).unwrap())), ["1111"]);
    // One call, and another server with the same number.
    let visit = |status: &str| json!({"resourceType": "Encounter", "status": status});
    let servers = bundle(
        "collection",
        &[
            entry("https://north.example/fhir/Encounter/7", visit("planned")),
            entry("https://south.example/fhir/Encounter/7", visit("finished")),
        ],
    );
    let error = refusal(SandboxData::empty().bundle(&servers));
    assert!(
        matches!(&error, SandboxDataError::SameName { reference, first, .. } if reference == "Encounter/7" && first == "the Bundle, entry 1"),
        "{error}"
    );
    // One that says its id itself is another one all the same, whichever comes first.
    let explicit = Folder::new("name-explicit").with("c.json", patient_named("1111", "Later"));
    for (one, other) in [(&first, &explicit), (&explicit, &first)] {
        let error = refusal(both(one, other));
        assert!(
            matches!(&error, SandboxDataError::SameName { place, first: with, reference, full_url }
                if *place == at(&first, "a.json") && *with == explicit.0.join("c.json").display().to_string()
                    && reference == "Patient/1111" && full_url == "urn:uuid:1111"),
            "{error}"
        );
    }
    let clinic = |name: &str| {
        bundle(
            "collection",
            &[entry(
                "urn:uuid:2",
                json!({"resourceType": "Organization", "name": name}),
            )],
        )
    };
    let data = SandboxData::empty()
        .bundle(&clinic("Before"))
        .and_then(|data| data.bundle(&clinic("After")));
    assert_eq!(
        found(&records(data.unwrap()), "Organization", "2").resource["name"],
        "After"
    );
}

#[test]
fn what_is_about_no_patient_and_takes_the_place_of_another_one_unmeant_is_counted() {
    let clinic = |id: Option<&str>, name: &str| {
        let mut clinic = json!({"resourceType": "Organization", "name": name});
        if let Some(id) = id {
            clinic["id"] = json!(id);
        }
        bundle("collection", &[json!({"fullUrl": "urn:uuid:2", "resource": clinic})])
    };
    for (before, after, count) in [
        (clinic(None, "Before"), clinic(None, "After"), 1),
        (clinic(None, "Before"), clinic(Some("2"), "After"), 1),
        (clinic(Some("2"), "Before"), clinic(None, "After"), 1),
        (clinic(Some("2"), "Before"), clinic(Some("2"), "After"), 0),
        (clinic(None, "Same"), clinic(None, "Same"), 0),
    ] {
        let mut data = SandboxData::empty().bundle(&before).unwrap();
        let mut batch = Batch::into(&mut data);
        batch.document(after.clone(), "the Bundle").unwrap();
        assert_eq!(batch.replaced, count, "{before} {after}");
    }
}

#[test]
fn an_id_that_was_made_up_for_another_record_is_refused() {
    let data = || SandboxData::empty().bundle(&bundle("collection", &[entry(&json!({"resourceType": "Patient"}))]));
    let error = refusal(data().and_then(|data| data.bundle(&patient_named("data-1", "Later"))));
    assert!(
        matches!(&error, SandboxDataError::Twice { first, reference, .. } if first == "the Bundle, entry 1" && reference == "Patient/data-1"),
        "{error}"
    );
}

#[test]
fn a_resource_without_an_id_gets_that_of_its_address_or_a_new_one() {
    let nameless = json!({"resourceType": "Patient"});
    let data = SandboxData::empty().bundle(&bundle(
        "collection",
        &[
            json!({"fullUrl": "urn:uuid:1111-2222", "resource": nameless}),
            json!({"fullUrl": "https://ehr.example/fhir/Patient/77", "resource": nameless}),
            entry(&nameless),
            json!({"fullUrl": "https://ehr.example/fhir/", "resource": nameless}),
        ],
    ));
    assert_eq!(
        patients(&records(data.unwrap())),
        ["1111-2222", "77", "data-1", "data-2"]
    );
}
