//! A page of a search or of a history: [`Page`].

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::json_object::without_byte_order_mark;

/// One page: what is in the `Bundle`, and where the next one is.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<PageEntry>,
    pub(crate) next: Option<String>,
    pub(crate) total: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct PageEntry {
    pub(crate) mode: EntryMode,
    pub(crate) resource: Value,
}

/// Why a resource is on the page (`entry.search.mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryMode {
    /// It was searched for.
    Match,
    /// Something that was searched for refers to it.
    Include,
    /// The server's remarks on the search.
    Outcome,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "resourceType")]
    resource_type: String,
    #[serde(default)]
    entry: Vec<Entry>,
    #[serde(default)]
    link: Vec<Link>,
    /// Servers count in many ways; none of them is a reason to show nothing.
    #[serde(default)]
    total: Value,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    resource: Option<Value>,
    #[serde(default)]
    search: Option<Search>,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    mode: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    relation: String,
    #[serde(default)]
    url: String,
}

impl Page {
    /// Reads a `Bundle`. `None`: it is none.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let bundle: Bundle = serde_json::from_slice(without_byte_order_mark(body)).ok()?;
        if bundle.resource_type != "Bundle" {
            return None;
        }
        let next = bundle.link.into_iter().find(|link| link.relation == "next");
        let entries = bundle.entry.into_iter().filter_map(|entry| {
            let resource = entry.resource?;
            let mode = match entry.search.and_then(|search| search.mode).as_deref() {
                Some("include") => EntryMode::Include,
                Some("outcome") => EntryMode::Outcome,
                // A server that does not say so has found it.
                _ if is_outcome(&resource) => EntryMode::Outcome,
                _ => EntryMode::Match,
            };
            Some(PageEntry { mode, resource })
        });
        Some(Self {
            entries: entries.collect(),
            next: next.map(|link| link.url).filter(|url| !url.is_empty()),
            total: bundle.total.as_u64(),
        })
    }
}

fn is_outcome(resource: &Value) -> bool {
    resource.get("resourceType").and_then(Value::as_str) == Some("OperationOutcome")
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
