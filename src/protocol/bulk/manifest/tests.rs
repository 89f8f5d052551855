//! What a manifest is, and what is none.

use serde_json::{Value, json};

use super::*;

fn good() -> Value {
    json!({
        "transactionTime": "2026-01-31T08:15:00Z",
        "request": "https://ehr.example/fhir/$export",
        "requiresAccessToken": true,
        "output": [{"type": "Patient", "url": "https://ehr.example/1", "count": 3}, {"url": "https://ehr.example/2"}],
        "deleted": [{"type": "Bundle", "url": "https://ehr.example/3"}],
        "error": [],
        "outcome": [{"type": "OperationOutcome", "url": "https://ehr.example/4", "count": "5"}],
        "link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://ehr.example/more"}],
    })
}

fn read(manifest: &Value) -> Result<ManifestPage, ManifestProblem> {
    ManifestPage::read(manifest.to_string().as_bytes())
}

#[test]
fn a_manifest_is_read_with_all_kinds_of_files() {
    let page = read(&good()).unwrap();
    assert!(page.requires_access_token);
    let files: Vec<_> = page
        .files
        .iter()
        .map(|file| (file.kind, file.resource_type.as_str(), file.count))
        .collect();
    assert_eq!(
        files,
        [
            (FileKind::Output, "Patient", Some(3)),
            (FileKind::Output, "Resource", None),
            (FileKind::Deleted, "Bundle", None),
            (FileKind::Error, "OperationOutcome", Some(5)),
        ]
    );
    assert_eq!(page.next.as_deref(), Some("https://ehr.example/more"));
}

#[test]
fn what_is_not_said_needs_no_token() {
    let mut manifest = good();
    manifest.as_object_mut().unwrap().remove("requiresAccessToken");
    assert!(!read(&manifest).unwrap().requires_access_token);
}

#[test]
fn what_is_wrong_is_said_by_its_member() {
    for (member, value, problem) in [
        (
            "transactionTime",
            json!("yesterday"),
            ManifestProblem::Member("transactionTime"),
        ),
        (
            "transactionTime",
            Value::Null,
            ManifestProblem::Member("transactionTime"),
        ),
        (
            "requiresAccessToken",
            json!("true"),
            ManifestProblem::Member("requiresAccessToken"),
        ),
        ("output", json!({}), ManifestProblem::Member("output")),
        ("output", Value::Null, ManifestProblem::Member("output")),
        ("output", json!(false), ManifestProblem::Member("output")),
        ("deleted", json!({}), ManifestProblem::Member("deleted")),
        ("error", json!("none"), ManifestProblem::Member("error")),
        ("outcome", json!(0), ManifestProblem::Member("outcome")),
        ("link", json!({"relation": "next"}), ManifestProblem::Member("link")),
        ("link", json!([{"relation": "next"}]), ManifestProblem::Member("link")),
        (
            "link",
            json!([{"relation": "next", "url": null}]),
            ManifestProblem::Member("link"),
        ),
        ("link", json!([{"url": "https://a"}]), ManifestProblem::Member("link")),
        ("link", json!(["https://a"]), ManifestProblem::Member("link")),
        (
            "requiresAccessToken",
            Value::Null,
            ManifestProblem::Member("requiresAccessToken"),
        ),
        ("output", json!(["https://a"]), ManifestProblem::Member("output")),
        ("output", json!([null]), ManifestProblem::Member("output")),
        (
            "output",
            json!([{"type": "Patient"}]),
            ManifestProblem::Member("output"),
        ),
        (
            "deleted",
            json!([{"type": "Bundle", "url": 1}]),
            ManifestProblem::Member("deleted"),
        ),
        (
            "output",
            json!([{"type": "../x", "url": "https://a"}]),
            ManifestProblem::FileType {
                member: "output",
                number: 1,
            },
        ),
        (
            "output",
            json!([{"type": "", "url": "https://a"}]),
            ManifestProblem::FileType {
                member: "output",
                number: 1,
            },
        ),
        (
            "output",
            json!([{"type": 1, "url": "https://a"}]),
            ManifestProblem::FileType {
                member: "output",
                number: 1,
            },
        ),
        (
            "deleted",
            json!([{"type": "Bundle", "url": "https://a"}, {"type": "patient", "url": "https://b"}]),
            ManifestProblem::FileType {
                member: "deleted",
                number: 2,
            },
        ),
    ] {
        let mut manifest = good();
        manifest[member] = value.clone();
        assert_eq!(read(&manifest), Err(problem), "{member} {value}");
    }
    assert_eq!(ManifestPage::read(b"<html>"), Err(ManifestProblem::NotJson));
    let mut manifest = good();
    manifest.as_object_mut().unwrap().remove("output");
    assert_eq!(read(&manifest), Err(ManifestProblem::Member("output")));
}

#[test]
fn pages_are_joined_unless_one_wants_the_token_and_the_other_does_not() {
    let (mut first, mut second) = (read(&good()).unwrap(), read(&good()).unwrap());
    second.next = None;
    first.join(second.clone()).unwrap();
    assert_eq!((first.files.len(), &first.next), (8, &None));
    second.requires_access_token = false;
    assert_eq!(first.join(second), Err(ManifestProblem::Member("requiresAccessToken")));
}

/// Two readers might take different ones, and one of them is lost.
#[test]
fn a_member_that_is_there_twice_is_refused() {
    let good = good().to_string();
    for member in [
        "transactionTime",
        "requiresAccessToken",
        "output",
        "deleted",
        "error",
        "outcome",
        "link",
    ] {
        let value = serde_json::from_str::<Value>(&good).unwrap()[member].to_string();
        let twice = format!("{{\"{member}\":{value},{}", good.trim_start_matches('{'));
        let expected = Err(ManifestProblem::Member(member));
        assert_eq!(ManifestPage::read(twice.as_bytes()), expected, "{member}");
    }
}

#[test]
fn lists_that_may_be_missing_may_be_null_and_what_nothing_depends_on_may_be_anything() {
    let mut manifest = good();
    for member in ["deleted", "error", "outcome", "link"] {
        manifest[member] = Value::Null;
    }
    manifest["request"] = json!(7);
    manifest["extension"] = json!({"a": [1]});
    manifest["output"][0]["count"] = json!(-1);
    let page = read(&manifest).unwrap();
    assert_eq!((page.files.len(), page.next, page.request), (2, None, None));
    assert_eq!(page.files[0].count, None);
}

#[test]
fn what_ends_too_early_or_goes_on_behind_its_end_is_no_manifest() {
    let good = good().to_string();
    for length in 0..good.len() {
        let cut = &good.as_bytes()[..length];
        assert_eq!(ManifestPage::read(cut), Err(ManifestProblem::NotJson), "{length}");
    }
    for bad in [
        format!("{good}{{}}"),
        format!("[{good}]"),
        "null".to_owned(),
        good.replace("https", "\u{0}"),
    ] {
        assert_eq!(
            ManifestPage::read(bad.as_bytes()),
            Err(ManifestProblem::NotJson),
            "{bad}"
        );
    }
    assert!(ManifestPage::read(format!("\u{feff} {good}\n").as_bytes()).is_ok());
}

#[test]
fn more_files_than_any_export_has_are_refused() {
    let files = |count: usize| {
        let files = vec![r#"{"url":"/"}"#; count].join(",");
        format!(r#"{{"transactionTime":"2026-01-31T08:15:00Z","output":[{files}]}}"#)
    };
    assert_eq!(
        ManifestPage::read(files(MOST_FILES).as_bytes()).unwrap().files.len(),
        MOST_FILES
    );
    let one_more = ManifestPage::read(files(MOST_FILES + 1).as_bytes());
    assert_eq!(one_more, Err(ManifestProblem::TooMany));
}

#[test]
fn more_files_on_all_pages_than_any_export_has_are_refused() {
    let page = |count: usize| {
        let mut page = read(&good()).unwrap();
        page.files = vec![page.files[0].clone(); count];
        page
    };
    let mut whole = page(MOST_FILES - 1);
    assert_eq!(whole.join(page(1)), Ok(()));
    assert_eq!(whole.files.len(), MOST_FILES);
    assert_eq!(whole.join(page(1)), Err(ManifestProblem::TooMany));
    assert_eq!(page(MOST_FILES).join(page(5)), Err(ManifestProblem::TooMany));
}

fn base() -> Url {
    "https://ehr.example/fhir".parse().unwrap()
}

/// Also on another page.
#[test]
fn a_file_that_is_listed_twice_is_taken_once() {
    let mut page = read(&good()).unwrap();
    assert_eq!(page.take_each_once(&base()), Ok(0));
    let once = page.clone();
    page.join(read(&good()).unwrap()).unwrap();
    page.join(read(&good()).unwrap()).unwrap();
    assert_eq!(page.take_each_once(&base()), Ok(2 * once.files.len()));
    assert_eq!(page, once);
}

/// The first file of [`good`] again, in other words.
fn again(change: impl FnOnce(&mut ManifestFile)) -> Result<usize, ManifestProblem> {
    let mut page = read(&good()).unwrap();
    let mut file = page.files[0].clone();
    change(&mut file);
    page.files.push(file);
    page.take_each_once(&base())
}

#[test]
fn a_file_that_is_listed_twice_in_different_words_is_refused_with_both_its_numbers() {
    let second = read(&good()).unwrap().files.len() + 1;
    let twice = Err(ManifestProblem::FileTwice { first: 1, second });
    assert_eq!(again(|_| ()), Ok(1));
    assert_eq!(again(|file| file.kind = FileKind::Deleted), twice);
    assert_eq!(again(|file| file.resource_type = "Device".to_owned()), twice);
    assert_eq!(again(|file| file.count = Some(1_234_567)), twice);
}

#[test]
fn one_address_in_several_spellings_is_one_file() {
    for spelling in [
        "https://ehr.example/1#2",
        "HTTPS://EHR.example:443/x/../1",
        "/1",
        "../1",
    ] {
        assert_eq!(again(|file| file.url = spelling.to_owned()), Ok(1), "{spelling}");
    }
    for other in [
        "https://ehr.example/1?",
        "https://ehr.example/%31",
        "/fhir/1",
        "http://ehr.example/1",
    ] {
        assert_eq!(again(|file| file.url = other.to_owned()), Ok(0), "{other}");
    }
}

#[test]
fn an_entry_without_a_number_of_lines_contradicts_none() {
    assert_eq!(again(|file| file.count = None), Ok(1));
    let mut page = read(&good()).unwrap();
    let mut first = page.files[0].clone();
    first.count = None;
    page.files.insert(0, first);
    assert_eq!(page.take_each_once(&base()), Ok(1));
    assert_eq!(page.files[0].count, Some(3));
}
