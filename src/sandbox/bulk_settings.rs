//! How the sandbox exports: [`SandboxExport`].

use std::collections::VecDeque;

/// How the sandbox exports (`$export`). What is not chosen is as a good server does it.
///
/// The sandbox knows the levels, GET and POST, `_type` (with a `system/` scope for each), `patient`, and one export of a client at a time.
/// The other parameters it takes and does not apply. The one group is `everybody`.
///
/// ```
/// use actix_smart_auth::sandbox::{ExportFilesAt, SandboxExport, SandboxServer};
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = SandboxServer::builder()
///     .export(SandboxExport::new().lines("Observation", 100_000).files_at(ExportFilesAt::OtherPort))
///     .start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SandboxExport {
    pub(super) looks: u32,
    pub(super) retry_after: Option<String>,
    pub(super) token: ExportFilesToken,
    pub(super) files_at: ExportFilesAt,
    pub(super) files: ExportFiles,
    pub(super) generated: Vec<(String, u64)>,
    pub(super) line_bytes: usize,
    pub(super) lines_per_file: u64,
    pub(super) cuts: VecDeque<u64>,
    pub(super) expires_after: Option<u32>,
    pub(super) broken_line: Option<u64>,
    pub(super) miscount: i64,
    pub(super) errors: u64,
}

/// Whether the files want the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFilesToken {
    /// They do, and the manifest says it.
    Required,
    /// They do not; who sends one all the same is refused, as object stores do.
    Refused,
}

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExportFilesAt {
    /// Beside the FHIR server.
    SameOrigin,
    /// At another port of this machine.
    OtherPort,
    /// Beside the FHIR server, which redirects to another port.
    Redirected,
    /// At this address, followed by the name of the file: one that nobody should ask.
    Address(String),
}

/// What the server of the files can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFiles {
    /// Ranges with a strong validator, and gzip if that is asked for.
    RangesAndGzip,
    /// Neither: always the whole file.
    Whole,
}

impl Default for SandboxExport {
    fn default() -> Self {
        Self::new()
    }
}

impl SandboxExport {
    /// A good server.
    pub const fn new() -> Self {
        Self {
            looks: 2,
            retry_after: None,
            token: ExportFilesToken::Required,
            files_at: ExportFilesAt::SameOrigin,
            files: ExportFiles::RangesAndGzip,
            generated: Vec::new(),
            line_bytes: 200,
            lines_per_file: 100_000,
            cuts: VecDeque::new(),
            expires_after: None,
            broken_line: None,
            miscount: 0,
            errors: 0,
        }
    }

    /// How many looks at the status find the export in progress. Default: 2.
    pub const fn looks(mut self, looks: u32) -> Self {
        self.looks = looks;
        self
    }

    /// `Retry-After` of these. Default: none.
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }

    /// Default: [`ExportFilesToken::Required`].
    pub const fn files_token(mut self, token: ExportFilesToken) -> Self {
        self.token = token;
        self
    }

    /// Default: [`ExportFilesAt::SameOrigin`]. Another port is opened when the sandbox starts, so choose it before.
    pub fn files_at(mut self, place: ExportFilesAt) -> Self {
        self.files_at = place;
        self
    }

    /// Default: [`ExportFiles::RangesAndGzip`].
    pub const fn files(mut self, files: ExportFiles) -> Self {
        self.files = files;
        self
    }

    /// So many made-up lines in the place of the resources of this type. They are made while they are sent. Those of `Observation`
    /// have the ids `made-up-000000000000` and so on.
    pub fn lines(mut self, resource_type: impl Into<String>, count: u64) -> Self {
        self.generated.push((resource_type.into(), count));
        self
    }

    /// How long a made-up line is, its end included. Default and least: 200.
    pub const fn line_bytes(mut self, bytes: usize) -> Self {
        self.line_bytes = if bytes < 200 { 200 } else { bytes };
        self
    }

    /// How many lines a file has at most. Default: 100,000.
    pub const fn lines_per_file(mut self, lines: u64) -> Self {
        self.lines_per_file = if lines == 0 { 1 } else { lines };
        self
    }

    /// Cuts the connections of the next answers with files after so many bytes of the body each.
    pub fn cut_after(mut self, bytes: impl IntoIterator<Item = u64>) -> Self {
        self.cuts.extend(bytes);
        self
    }

    /// The files are gone (404) when so many answers with files were given. Default: they stay.
    pub const fn expires_after(mut self, answers: u32) -> Self {
        self.expires_after = Some(answers);
        self
    }

    /// This line of each file, counted from 0, is no JSON. Default: none.
    pub const fn broken_line(mut self, line: u64) -> Self {
        self.broken_line = Some(line);
        self
    }

    /// The manifest says so many lines more than there are in each file, or fewer. Default: 0.
    pub const fn miscount(mut self, by: i64) -> Self {
        self.miscount = by;
        self
    }

    /// How many lines the file with errors has. Default: none, and no file.
    pub const fn errors(mut self, lines: u64) -> Self {
        self.errors = lines;
        self
    }
}
