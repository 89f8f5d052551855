//! How the sandbox exports: [`SandboxExport`].

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{
    header_value::{self, HeaderMistake},
    written::pairs,
};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[must_use]
pub struct SandboxExport {
    pub(super) looks: u32,
    #[serde(deserialize_with = "header_value::retry_after")]
    pub(super) retry_after: Option<String>,
    #[serde(rename = "files-token")]
    pub(super) token: ExportFilesToken,
    pub(super) files_at: ExportFilesAt,
    pub(super) files: ExportFiles,
    #[serde(rename = "lines", with = "pairs")]
    pub(super) generated: Vec<(String, u64)>,
    #[serde(deserialize_with = "line_bytes")]
    pub(super) line_bytes: usize,
    #[serde(deserialize_with = "lines_per_file")]
    pub(super) lines_per_file: u64,
    #[serde(rename = "cut-after")]
    pub(super) cuts: VecDeque<u64>,
    pub(super) expires_after: Option<u32>,
    pub(super) broken_line: Option<u64>,
    pub(super) miscount: i64,
    pub(super) errors: u64,
}

/// Whether the files want the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFilesToken {
    /// They do, and the manifest says it.
    Required,
    /// They do not; who sends one all the same is refused, as object stores do.
    Refused,
}

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFiles {
    /// Ranges with a strong validator, and gzip if that is asked for.
    RangesAndGzip,
    /// Neither: always the whole file.
    Whole,
}

fn line_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    Ok(SandboxExport::new().line_bytes(usize::deserialize(from)?).line_bytes)
}

fn lines_per_file<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(SandboxExport::new()
        .lines_per_file(u64::deserialize(from)?)
        .lines_per_file)
}

/// So many files of made-up lines an export has at most that a file or JSON describes: its manifest is made whole.
const MOST_FILES: u64 = 10_000;
/// Lines of the file with errors.
const MOST_ERRORS: u64 = 10_000;

/// An export as a file or JSON describes it.
///
/// # Errors
/// When its made-up lines are in more files than a manifest can list, or it has too many errors.
pub(super) fn described<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SandboxExport>, D::Error> {
    let export = Option::<SandboxExport>::deserialize(from)?;
    if export.as_ref().is_some_and(|export| export.errors > MOST_ERRORS) {
        return Err(D::Error::custom(format!(
            "errors is at most {MOST_ERRORS}: the file with them is made in memory"
        )));
    }
    let made_up = export.iter().flat_map(|export| {
        let lines = export.generated.iter();
        lines.map(|(_, lines)| lines.div_ceil(export.lines_per_file))
    });
    match made_up.fold(0, u64::saturating_add) {
        0..=MOST_FILES => Ok(export),
        files => Err(D::Error::custom(format!(
            "these lines would be {files} files, and an export has at most {MOST_FILES}; give fewer lines, or a larger lines-per-file"
        ))),
    }
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

    /// # Errors
    /// When HTTP cannot send a header of it.
    pub(super) fn check(&self) -> Result<(), HeaderMistake> {
        let value = self.retry_after.as_deref();
        value.map_or(Ok(()), |value| header_value::check("retry_after", value))
    }

    /// How many looks at the status find the export in progress. Default: 2.
    pub const fn looks(mut self, looks: u32) -> Self {
        self.looks = looks;
        self
    }

    /// `Retry-After` of these: no control characters. Default: none.
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

    /// How many lines the file with errors has, 10,000 at most: it is made in memory. Default: none, and no file.
    pub const fn errors(mut self, lines: u64) -> Self {
        self.errors = if lines > MOST_ERRORS { MOST_ERRORS } else { lines };
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MOST_ERRORS, SandboxExport, described};

    #[test]
    fn an_export_is_described_with_no_more_files_than_a_manifest_can_list() {
        let read = |lines: u64| {
            let other = u64::from(lines > 0);
            described(json!({"lines": {"Observation": lines, "Patient": other}, "lines-per-file": 10}))
        };
        for lines in [0, 99_990] {
            assert!(read(lines).unwrap().is_some(), "{lines}");
        }
        for (lines, files) in [(99_991, "10001 files"), (u64::MAX, "1844674407370955163 files")] {
            let error = read(lines).unwrap_err().to_string();
            assert!(error.contains(files) && error.contains("lines-per-file"), "{error}");
        }
        assert_eq!(described(json!(null)).unwrap(), None);
    }

    #[test]
    fn an_export_is_described_with_no_more_errors_than_fit_into_memory() {
        let read = |errors: u64| described(json!({ "errors": errors }));
        assert!(read(MOST_ERRORS).unwrap().is_some());
        assert!(read(MOST_ERRORS + 1).unwrap_err().to_string().contains("at most 10000"));
        let errors = |lines: u64| SandboxExport::new().errors(lines).errors;
        assert_eq!(
            [errors(MOST_ERRORS), errors(MOST_ERRORS + 1), errors(u64::MAX)],
            [MOST_ERRORS; 3]
        );
    }
}
