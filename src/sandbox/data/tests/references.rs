//! What references of the data lead to.

use super::*;

/// A patient, and an observation about that patient, whose names are those of `urn`.
fn named(urn: &str, id: &str) -> Value {
    bundle(
        "collection",
        &[
            json!({"fullUrl": urn, "resource": patient(id)}),
            entry(&json!({"resourceType": "Observation", "id": format!("of-{id}"), "subject": {"reference": urn}})),
        ],
    )
}

#[test]
fn a_name_that_two_bundles_give_to_different_patients_means_in_each_its_own() {
    let folder = Folder::new("one-name")
        .with("a.json", named("urn:uuid:1", "amber"))
        .with("b.json", named("urn:uuid:1", "bruno"))
        .with(
            "c.json",
            json!({"resourceType": "Observation", "id": "of-whom", "subject": {"reference": "urn:uuid:1"}}),
        );
    let records = records_of(&folder);
    let subject = |id: &str| found(&records, "Observation", id).resource["subject"]["reference"].clone();
    assert_eq!(
        [subject("of-amber"), subject("of-bruno"), subject("of-whom")],
        ["Patient/amber", "Patient/bruno", "urn:uuid:1"]
    );
    let ambiguous = bundle(
        "collection",
        &[
            json!({"fullUrl": "urn:uuid:2", "resource": patient("one")}),
            json!({"fullUrl": "urn:uuid:2", "resource": patient("other")}),
            entry(&json!({"resourceType": "Observation", "id": "o", "subject": {"reference": "urn:uuid:2"}})),
        ],
    );
    let records = self::records(SandboxData::empty().bundle(&ambiguous).unwrap());
    assert_eq!(
        found(&records, "Observation", "o").resource["subject"]["reference"],
        "urn:uuid:2"
    );
}

#[test]
fn what_pointed_to_a_resource_by_name_points_to_the_one_that_takes_its_place() {
    let whose = json!({"resourceType": "Observation", "id": "o", "subject": {"reference": "urn:uuid:1"}});
    let other = json!({"resourceType": "Patient", "id": "amber", "gender": "other"});
    let data = SandboxData::empty()
        .bundle(&named("urn:uuid:1", "amber"))
        .and_then(|data| data.bundle(&other))
        .and_then(|data| data.bundle(&whose));
    let records = records(data.unwrap());
    for id in ["o", "of-amber"] {
        assert_eq!(
            records.owner(found(&records, "Observation", id)),
            Owner::Patient("amber".to_owned()),
            "{id}"
        );
    }
    // The same resource under two names.
    let folder = Folder::new("two-names")
        .with("a.json", named("urn:uuid:1", "amber"))
        .with(
            "b.json",
            bundle(
                "collection",
                &[json!({"fullUrl": "urn:uuid:2", "resource": patient("amber")})],
            ),
        )
        .with(
            "c.json",
            json!({"resourceType": "Observation", "id": "o", "subject": {"reference": "urn:uuid:2"}}),
        );
    let records = records_of(&folder);
    assert_eq!(
        records.owner(found(&records, "Observation", "o")),
        Owner::Patient("amber".to_owned())
    );
}

#[test]
fn references_that_lead_nowhere_are_counted_whatever_they_look_like() {
    let about = |reference: &str| {
        let mut data = SandboxData::empty()
            .bundle(&patient("amber"))
            .and_then(|data| {
                data.bundle(&json!({"resourceType": "Observation", "id": "o", "subject": {"reference": reference}}))
            })
            .unwrap();
        data.join(BASE)
    };
    for lost in [
        "urn:uuid:1",
        "Patient/nobody",
        "https://elsewhere.example/fhir/Patient/amber",
        "Patient?identifier=s|1",
        "Patient/amber/_history/1/x",
    ] {
        let found = about(lost);
        assert_eq!((found.count, found.first.as_deref()), (1, Some(lost)));
    }
    let own = format!("{BASE}/Patient/amber");
    for kept in ["Patient/amber", "Patient/amber/_history/3", "#inside", &own] {
        assert_eq!(about(kept).count, 0, "{kept}");
    }
    assert_eq!(SandboxData::made_up().join(BASE).first, None);
}

#[test]
fn a_conditional_reference_needs_no_system_and_no_escapes() {
    let doctor = entry(
        &json!({"resourceType": "Practitioner", "id": "d", "identifier": [{"system": "s", "value": "a+b"}, {"system": "s", "value": "c d"}]}),
    );
    for query in [
        "identifier=s|a+b",
        "identifier=a+b",
        "identifier=s|a%2Bb",
        "identifier=c+d",
        "identifier=s%7Cc%20d",
    ] {
        let reference = format!("Practitioner?{query}");
        let visit = entry(&json!({"resourceType": "Encounter", "id": "v", "subject": {"reference": reference}}));
        let data = SandboxData::empty().bundle(&bundle("collection", &[doctor.clone(), visit]));
        let records = records(data.unwrap());
        assert_eq!(
            found(&records, "Encounter", "v").resource["subject"]["reference"],
            "Practitioner/d",
            "{query}"
        );
    }
}

#[test]
fn an_identifier_that_several_have_stands_for_none_of_them() {
    let doctor = |id: &str| {
        entry(&json!({"resourceType": "Practitioner", "id": id, "identifier": [{"system": "s", "value": "1"}]}))
    };
    let visit = entry(
        &json!({"resourceType": "Encounter", "id": "v", "subject": {"reference": "Practitioner?identifier=s|1"}}),
    );
    let data = |entries: &[Value]| SandboxData::empty().bundle(&bundle("collection", entries)).unwrap();
    let reference = |data| found(&records(data), "Encounter", "v").resource["subject"]["reference"].clone();
    assert_eq!(reference(data(&[doctor("a"), visit.clone()])), "Practitioner/a");
    assert_eq!(
        reference(data(&[doctor("a"), doctor("b"), visit])),
        "Practitioner?identifier=s|1"
    );
}
