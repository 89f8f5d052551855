use serde_json::json;

use super::*;

fn statuses(entries: &Value) -> Option<Vec<u16>> {
    let bundle = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries });
    let entries = read(bundle.to_string().as_bytes())?;
    Some(entries.into_iter().map(|entry| entry.status).collect())
}

#[test]
fn entries_keep_their_order_and_the_words_after_a_status_do_not_matter() {
    let entries = json!([
        { "response": { "status": "201 Created", "etag": "W/\"3\"", "location": "Observation/1/_history/3" } },
        { "response": { "status": "404" } },
        { "resource": { "resourceType": "Patient" }, "response": { "status": " 200 OK" } },
    ]);
    assert_eq!(statuses(&entries), Some(vec![201, 404, 200]));
}

#[test]
fn an_entry_without_a_status_makes_the_answer_unusable() {
    for response in [
        json!({}),
        json!({ "status": "" }),
        json!({ "status": "OK" }),
        json!({ "status": 200 }),
        json!({ "status": "20" }),
        json!({ "status": "2000" }),
        json!({ "status": "+20" }),
    ] {
        let entries = json!([{ "response": { "status": "200" } }, { "response": response }]);
        assert_eq!(statuses(&entries), None, "{entries}");
    }
    assert_eq!(statuses(&json!([{ "resource": {} }])), None);
}

#[test]
fn only_the_answer_to_a_batch_or_a_transaction_is_one() {
    for (resource_type, bundle_type, is_one) in [
        ("Bundle", "batch-response", true),
        ("Bundle", "transaction-response", true),
        ("Bundle", "batch", false),
        ("Bundle", "searchset", false),
        ("Patient", "batch-response", false),
    ] {
        let bundle = json!({ "resourceType": resource_type, "type": bundle_type });
        assert_eq!(read(bundle.to_string().as_bytes()).is_some(), is_one, "{bundle}");
    }
    assert!(read(b"").is_none());
    assert!(read(b"<Bundle xmlns=\"http://hl7.org/fhir\"/>").is_none());
}

#[test]
fn an_outcome_is_found_in_the_response_and_in_the_place_of_the_resource() {
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "conflict" }] });
    for entry in [
        json!({ "response": { "status": "409", "outcome": outcome } }),
        json!({ "response": { "status": "409" }, "resource": outcome }),
    ] {
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": [entry] });
        let entries = read(bundle.to_string().as_bytes()).unwrap();
        let outcome = entries[0].outcome.as_ref().unwrap();
        assert_eq!(outcome.issues()[0].code, "conflict");
    }
}

#[test]
fn a_version_is_what_stands_between_the_quotation_marks_of_an_etag() {
    for (tag, expected) in [
        ("W/\"3\"", Some("3")),
        (" \"a-1\" ", Some("a-1")),
        ("W/\"\"", None),
        ("W/3", None),
        ("\"3", None),
        ("", None),
    ] {
        assert_eq!(version(tag), expected, "{tag}");
        let entry = json!({ "response": { "status": "200", "etag": tag } });
        let bundle = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": [entry] });
        let entries = read(bundle.to_string().as_bytes()).unwrap();
        assert_eq!(entries[0].version.as_deref(), expected, "{tag}");
    }
}
