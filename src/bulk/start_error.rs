//! Why an export did not begin: [`ExportStartError`].

use std::time::Duration;

use crate::{
    fhir::FhirError,
    protocol::{bulk::place::BulkAddressError, fhir::address::FhirAddressError},
};

/// Why an export did not begin.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportStartError {
    /// The server refused, or could not be asked. After [`FhirError::Transport`] it may have begun all the same.
    #[error(transparent)]
    Request(#[from] FhirError),
    /// A parameter is not written as FHIR writes it. Nothing was sent.
    #[error("a parameter of the export cannot be used: {0}; nothing was sent")]
    Parameter(#[from] FhirAddressError),
    /// Patients are named, and the export is one of the whole server, which has no such parameter. Nothing was sent.
    #[error("an export of the whole server cannot be narrowed to patients; take the level of patients or of a group")]
    PatientsAtSystemLevel,
    /// The server begins none now (429, 503): it is busy or limits requests, or it runs another export for this client.
    #[error(
        "the server begins no export now: it is busy, or still runs another one of this client; try again {}, and end an export \
         that nobody waits for (`BulkClient::job(&saved)`, then `ExportJob::cancel`)",
        later(*retry_after)
    )]
    Busy {
        /// How long it asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// The server did not answer 202: it does not export in the background.
    #[error(
        "the server answered the request for an export with status {status}, and 202 is what says that it has begun; ask whoever \
         runs it whether it exports, and look whether a proxy drops the header `Prefer`"
    )]
    NotAccepted {
        /// The status code.
        status: u16,
    },
    /// The answer is larger than 16 MiB, and nothing of it was read. It may have begun all the same.
    #[error(
        "the answer to the request for an export is larger than 16 MiB; look what is at the FHIR base URL, and ask whoever runs it \
         whether the export has begun"
    )]
    TooLarge,
    /// The server does not say where to ask for the status (`Content-Location`).
    #[error(
        "the server began an export and does not say where its status is (`Content-Location`); look whether a proxy drops that \
         header"
    )]
    NoStatusAddress,
    /// The status is where nothing is asked.
    #[error("the address of the export's status cannot be used: {0}; the server has to mend its `Content-Location`")]
    StatusAddress(BulkAddressError),
    /// The status is at another server, where the token may not go.
    #[error(
        "the status of the export is at {origin}, which is not the FHIR server; if the token may go there, say so with \
         `BulkClient::token_also_to`"
    )]
    TokenNotForThere {
        /// Its origin.
        origin: String,
    },
}

debug_is_its_text!(ExportStartError);

fn later(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("in {} s", wait.as_secs()),
        None => "later".to_owned(),
    }
}
