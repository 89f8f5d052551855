//! Bulk Data: all of a server's records at once, as files of lines ([`BulkClient`]; HL7 Bulk Data Access 3.0.0).
//!
//! The application begins an export, asks how far it is, and fetches the files that come of it. [`BulkExport::to_folder`] does all of
//! that, and goes on where an earlier process stopped.

mod client;
mod content_range;
mod export;
mod facts;
mod file;
mod file_error;
mod folder;
mod job;
mod lines;
mod manifest;
mod opened;
mod options;
mod sending;
mod source;
mod start_error;
mod status_error;
#[cfg(test)]
mod tests;
mod trouble;

pub use self::{
    client::BulkClient,
    export::{BulkExport, ExportLevel, KickOff, OutputFormat},
    file::BulkFile,
    file_error::BulkFileError,
    folder::{
        error::ExportFolderError,
        event::ExportEvent,
        report::{BrokenLine, Counted, FileReport, FolderReport},
    },
    job::{ExportJob, ExportStatus, SavedExport},
    lines::{BulkLines, BulkResources},
    manifest::Manifest,
    options::{AfterDownload, BrokenLines, Compression, Findings},
    start_error::ExportStartError,
    status_error::ExportStatusError,
};
pub use crate::protocol::bulk::{
    instant::{FhirInstant, InvalidInstant},
    manifest::{FileKind, ManifestProblem},
    place::BulkAddressError,
    progress::ExportProgress,
};
