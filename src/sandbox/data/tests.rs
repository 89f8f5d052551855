mod synthea;

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::sandbox::{
    owner::Owner,
    records::{Found, Stored},
};

const BASE: &str = "http://127.0.0.1:9/fhir";

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sandbox-data-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(self, name: &str, content: impl ToString) -> Self {
        fs::write(self.0.join(name), content.to_string()).unwrap();
        self
    }

    fn read(&self) -> Result<SandboxData, SandboxDataError> {
        SandboxData::empty().read(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({"resourceType": "Bundle", "type": kind, "entry": entries})
}

fn entry(resource: &Value) -> Value {
    json!({"resource": resource})
}

fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id})
}

fn records(data: SandboxData) -> Records {
    data.into_records(BASE.to_owned())
}

fn records_of(folder: &Folder) -> Records {
    records(folder.read().unwrap())
}

#[track_caller]
fn found<'a>(records: &'a Records, resource_type: &str, id: &str) -> &'a Stored {
    match records.find(resource_type, id) {
        Found::Here(stored) => stored,
        Found::Deleted(_) | Found::Nothing => panic!("there is no {resource_type}/{id}"),
    }
}

fn patients(records: &Records) -> Vec<String> {
    records
        .of_type("Patient")
        .map(|stored| stored.id().to_owned())
        .collect()
}

#[track_caller]
fn refusal(data: Result<SandboxData, SandboxDataError>) -> SandboxDataError {
    match data {
        Ok(data) => panic!("it was taken: {data:?}"),
        Err(error) => error,
    }
}

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

#[test]
fn bundles_of_every_type_that_has_data_are_taken_and_others_are_not() {
    for kind in ["collection", "batch", "transaction", "searchset", ""] {
        let data = SandboxData::empty().bundle(&bundle(kind, &[entry(&patient("p"))]));
        assert_eq!(patients(&records(data.unwrap())), ["p"], "{kind}");
    }
    for kind in ["history", "message", "document", "transaction-response"] {
        let error = refusal(SandboxData::empty().bundle(&bundle(kind, &[])));
        assert!(matches!(error, SandboxDataError::BundleType { .. }), "{error}");
    }
    let one = SandboxData::empty().bundle(&patient("alone")).unwrap();
    assert_eq!(patients(&records(one)), ["alone"]);
}

#[test]
fn a_file_of_lines_has_a_resource_in_each_and_folders_go_by_the_name() {
    let lines = format!("\u{feff}{}\n\n{}\n", patient("second"), patient("third"));
    let folder = Folder::new("lines")
        .with("b.ndjson", lines)
        .with("a.json", patient("first"))
        .with("c.JSON", patient("fourth"))
        .with(
            "d.jsonl",
            bundle("collection", &[entry(&patient("fifth")), entry(&patient("sixth"))]),
        );
    assert_eq!(
        patients(&records_of(&folder)),
        ["first", "second", "third", "fourth", "fifth", "sixth"]
    );
    let one = SandboxData::empty().read(folder.0.join("b.ndjson")).unwrap();
    assert_eq!(patients(&records(one)), ["second", "third"]);
}

#[test]
fn each_fault_of_a_file_is_named_with_its_place() {
    let at = |name: &str, content: &str| {
        let folder = Folder::new(&format!("faults-{name}")).with(name, content);
        refusal(folder.read())
    };
    let error = at("a.json", "{");
    assert!(
        matches!(error, SandboxDataError::NoJson { .. }) && error.to_string().contains("a.json"),
        "{error}"
    );
    let error = at("b.ndjson", "\n{}\n");
    assert!(
        matches!(error, SandboxDataError::NoResource { .. }) && error.to_string().contains("b.ndjson, line 2"),
        "{error}"
    );
    let wrong_id = bundle("batch", &[entry(&patient("p")), entry(&patient("a/b"))]);
    let error = at("c.json", &wrong_id.to_string());
    assert!(
        matches!(error, SandboxDataError::Id { .. }) && error.to_string().contains("c.json, entry 2"),
        "{error}"
    );
    let error = at("d.json", &json!({"resourceType": "Patient", "id": 7}).to_string());
    assert!(matches!(error, SandboxDataError::Id { .. }), "{error}");
    let error = at("e.txt", "{}");
    assert!(matches!(error, SandboxDataError::EmptyFolder(_)), "{error}");
    let error = at("f.json", r#"{"resourceType": "Patiant"}"#);
    assert!(
        matches!(&error, SandboxDataError::UnknownType { place, found } if place.contains("f.json") && found == "Patiant"),
        "{error}"
    );
    let folder = Folder::new("faults-utf8");
    fs::write(folder.0.join("g.json"), [0xff, 0xfe, b'{', 0]).unwrap();
    let error = refusal(folder.read());
    assert!(
        matches!(error, SandboxDataError::NotUtf8(_)) && error.to_string().contains("g.json is not written in UTF-8"),
        "{error}"
    );
    let folder = Folder::new("faults-name").with("e.txt", "{}");
    let error = refusal(SandboxData::empty().read(folder.0.join("e.txt")));
    assert!(matches!(error, SandboxDataError::FileName(_)), "{error}");
    let error = refusal(SandboxData::empty().read(folder.0.join("nothing.json")));
    assert!(matches!(error, SandboxDataError::Unreadable { .. }), "{error}");
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
    // One that says its id itself is meant to be that one, and what is about no patient takes the place of the other.
    let replaced = SandboxData::empty()
        .bundle(&export("Testwood"))
        .and_then(|data| data.bundle(&json!({"resourceType": "Patient", "id": "1111", "name": [{"family": "Later"}]})));
    let records = records(replaced.unwrap());
    assert_eq!(
        found(&records, "Patient", "1111").resource["name"][0]["family"],
        "Later"
    );
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
        found(&self::records(data.unwrap()), "Organization", "2").resource["name"],
        "After"
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

#[test]
fn what_is_no_record_is_left_out() {
    let delete = json!({"request": {"method": "DELETE", "url": "Patient/x"}});
    let patch = json!({"resource": patient("x"), "request": {"method": "PATCH", "url": "Patient/x"}});
    let outcome = entry(&json!({"resourceType": "OperationOutcome"}));
    let data = SandboxData::empty()
        .bundle(&bundle("batch", &[delete, patch, outcome, entry(&patient("p"))]))
        .unwrap();
    assert_eq!(data.left_out, 3);
    assert_eq!(patients(&records(data)), ["p"]);
}

#[test]
fn a_thousand_patients_are_there_at_once() {
    let people = (0..1000).flat_map(|number| {
        let about = json!({"reference": format!("Patient/p{number}")});
        let values = (0..100).map(
            move |value| json!({"resourceType": "Observation", "id": format!("o{number}-{value}"), "subject": about}),
        );
        std::iter::once(patient(&format!("p{number}"))).chain(values)
    });
    let entries: Vec<Value> = people.map(|resource| entry(&resource)).collect();
    let records = records(SandboxData::empty().bundle(&bundle("collection", &entries)).unwrap());
    // Not timed: with a look at every record for every record this test would not come to its end.
    let all = (0..1000).map(|number| records.of_patient("Observation", &format!("p{number}")).count());
    assert_eq!(all.sum::<usize>(), 100_000);
    assert!((0..1000).all(|number| records.has(&format!("Observation/o{number}-99"))));
}

#[test]
fn where_the_data_have_no_practitioner_the_made_up_ones_sign_in() {
    let data = SandboxData::empty().bundle(&patient("p")).unwrap();
    let records = records(data);
    assert!(records.has("Practitioner/paula-pretend") && records.has("Practitioner/otto-outline"));
}
