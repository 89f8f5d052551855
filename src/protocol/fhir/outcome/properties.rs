//! What holds for everything that a server says when it refuses.

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::fuzz::{
    generate::{any_json, config, object_of},
    outcome,
};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(bytes in vec(any::<u8>(), 0..64)) {
        outcome(&bytes);
    }

    #[test]
    fn no_outcome_breaks_a_promise(
        issues in vec(object_of(&["severity", "code", "diagnostics", "details"]), 0..60),
        code in "[a-z-]{0,70}",
        text in any_json(),
    ) {
        let mut issues: Vec<_> = issues.into_iter().map(Value::Object).collect();
        issues.push(json!({ "severity": code, "code": code, "details": { "text": text } }));
        outcome(json!({ "resourceType": "OperationOutcome", "issue": issues }).to_string().as_bytes());
    }
}
