//! What an export has given: [`ManifestPage`], [`ManifestFile`].

mod reading;

use std::collections::{HashMap, HashSet, hash_map::Entry};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

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

impl ManifestFile {
    /// Takes another entry of the same file for its own, unless that says something else of it. One of them may lack the number of lines.
    fn takes(&mut self, other: &Self) -> bool {
        let says_else = matches!((self.count, other.count), (Some(one), Some(other)) if one != other);
        if says_else || (self.kind, &self.resource_type) != (other.kind, &other.resource_type) {
            return false;
        }
        self.count = self.count.or(other.count);
        true
    }
}

/// An address as it is sent, for some spellings of it are one request. Its hash: a manifest has many, and they are long.
fn asked_for_at(base: &Url, text: &str) -> [u8; 32] {
    let sent = base.join(text).map(|mut address| {
        address.set_fragment(None);
        address
    });
    Sha256::digest(sent.as_ref().map_or(text, Url::as_str)).into()
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

    /// Takes, when all pages are there, each file once, for its lines would come twice: what is asked for by the same address, as seen from
    /// the FHIR base URL. Gives how many entries were one too many.
    pub(crate) fn take_each_once(&mut self, base: &Url) -> Result<usize, ManifestProblem> {
        let listed = self.files.len();
        let mut of_address = HashMap::new();
        let mut repeated = HashSet::new();
        for (file, number) in self.files.iter_mut().zip(1_usize..) {
            match of_address.entry(asked_for_at(base, &file.url)) {
                Entry::Vacant(place) => {
                    place.insert((file, number));
                }
                Entry::Occupied(mut place) => {
                    let (first, first_number) = place.get_mut();
                    if !first.takes(file) {
                        return Err(ManifestProblem::FileTwice {
                            first: *first_number,
                            second: number,
                        });
                    }
                    repeated.insert(number);
                }
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
