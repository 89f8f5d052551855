//! What an export has given: [`ManifestPage`], [`ManifestFile`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::instant::FhirInstant;
use crate::protocol::{fhir::address::check_type, json_object::JsonObject};

/// More than any server makes of one export.
const MOST_FILES: usize = 100_000;

/// What is in a file of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FileKind {
    /// Resources (`output`).
    Output,
    /// Bundles that name what was deleted (`deleted`).
    Deleted,
    /// What went wrong (`error`, or `outcome`): resources of the type `OperationOutcome`.
    Error,
}

/// A file of an export, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManifestFile {
    pub(crate) kind: FileKind,
    pub(crate) resource_type: String,
    /// As the server wrote it.
    pub(crate) url: String,
    /// How many lines it has.
    pub(crate) count: Option<u64>,
}

/// A manifest, or a page of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ManifestPage {
    pub(crate) transaction_time: FhirInstant,
    pub(crate) request: Option<String>,
    pub(crate) requires_access_token: bool,
    pub(crate) files: Vec<ManifestFile>,
    /// The address of the next page.
    pub(crate) next: Option<String>,
}

/// Why a manifest cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestProblem {
    /// It is no JSON object.
    #[error("it is no JSON object")]
    NotJson,
    /// A member is missing, or not of the type that it has to be of.
    #[error("`{0}` is missing, or is not what it has to be")]
    Member(&'static str),
    /// A file has a type that is not written like one.
    #[error("a file has a type that is not written like one")]
    FileType,
    /// There are more files than any export has, or pages that never end.
    #[error("it lists more files than any export has, or its pages never end")]
    TooMany,
}

impl ManifestPage {
    /// Reads the body of a status that is complete.
    pub(crate) fn read(body: &[u8]) -> Result<Self, ManifestProblem> {
        let object = JsonObject::read(body).map_err(|_| ManifestProblem::NotJson)?;
        let members = &object.members;
        let transaction_time = members.get("transactionTime").and_then(Value::as_str);
        let requires_access_token = match members.get("requiresAccessToken") {
            // It goes without: a token that was not asked for is sent nowhere.
            None => false,
            Some(value) => value.as_bool().ok_or(ManifestProblem::Member("requiresAccessToken"))?,
        };
        let mut files = Vec::new();
        if !members.contains_key("output") {
            return Err(ManifestProblem::Member("output"));
        }
        for (name, kind) in [
            ("output", FileKind::Output),
            ("deleted", FileKind::Deleted),
            ("error", FileKind::Error),
            ("outcome", FileKind::Error),
        ] {
            read_files(members, name, kind, &mut files)?;
        }
        if files.len() > MOST_FILES {
            return Err(ManifestProblem::TooMany);
        }
        Ok(Self {
            transaction_time: transaction_time
                .and_then(|text| text.parse().ok())
                .ok_or(ManifestProblem::Member("transactionTime"))?,
            request: members.get("request").and_then(Value::as_str).map(str::to_owned),
            requires_access_token,
            files,
            next: next(members),
        })
    }

    /// Takes what is on the next page.
    pub(crate) fn join(&mut self, page: Self) -> Result<(), ManifestProblem> {
        // What one page wants no token for does not become a place for a token by another.
        if page.requires_access_token != self.requires_access_token {
            return Err(ManifestProblem::Member("requiresAccessToken"));
        }
        self.files.extend(page.files);
        self.next = page.next;
        if self.files.len() > MOST_FILES {
            return Err(ManifestProblem::TooMany);
        }
        Ok(())
    }
}

fn read_files(
    members: &Map<String, Value>,
    name: &'static str,
    kind: FileKind,
    files: &mut Vec<ManifestFile>,
) -> Result<(), ManifestProblem> {
    let listed = match members.get(name) {
        None | Some(Value::Null) => return Ok(()),
        Some(listed) => listed.as_array().ok_or(ManifestProblem::Member(name))?,
    };
    for file in listed {
        let url = file.get("url").and_then(Value::as_str);
        let resource_type = match file.get("type") {
            // Files that are organized by something else than types.
            None => "Resource",
            Some(resource_type) => resource_type.as_str().ok_or(ManifestProblem::FileType)?,
        };
        let is_type = resource_type.len() <= 64 && check_type(resource_type).is_ok();
        if !is_type {
            return Err(ManifestProblem::FileType);
        }
        files.push(ManifestFile {
            kind,
            resource_type: resource_type.to_owned(),
            url: url.ok_or(ManifestProblem::Member(name))?.to_owned(),
            count: file.get("count").and_then(Value::as_u64),
        });
    }
    Ok(())
}

fn next(members: &Map<String, Value>) -> Option<String> {
    let mut links = members.get("link")?.as_array()?.iter();
    let next = links.find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))?;
    next.get("url")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({
            "transactionTime": "2026-01-31T08:15:00Z",
            "request": "https://ehr.example/fhir/$export",
            "requiresAccessToken": true,
            "output": [{"type": "Patient", "url": "https://ehr.example/1", "count": 3}, {"url": "https://ehr.example/2"}],
            "deleted": [{"type": "Bundle", "url": "https://ehr.example/3"}],
            "error": [],
            "outcome": [{"type": "OperationOutcome", "url": "https://ehr.example/4", "count": "5"}],
            "link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://ehr.example/more"}],
        })
    }

    fn read(manifest: &Value) -> Result<ManifestPage, ManifestProblem> {
        ManifestPage::read(manifest.to_string().as_bytes())
    }

    #[test]
    fn a_manifest_is_read_with_all_kinds_of_files() {
        let page = read(&good()).unwrap();
        assert!(page.requires_access_token);
        let files: Vec<_> = page
            .files
            .iter()
            .map(|file| (file.kind, file.resource_type.as_str(), file.count))
            .collect();
        assert_eq!(
            files,
            [
                (FileKind::Output, "Patient", Some(3)),
                (FileKind::Output, "Resource", None),
                (FileKind::Deleted, "Bundle", None),
                (FileKind::Error, "OperationOutcome", None),
            ]
        );
        assert_eq!(page.next.as_deref(), Some("https://ehr.example/more"));
    }

    #[test]
    fn what_is_not_said_needs_no_token() {
        let mut manifest = good();
        manifest.as_object_mut().unwrap().remove("requiresAccessToken");
        assert!(!read(&manifest).unwrap().requires_access_token);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_member() {
        for (member, value, problem) in [
            (
                "transactionTime",
                json!("yesterday"),
                ManifestProblem::Member("transactionTime"),
            ),
            (
                "transactionTime",
                Value::Null,
                ManifestProblem::Member("transactionTime"),
            ),
            (
                "requiresAccessToken",
                json!("true"),
                ManifestProblem::Member("requiresAccessToken"),
            ),
            ("output", json!({}), ManifestProblem::Member("output")),
            (
                "output",
                json!([{"type": "Patient"}]),
                ManifestProblem::Member("output"),
            ),
            (
                "deleted",
                json!([{"type": "Bundle", "url": 1}]),
                ManifestProblem::Member("deleted"),
            ),
            (
                "output",
                json!([{"type": "../x", "url": "https://a"}]),
                ManifestProblem::FileType,
            ),
            (
                "output",
                json!([{"type": "", "url": "https://a"}]),
                ManifestProblem::FileType,
            ),
            (
                "output",
                json!([{"type": 1, "url": "https://a"}]),
                ManifestProblem::FileType,
            ),
        ] {
            let mut manifest = good();
            manifest[member] = value.clone();
            assert_eq!(read(&manifest), Err(problem), "{member} {value}");
        }
        assert_eq!(ManifestPage::read(b"<html>"), Err(ManifestProblem::NotJson));
        let mut manifest = good();
        manifest.as_object_mut().unwrap().remove("output");
        assert_eq!(read(&manifest), Err(ManifestProblem::Member("output")));
    }

    #[test]
    fn pages_are_joined_unless_one_wants_the_token_and_the_other_does_not() {
        let (mut first, mut second) = (read(&good()).unwrap(), read(&good()).unwrap());
        second.next = None;
        first.join(second.clone()).unwrap();
        assert_eq!((first.files.len(), &first.next), (8, &None));
        second.requires_access_token = false;
        assert_eq!(first.join(second), Err(ManifestProblem::Member("requiresAccessToken")));
    }
}
