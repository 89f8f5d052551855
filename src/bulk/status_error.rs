//! Why nothing is known of an export: [`ExportStatusError`].

use crate::{
    fhir::FhirError,
    protocol::bulk::{manifest::ManifestProblem, place::BulkAddressError},
};

/// Why nothing is known of an export that was begun.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportStatusError {
    /// The export has failed, or the server could not be asked.
    #[error(transparent)]
    Request(#[from] FhirError),
    /// There is no such export any more (404, 410).
    #[error("the server does not know the export any more: it was cancelled, or is too old; begin another one")]
    Gone,
    /// The export that was kept is one of another EHR. Nothing was sent.
    #[error("the export is one of another FHIR server; go on with it by the `BulkClient` of that server")]
    OtherServer,
    /// The status, or a page of the manifest, is where nothing is asked. Nothing was sent there.
    #[error(
        "the address of the export's status, or of a page of its manifest, cannot be used: {0}; the server has to mend it"
    )]
    Address(#[from] BulkAddressError),
    /// The status, or a page of the manifest, is at another server, where the token may not go. Nothing was sent there.
    #[error(
        "the status of the export is at {origin}, which is not the FHIR server; if the token may go there, say so with \
         `BulkClient::token_also_to`"
    )]
    TokenNotForThere {
        /// Its origin.
        origin: String,
    },
    /// The manifest, with all its pages, is larger than [`BulkClient::manifest_limit`](super::BulkClient::manifest_limit).
    #[error(
        "the manifest of the export is larger than {limit} bytes; if the server is to be trusted, raise \
         `BulkClient::manifest_limit`"
    )]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The export is complete, and its manifest cannot be used.
    #[error("the manifest of the export cannot be used: {0}; the server has to mend it")]
    Manifest(#[from] ManifestProblem),
}

debug_is_its_text!(ExportStatusError);
