//! What an export has given: [`ManifestPage`], [`ManifestFile`].

mod reading;

use std::collections::HashSet;

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
    /// One file is listed twice, with another type, with another number of lines, or in another list. Entries that are alike are no problem:
    /// the file is taken once.
    #[error(
        "files {first} and {second} of it, counted over all its lists, have one address, and the manifest says different things of them"
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

    /// Takes, when all pages are there, each file once, for its lines would come twice. Gives how many entries were one too many.
    pub(crate) fn take_each_once(&mut self) -> Result<usize, ManifestProblem> {
        let listed = self.files.len();
        let mut by_address: Vec<_> = self.files.iter().zip(1_usize..).collect();
        by_address.sort_by_key(|(file, _)| file.url.as_str());
        let mut repeated = HashSet::new();
        for same in by_address.chunk_by(|(one, _), (other, _)| one.url == other.url) {
            let Some((&(file, first), others)) = same.split_first() else {
                continue;
            };
            for &(other, second) in others {
                if file != other {
                    return Err(ManifestProblem::FileTwice { first, second });
                }
                repeated.insert(second);
            }
        }
        let mut number = 0;
        self.files.retain(|_| {
            number += 1;
            !repeated.contains(&number)
        });
        Ok(listed.saturating_sub(self.files.len()))
    }
}

#[cfg(test)]
mod tests;
