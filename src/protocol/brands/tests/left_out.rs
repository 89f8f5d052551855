//! What the log says of entries that were left out.

use serde_json::{Value, json};

use super::{endpoint, organization, parsed, portal};
use crate::transport::captured_logs::capture_logs;

fn told(entries: &[Value]) -> String {
    let brands = parsed(entries);
    capture_logs(tracing::Level::DEBUG, || brands.tell_left_out("b"))
}

#[test]
fn each_reason_is_told() {
    let to = |id: &str| json!({"extension": [portal("P", &[id])]});
    let changed = |pointer: &str, value: Value| {
        let mut endpoint = endpoint("x", "https://x.example/fhir");
        *endpoint.pointer_mut(pointer).unwrap() = value;
        endpoint
    };
    let long = format!("https://x.example/{}", "a".repeat(800));
    let closed = organization("c", "Closed", &json!({"active": false}));
    for (entry, why) in [
        (json!(7), "it has no resource with a type"),
        (json!({"resource": {"id": "x"}}), "it has no resource with a type"),
        (
            json!({"resource": {"resourceType": "Patient"}}),
            "neither an Organization nor an Endpoint",
        ),
        (organization("o", "", &to("a")), "it has no name"),
        (closed, "it is not active"),
        (changed("/resource/status", json!("off")), "it is not active"),
        (
            changed("/resource/connectionType/code", json!("direct-project")),
            "hl7-fhir-rest",
        ),
        (
            changed("/resource/address", json!("mailto:a@x.example")),
            "no https address",
        ),
        (changed("/resource/address", json!(7)), "no https address"),
        (changed("/resource/address", json!(long)), "its address is too long"),
        (
            organization("o", "Lost", &to("nowhere")),
            "has an endpoint in the bundle that can be used",
        ),
        (organization("o", "Good", &to("a")), "the same name, place and endpoint"),
    ] {
        let good = organization("g", "Good", &to("a"));
        let told = told(&[endpoint("a", "https://a.example/fhir"), good, entry.clone()]);
        assert_eq!(told.lines().count(), 1, "{entry}: {told}");
        assert!(told.contains(why), "{entry}: {told}");
    }
}

#[test]
fn of_an_address_the_host_alone_is_told() {
    let mut off = endpoint("x", "https://user:pa55@x.example/fhir?key=k-e-y");
    off["resource"]["status"] = json!("off");
    off["resource"]["id"] = json!("a\nb\u{202E}c");
    let told = told(&[off]);
    assert!(
        told.contains("x.example") && !told.contains("pa55") && !told.contains("k-e-y"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("Endpoint/a bc"), "{told}");
}

#[test]
fn a_hundred_are_told_and_the_others_counted() {
    let nameless = |count: usize| vec![organization("o", "", &json!({})); count];
    assert_eq!(told(&nameless(100)).lines().count(), 100);
    let told = told(&nameless(102));
    assert_eq!(told.lines().count(), 101);
    assert!(told.contains("more=2"), "{told}");
}
