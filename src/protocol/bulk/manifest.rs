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
    /// A file has a type that is not written like one: a capital letter, then letters and digits.
    #[error(
        "file {number} in `{member}` has a type that is not written like one (a capital letter, then letters and digits)"
    )]
    FileType {
        /// The list that it is in.
        member: &'static str,
        /// Which of that list, on its page, counted from 1.
        number: usize,
    },
    /// One file is listed twice: its lines would come twice. The specification has one entry for each file (HL7 FHIR Bulk Data Access 2.0,
    /// "Export - Bulk Data Complete Status Request").
    #[error(
        "files {first} and {second} of it, counted over all its lists, have one address, and each file has to be listed once"
    )]
    FileTwice {
        /// The first of them, counted from 1: resources first, then what was deleted, then what went wrong.
        first: usize,
        /// The other one.
        second: usize,
    },
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

    /// Looks, when all pages are there, whether each file is listed once.
    pub(crate) fn check_files(&self) -> Result<(), ManifestProblem> {
        let mut addresses: Vec<_> = self.files.iter().map(|file| file.url.as_str()).zip(1_usize..).collect();
        addresses.sort_unstable();
        let twice = addresses
            .iter()
            .zip(addresses.iter().skip(1))
            .find(|(one, other)| one.0 == other.0);
        match twice {
            Some((&(_, first), &(_, second))) => Err(ManifestProblem::FileTwice { first, second }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
