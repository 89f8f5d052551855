//! How exports are made: [`Options`], and what its parts can be.

use std::time::Duration;

use crate::protocol::bulk::place::TokenPlaces;

/// Whether files may come compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// With gzip, where the server can. One that is cut off is asked for from its beginning again: what is known already is read past.
    /// The default.
    #[default]
    Accepted,
    /// As they are. One that is cut off goes on where it stopped, where the server can (`Range`, a strong `ETag`).
    Refused,
}

/// What becomes of a line that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BrokenLines {
    /// It is an error. The default.
    #[default]
    Fail,
    /// It is left out, and counted.
    Skip,
}

/// What becomes of an export in a folder that has other numbers of lines than the manifest says, or lines that are no resources: no UTF-8,
/// or no JSON object. The files are kept as they came either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Findings {
    /// It is an error, when all files are there. The default.
    #[default]
    Fail,
    /// The report says it, and nothing more.
    Report,
}

/// What becomes of the files at the server when all of them are in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AfterDownload {
    /// They stay for as long as the server keeps them. The default.
    #[default]
    Keep,
    /// The server is told that it may remove them (DELETE of the status), once. That it cannot is no error, and the next run in the folder
    /// tells it. Where findings are an error ([`Findings::Fail`]) and there are some, the files stay.
    Release,
}

#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) token_places: TokenPlaces,
    pub(super) timeout: Duration,
    pub(super) shortest_wait: Duration,
    pub(super) attempts: u32,
    pub(super) line_limit: usize,
    pub(super) manifest_limit: usize,
    pub(super) compression: Compression,
    pub(super) broken_lines: BrokenLines,
    pub(super) findings: Findings,
    pub(super) after_download: AfterDownload,
    pub(super) checkpoint: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token_places: TokenPlaces::default(),
            timeout: Duration::from_secs(60),
            shortest_wait: Duration::from_secs(1),
            attempts: 10,
            line_limit: 16 * 1024 * 1024,
            manifest_limit: 16 * 1024 * 1024,
            compression: Compression::default(),
            broken_lines: BrokenLines::default(),
            findings: Findings::default(),
            after_download: AfterDownload::default(),
            checkpoint: 16 * 1024 * 1024,
        }
    }
}

impl Options {
    /// The pause before the next look or attempt: what the server asks for, else longer each time.
    pub(super) fn pause(&self, in_a_row: u32, asked: Option<Duration>, longest: Duration) -> Duration {
        if let Some(asked) = asked {
            return asked.max(self.shortest_wait);
        }
        let doubled = 2_u32.saturating_pow(in_a_row.min(16));
        self.shortest_wait
            .saturating_mul(doubled)
            .min(longest)
            .max(self.shortest_wait)
    }
}
