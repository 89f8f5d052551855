mod ids;
mod references;
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
