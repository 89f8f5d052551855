//! Why a file of an export cannot be read: [`BulkFileError`].

use std::fmt;

use crate::{fhir::FhirError, protocol::bulk::place::BulkAddressError};

/// Why a file of an export cannot be read. `file` is its name in a folder; nothing that the file says is repeated.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BulkFileError {
    /// The server of the file refused, or could not be asked.
    // No `source`: it would say of the FHIR server what happened at another one.
    #[error("{file} cannot be fetched from {origin}: {}", Told(error))]
    Request {
        /// Which file.
        file: String,
        /// The origin of where it was asked for, which need not be the FHIR server.
        origin: String,
        /// Why.
        error: FhirError,
    },
    /// The server answered with a success (such as 204) or with a part (206, 416), and not with the file that was asked for.
    #[error(
        "the server answered with status {status} where all of {file} was asked for, and that is no file; tell whoever runs the \
         server, or run the export again later"
    )]
    NoFile {
        /// Which file.
        file: String,
        /// The status code.
        status: u16,
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
    /// It came compressed and damaged, or cut off where HTTP cannot tell. It was asked for again, as often as after a connection that breaks,
    /// or until an answer showed that lines that were handed out are wrong. What was handed out is what came: throw it away.
    #[error(
        "{file} came damaged, and what was uncompressed of it, {byte} bytes, may be wrong; throw that away, and ask for it \
         uncompressed with `BulkClient::compression`; if that stays so, tell whoever runs the server"
    )]
    Damaged {
        /// Which file.
        file: String,
        /// How many bytes of it were uncompressed.
        byte: u64,
    },
    /// What is at the address now does not begin with what was read of it before. Of a compressed file that was cut off nobody can tell
    /// whether what came first was damaged: its checksum did not come.
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

debug_is_its_text!(BulkFileError);

/// A [`FhirError`] whose server need not be the FHIR server.
struct Told<'a>(&'a FhirError);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FhirError::Transport(error) => error.fmt(f),
            FhirError::Outcome { status, outcome, .. } => write!(f, "the answer has status {status} ({outcome})"),
            FhirError::Status { status, body, .. } => write!(f, "the answer has status {status} and {body}"),
            error => error.fmt(f),
        }
    }
}
