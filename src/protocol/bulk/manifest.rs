//! What an export has given: [`ManifestPage`], [`ManifestFile`].

mod reading;

use serde::{Deserialize, Serialize};

use super::instant::FhirInstant;

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
    /// Resources first, then what was deleted, then what went wrong.
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
    /// A member is missing, is there twice, or is not of the type that it has to be of.
    #[error("`{0}` is missing, is there twice, or is not what it has to be")]
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
        reading::read(body)
    }

    /// Takes what is on the next page.
    pub(crate) fn join(&mut self, page: Self) -> Result<(), ManifestProblem> {
        // What one page wants no token for does not become a place for a token by another.
        if page.requires_access_token != self.requires_access_token {
            return Err(ManifestProblem::Member("requiresAccessToken"));
        }
        self.files.extend(page.files);
        self.files.sort_by_key(|file| file.kind);
        self.next = page.next;
        if self.files.len() > MOST_FILES {
            return Err(ManifestProblem::TooMany);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
