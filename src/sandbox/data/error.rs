//! Why data cannot be used ([`SandboxDataError`]).

use std::{io, path::PathBuf};

/// Why [`SandboxData`](super::SandboxData) cannot be read. The text says where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxDataError {
    /// A file or a folder cannot be read.
    #[error("{} cannot be read ({reason}): name a file, or a folder with files, that this process may read", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        #[source]
        reason: io::Error,
    },
    /// What is there is a pipe, a device or the like, which may have no end.
    #[error("{} is {found}: name a regular file, or a folder with files", path.display())]
    NoFile {
        /// Where.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// A folder, with those in it, has no file with data.
    #[error("the folder {} and the folders in it have no file whose name ends in .json, .ndjson or .jsonl: put the Bundles there, or name another folder", .0.display())]
    EmptyFolder(PathBuf),
    /// A file is of no kind that can be read.
    #[error("{}: the name of a file with data ends in .json, .ndjson or .jsonl", .0.display())]
    FileName(PathBuf),
    /// What is there is no JSON.
    #[error("{place} is no JSON ({reason}): correct it, or take it away")]
    NoJson {
        /// The file, and the line in a file of lines.
        place: String,
        /// What the parser says.
        #[source]
        reason: serde_json::Error,
    },
    /// What is there is neither a Bundle nor a resource.
    #[error("{place} is no FHIR resource: it needs a resourceType, such as Patient")]
    NoResource {
        /// The file, and the entry in it.
        place: String,
    },
    /// A file is not written in UTF-8, as JSON has to be.
    #[error("{} is not written in UTF-8: save it again as UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// FHIR R4 has no such type.
    #[error("{place} has the resourceType {found}, which FHIR R4 does not have: correct it, or take it away")]
    UnknownType {
        /// The file, and the entry in it.
        place: String,
        /// What stands there.
        found: String,
    },
    /// A Bundle of a type that is not for data.
    #[error(
        "{place} is a Bundle of the type {found}: give one of the type collection, batch, transaction or searchset"
    )]
    BundleType {
        /// The file.
        place: String,
        /// Its type.
        found: String,
    },
    /// An id that FHIR does not allow.
    #[error("{place} has the id {found}: an id is a text of 1 to 64 letters, digits, - and dots")]
    Id {
        /// The file, and the entry in it.
        place: String,
        /// What stands there.
        found: String,
    },
    /// Two different resources have the same type and id.
    #[error("{place} is another {reference} than {first}: give one of them another id, or take it away")]
    Twice {
        /// The file, and the entry in it.
        place: String,
        /// Where the first one is.
        first: String,
        /// `Type/id`.
        reference: String,
    },
    /// Two different records of patients would get the same id: one has none of its own, and the other one has it, or has none either.
    #[error(
        "{place} has no id, and with its fullUrl {full_url} it would be {reference}, which {first} is, and they differ: give each an id of its own, or \
         the same one if it is to take the place of the other"
    )]
    SameName {
        /// Where the one without an id is: the file, and the entry in it.
        place: String,
        /// Where the other one is.
        first: String,
        /// `Type/id`, as both would be called.
        reference: String,
        /// What the one without an id is called.
        full_url: String,
    },
}
