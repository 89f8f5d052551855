//! The answer to a batch or a transaction: [`read`].

use serde::Deserialize;
use serde_json::Value;

use super::outcome::OperationOutcome;
use crate::protocol::json_object::without_byte_order_mark;

/// What became of one entry.
#[derive(Clone)]
pub(crate) struct AnsweredEntry {
    pub(crate) status: u16,
    pub(crate) resource: Option<Value>,
    pub(crate) outcome: Option<OperationOutcome>,
    pub(crate) location: Option<String>,
    pub(crate) version: Option<String>,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "resourceType")]
    resource_type: String,
    #[serde(rename = "type")]
    bundle_type: String,
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    resource: Option<Value>,
    response: Answer,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    etag: Option<String>,
    #[serde(default)]
    outcome: Option<Value>,
}

/// The entries in the order of the request, which the server has to keep (FHIR, "batch and transaction"). `None`: it is no such answer.
pub(crate) fn read(body: &[u8]) -> Option<Vec<AnsweredEntry>> {
    let bundle: Bundle = serde_json::from_slice(without_byte_order_mark(body)).ok()?;
    let is_answer = matches!(&*bundle.bundle_type, "batch-response" | "transaction-response");
    if bundle.resource_type != "Bundle" || !is_answer {
        return None;
    }
    bundle.entry.into_iter().map(Entry::read).collect()
}

impl Entry {
    fn read(self) -> Option<AnsweredEntry> {
        let as_outcome = |value: &Value| OperationOutcome::read(value.to_string().as_bytes());
        let outcome = self.response.outcome.as_ref().and_then(as_outcome);
        // Servers put it there too.
        let outcome = outcome.or_else(|| self.resource.as_ref().and_then(as_outcome));
        Some(AnsweredEntry {
            status: status(&self.response.status)?,
            resource: self.resource,
            outcome,
            location: self.response.location,
            version: self.response.etag.as_deref().and_then(version).map(str::to_owned),
        })
    }
}

/// `201 Created`: the number counts.
fn status(text: &str) -> Option<u16> {
    let number = text.split_whitespace().next()?;
    let is_status = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_status.then(|| number.parse().ok()).flatten()
}

/// An `ETag` without what is around it.
pub(crate) fn version(tag: &str) -> Option<&str> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')?
        .strip_suffix('"')
        .filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests;
