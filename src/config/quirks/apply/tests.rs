use serde_json::{Value, json};

use super::*;
use crate::protocol::urls::FhirBaseUrl;

fn only_version(document: &Value) -> Option<ScopeVersion> {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    only_version_of(&ServerMetadata::parse(document.to_string().as_bytes(), &base).unwrap())
}

#[test]
fn the_version_is_the_only_one_that_the_metadata_speaks_of() {
    let v1 = json!(["openid", "patient/*.read"]);
    let v2 = json!(["launch", "patient/*.rs"]);
    let both = json!(["patient/*.read", "patient/*.rs"]);
    for (capabilities, scopes, expected) in [
        (json!(["permission-v1"]), Value::Null, Some(ScopeVersion::V1)),
        (json!(["permission-v2"]), Value::Null, Some(ScopeVersion::V2)),
        (json!(["permission-v1", "permission-v2"]), v1.clone(), None),
        // The capability is the plainer word.
        (json!(["permission-v2"]), v1.clone(), Some(ScopeVersion::V2)),
        (json!(["launch-ehr"]), v1, Some(ScopeVersion::V1)),
        (json!([]), v2, Some(ScopeVersion::V2)),
        (Value::Null, both, None),
        (Value::Null, json!(["openid", "launch"]), None),
        (Value::Null, Value::Null, None),
    ] {
        let document = json!({"capabilities": capabilities, "scopes_supported": scopes});
        assert_eq!(only_version(&document), expected, "{document}");
    }
}

#[test]
fn a_refresh_that_could_only_name_nothing_names_no_scope() {
    let (granted, requested) = (Scopes::default(), Scopes::parse("openid"));
    let quirks = |policy| Quirks::none().refresh_scope(policy);
    let omit = quirks(RefreshScope::Omit);
    assert_eq!(omit.scopes_of_refresh(&requested, &requested), None);
    let of_granted = quirks(RefreshScope::Granted);
    assert_eq!(of_granted.scopes_of_refresh(&granted, &requested), None);
    let of_requested = quirks(RefreshScope::Requested);
    assert_eq!(of_requested.scopes_of_refresh(&granted, &requested), Some(&requested));
}
