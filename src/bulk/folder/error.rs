//! Why an export is not in its folder: [`ExportFolderError`].

use std::{io, path::PathBuf};

use super::report::{FileReport, FolderReport};
use crate::bulk::{BulkFileError, ExportStartError, ExportStatusError};

/// Why an export is not in its folder, or not all of it. What is there stays, and the next run goes on with it, unless it says
/// otherwise.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ExportFolderError {
    /// It did not begin.
    #[error(transparent)]
    Start(#[from] ExportStartError),
    /// It failed, or nothing is known of it. After [`ExportStatusError::Gone`] another folder is needed.
    #[error(transparent)]
    Status(#[from] ExportStatusError),
    /// A file cannot be fetched. After [`BulkFileError::Expired`] another folder is needed.
    #[error(transparent)]
    File(#[from] BulkFileError),
    /// The folder cannot be read or written: no permission, a disk that fails.
    #[error("{path} cannot be read or written: {error}; mend that, and run the export again: it goes on")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The disk is full, or as full as this user or this process may make it.
    #[error("there is no room for {path} on its disk: {error}; make room, and run the export again: it goes on")]
    NoRoom {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// There is a link in the place of a file, another name of a file of somebody else, or no file at all. Nothing of it was read or written.
    #[error(
        "{path} is no file of this folder's own: somebody has put a link there, or something else; find out who, remove it, and \
         run the export again"
    )]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// Another run works in this folder, of this process or of another.
    #[error("another run is exporting into {path}; wait for it, or take another folder")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// There are other files in the folder, and no export that was begun.
    #[error("there is something else in {path}; take an empty folder, or one that is not there yet")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder has an export of another EHR, or with other parameters.
    #[error("there is another export in {path}, of another EHR or with other parameters; take another folder")]
    OtherExport {
        /// The folder.
        path: PathBuf,
    },
    /// What is kept in the folder cannot be read.
    #[error("the journal of the export in {path} cannot be read; take another folder")]
    BrokenJournal {
        /// The folder.
        path: PathBuf,
    },
    /// All files are there, and their lines are not as many as the manifest says, or some are no UTF-8 or no JSON object
    /// ([`Findings::Fail`](crate::bulk::Findings::Fail)).
    #[error(
        "all files of the export are there, and not all are as they should be ({} {}{}); tell whoever runs the server what the report \
         says, or take them as they are with `BulkClient::findings`",
        report.findings().count(),
        if report.findings().count() == 1 { "file" } else { "files" },
        first(report)
    )]
    Findings {
        /// What there is.
        report: Box<FolderReport>,
    },
}

debug_is_its_text!(ExportFolderError);

/// What is wrong with the first file of a report that has something wrong in it.
fn first(report: &FolderReport) -> String {
    let first = report.findings().next();
    first
        .and_then(FileReport::finding)
        .map_or_else(String::new, |finding| format!(", the first: {finding}"))
}
