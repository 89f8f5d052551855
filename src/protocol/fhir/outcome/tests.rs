use serde_json::json;

use super::*;

fn read(value: &Value) -> Option<OperationOutcome> {
    OperationOutcome::read(value.to_string().as_bytes())
}

#[test]
fn it_has_its_issues_in_their_order() {
    let outcome = read(&json!({
        "resourceType": "OperationOutcome",
        "issue": [
            { "severity": "error", "code": "not-found", "diagnostics": "Patient/secret-1 is not here" },
            { "severity": "warning", "code": "informational", "details": { "text": "for people" } },
            {},
        ],
    }))
    .unwrap();
    let [first, second, third] = outcome.issues() else {
        panic!("{outcome:?}")
    };
    assert_eq!((first.severity.as_str(), first.code.as_str()), ("error", "not-found"));
    assert_eq!(
        first.diagnostics.as_ref().unwrap().as_str(),
        "Patient/secret-1 is not here"
    );
    assert_eq!(second.details.as_ref().unwrap().as_str(), "for people");
    assert_eq!((third.severity.as_str(), third.code.as_str()), ("", ""));
    assert_eq!(outcome.to_string(), "error not-found, warning informational, ? ?");
}

#[test]
fn a_message_has_no_word_of_the_server_but_codes() {
    let outcome = read(&json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "error of Jane Doe", "code": "Patient/secret-1" }],
    }))
    .unwrap();
    assert_eq!(outcome.to_string(), "? ?");
    let empty = read(&json!({ "resourceType": "OperationOutcome", "issue": [] })).unwrap();
    assert_eq!(empty.to_string(), "no issue");
}

#[test]
fn what_is_none_is_none_and_no_server_fills_the_memory() {
    for none in [json!({}), json!([]), json!("x"), json!({ "resourceType": "Patient" })] {
        assert_eq!(read(&none), None, "{none}");
    }
    assert_eq!(OperationOutcome::read(b"<OperationOutcome/>"), None);
    let many = json!({ "resourceType": "OperationOutcome", "issue": vec![json!({}); 1_000] });
    assert_eq!(read(&many).unwrap().issues().len(), 50);
    let odd = json!({ "resourceType": "OperationOutcome", "issue": { "severity": "error" } });
    assert_eq!(read(&odd).unwrap().issues().len(), 0);
}
