//! What a FHIR server says when it refuses: [`OperationOutcome`].

use std::fmt;

use serde_json::Value;

use crate::protocol::{ehr_text::EhrText, json_object::without_byte_order_mark};

/// No server needs more to say what is wrong.
const MOST_ISSUES: usize = 50;

/// An `OperationOutcome` of a FHIR server.
///
/// `Display` gives severities and codes. What else it says may name people: it is there for a program, and for a page that has the
/// record open anyway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationOutcome {
    issues: Vec<OutcomeIssue>,
}

/// One issue of an [`OperationOutcome`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutcomeIssue {
    /// `fatal`, `error`, `warning`, `information` or `success`; empty when the server did not say.
    pub severity: String,
    /// The code of FHIR's issue types, such as `not-found`; empty when the server did not say.
    pub code: String,
    /// What the server says about it. Data, not to be trusted; it may name people.
    pub diagnostics: Option<EhrText>,
    /// The same for people.
    pub details: Option<EhrText>,
}

impl OperationOutcome {
    /// Reads the resource.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(without_byte_order_mark(body)).ok()?;
        if value.get("resourceType")?.as_str()? != "OperationOutcome" {
            return None;
        }
        let issues = value.get("issue").and_then(Value::as_array);
        let issues = issues.into_iter().flatten().take(MOST_ISSUES).map(|issue| {
            let text = |name: &str| issue.get(name).and_then(Value::as_str);
            let details = issue.pointer("/details/text").and_then(Value::as_str);
            OutcomeIssue {
                severity: code(text("severity")),
                code: code(text("code")),
                diagnostics: text("diagnostics").and_then(EhrText::new),
                details: details.and_then(EhrText::new),
            }
        });
        Some(Self {
            issues: issues.collect(),
        })
    }

    /// The issues, in the order in which the server wrote them; at most 50.
    #[must_use]
    pub fn issues(&self) -> &[OutcomeIssue] {
        &self.issues
    }
}

impl fmt::Display for OperationOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.issues.is_empty() {
            return f.write_str("no issue");
        }
        for (index, issue) in self.issues.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let named = |text: &str| {
                if text.is_empty() {
                    "?".to_owned()
                } else {
                    text.to_owned()
                }
            };
            write!(f, "{comma}{} {}", named(&issue.severity), named(&issue.code))?;
        }
        Ok(())
    }
}

/// A code of FHIR: what is not written like one is nothing that a message may have.
fn code(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let is_code = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_code { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
