//! What a FHIR server says when it refuses.

use serde_json::Value;

use crate::protocol::{fhir::outcome::OperationOutcome, visible::is_invisible};

/// The body.
pub fn outcome(data: &[u8]) {
    let Some(outcome) = OperationOutcome::read(data) else {
        return;
    };
    assert!(outcome.issues().len() <= 50);
    for issue in outcome.issues() {
        for text in [&issue.diagnostics, &issue.details].into_iter().flatten() {
            assert!(!text.as_str().is_empty() && text.as_str().chars().count() <= 1_000);
            assert!(!text.as_str().contains(|c: char| c.is_control() || is_invisible(c)));
        }
    }
    // A message has codes alone, and of them what can be one.
    let message = outcome.to_string();
    let is_code = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '?' | ',' | ' ');
    assert!(message.chars().all(is_code) && !message.is_empty(), "{message}");
    let document: Value = serde_json::from_slice(data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)).expect("JSON");
    assert!(document.get("resourceType").is_some_and(|it| it == "OperationOutcome"));
}
