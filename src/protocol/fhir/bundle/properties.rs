//! What holds for every page of a search.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use crate::fuzz::{
    bundle,
    generate::{any_json, any_path, any_url, config, object_of},
};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(bytes in vec(any::<u8>(), 0..64)) {
        bundle(&bytes);
    }

    #[test]
    fn no_bundle_of_known_members_breaks_a_promise(
        members in object_of(&["resourceType", "entry", "link", "total", "type"]),
    ) {
        let mut members = members;
        members.insert("resourceType".to_owned(), json!("Bundle"));
        bundle(format!("\n{}", Value::Object(members)).as_bytes());
    }

    #[test]
    fn the_token_follows_no_link_away_from_the_base(
        base in select(vec!["https://ehr.example/fhir", "https://ehr.example", "http://127.0.0.1:8080/a/b/"]),
        next in prop_oneof![
            any_url(),
            any_path(),
            any_path().prop_map(|path| format!("https://ehr.example/fhir/{path}")),
            any_path().prop_map(|path| format!("https://ehr.example/{path}")),
            any_path().prop_map(|path| format!("https://ehr.example/fhir/r4{path}")),
        ],
        resource in any_json(),
        mode in any_json(),
    ) {
        let page = json!({
            "resourceType": "Bundle",
            "link": [{ "relation": "self", "url": base }, { "relation": "next", "url": next }],
            "entry": [{ "resource": resource, "search": { "mode": mode } }, { "resource": resource }],
        });
        bundle(format!("{base}\n{page}").as_bytes());
    }
}
