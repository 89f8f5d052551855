//! What an export into a folder tells while it runs: [`ExportEvent`].

use super::report::FileReport;
use crate::bulk::{ExportProgress, Manifest};

/// What an export into a folder tells while it runs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ExportEvent<'a> {
    /// The server has begun it.
    Begun,
    /// It was begun by an earlier run, and goes on.
    Resumed,
    /// The server is at it.
    InProgress(&'a ExportProgress),
    /// It is complete at the server.
    Manifest(&'a Manifest),
    /// More of a file is in the folder.
    #[non_exhaustive]
    Received {
        /// Its name.
        name: &'a str,
        /// How many bytes of it there are.
        bytes: u64,
        /// How many lines.
        lines: u64,
        /// How many lines the manifest says.
        of: Option<u64>,
    },
    /// A file is in the folder.
    File(&'a FileReport),
}
