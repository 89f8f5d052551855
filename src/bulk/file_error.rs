//! Why a file of an export cannot be read: [`BulkFileError`].

use crate::{fhir::FhirError, protocol::bulk::place::BulkAddressError};

/// Why a file of an export cannot be read. `file` is its name in a folder; nothing that the file says is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BulkFileError {
    /// The server refused, or could not be asked.
    #[error("{file} cannot be fetched: {error}")]
    Request {
        /// Which file.
        file: String,
        /// Why.
        #[source]
        error: FhirError,
    },
    /// The server does not have the file any more (404, 410).
    #[error("{file} is not there any more: the export has expired; begin another one, in another folder")]
    Expired {
        /// Which file.
        file: String,
    },
    /// The file is where nothing is asked. Nothing was sent there.
    #[error("the address of {file} cannot be used: {error}")]
    Address {
        /// Which file.
        file: String,
        /// Why.
        error: BulkAddressError,
    },
    /// The manifest wants the token at another server, where it may not go. Nothing was sent.
    #[error(
        "{file} is at {origin}, which is not the FHIR server, and wants the token; if the token may go there, say so with \
         `BulkClient::token_also_to`"
    )]
    TokenNotForThere {
        /// Which file.
        file: String,
        /// The origin of its address.
        origin: String,
    },
    /// One redirect led to the next.
    #[error("{file} is redirected too often, or to nowhere")]
    Redirects {
        /// Which file.
        file: String,
    },
    /// What is at the address now does not begin with what was read of it before.
    #[error("{file} has changed while it was read: what came first does not come again; begin another export")]
    Changed {
        /// Which file.
        file: String,
    },
    /// A line is longer than [`BulkClient::line_limit`](super::BulkClient::line_limit).
    #[error("line {line} of {file} is longer than the limit; raise `BulkClient::line_limit`")]
    LineTooLong {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: u64,
    },
    /// A line is no JSON, or not what was asked for.
    #[error("line {line} of {file} cannot be read, at column {column}")]
    BrokenLine {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: u64,
        /// Where in the line.
        column: usize,
    },
    /// There are more lines than the manifest says, or fewer.
    #[error("{file} has {came} lines, and the manifest says {told}")]
    Miscounted {
        /// Which file.
        file: String,
        /// What the manifest says.
        told: u64,
        /// What there is.
        came: u64,
    },
}
