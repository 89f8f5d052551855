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
    #[error(
        "the address of {file} cannot be used: {error}; the server has to mend its manifest, or where it redirects to"
    )]
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
    #[error("{file} is redirected too often, or to nowhere; the server, or the store of its files, has to mend that")]
    Redirects {
        /// Which file.
        file: String,
    },
    /// It comes compressed, and cannot be uncompressed: damaged, or cut off where HTTP cannot tell. It was asked for again, as often as after
    /// a connection that breaks. What was handed out before is what came, and may be wrong.
    #[error(
        "{file} comes damaged: it cannot be uncompressed behind its byte {byte}; ask for it uncompressed with \
         `BulkClient::compression`, and tell whoever runs the server"
    )]
    Damaged {
        /// Which file.
        file: String,
        /// How many bytes of it could be uncompressed.
        byte: u64,
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
    /// A line is no UTF-8, no JSON object, or not what was asked for.
    #[error(
        "line {line} of {file} cannot be read, at column {column}; tell whoever runs the server, or leave such lines out with \
         `BulkClient::broken_lines`"
    )]
    BrokenLine {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: u64,
        /// Where in the line, counted from 1, in bytes.
        column: usize,
    },
    /// There are more lines than the manifest says, or fewer.
    #[error(
        "{file} has {came} lines, and the manifest says {told}; tell whoever runs the server, or take it as it is with \
         `BulkClient::findings`"
    )]
    Miscounted {
        /// Which file.
        file: String,
        /// What the manifest says.
        told: u64,
        /// What there is.
        came: u64,
    },
}
