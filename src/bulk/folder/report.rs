//! What an export has brought into its folder: [`FolderReport`].

use serde::{Deserialize, Serialize};

use crate::bulk::{FhirInstant, FileKind};

/// What an export has brought into its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderReport {
    /// The moment that the export shows. [`BulkExport::since`](crate::bulk::BulkExport::since) of the next one.
    pub transaction_time: FhirInstant,
    /// The files, in the order of the manifest.
    pub files: Vec<FileReport>,
}

/// One file of a [`FolderReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileReport {
    /// Its name in the folder.
    pub name: String,
    /// What is in it.
    pub kind: FileKind,
    /// The type of the resources in it.
    pub resource_type: String,
    /// How many lines have something in them.
    pub lines: u64,
    /// Its size.
    pub bytes: u64,
    /// What the manifest says of the number of lines.
    pub counted: Counted,
    /// How many lines are no resources: no UTF-8, or no JSON object.
    pub broken: u64,
    /// The first of them, at most 20.
    pub broken_lines: Vec<BrokenLine>,
}

/// A line that is no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrokenLine {
    /// Which, counted from 1.
    pub line: u64,
    /// Where in it, counted from 1, in bytes.
    pub column: usize,
}

/// What a manifest says of the number of lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Counted {
    /// Nothing.
    NotTold,
    /// As many as there are.
    Right,
    /// So many others.
    Wrong(u64),
}

impl FolderReport {
    /// How many lines there are in all files with resources.
    #[must_use]
    pub fn lines(&self) -> u64 {
        let output = self.files.iter().filter(|file| file.kind == FileKind::Output);
        output.map(|file| file.lines).sum()
    }

    /// How many bytes there are in all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The files that have other numbers of lines than the manifest says, or lines that are no resources.
    pub fn findings(&self) -> impl Iterator<Item = &FileReport> {
        self.files.iter().filter(|file| file.is_finding())
    }

    /// How many lines of files say that something went wrong ([`FileKind::Error`]).
    #[must_use]
    pub fn errors(&self) -> u64 {
        let errors = self.files.iter().filter(|file| file.kind == FileKind::Error);
        errors.map(|file| file.lines).sum()
    }
}

impl FileReport {
    /// Whether something is not as it should be.
    #[must_use]
    pub const fn is_finding(&self) -> bool {
        self.broken > 0 || matches!(self.counted, Counted::Wrong(_))
    }

    /// What is not as it should be, in a few words for a person: the file, its first broken line, its count. `None` where all is.
    #[must_use]
    pub fn finding(&self) -> Option<String> {
        let (name, lines) = (&self.name, self.lines);
        let broken = self.broken_lines.first().map(|BrokenLine { line, column }| {
            format!(
                "line {line} cannot be read, at column {column} ({} such lines)",
                self.broken
            )
        });
        let counted = match self.counted {
            Counted::Wrong(told) => Some(format!("it has {lines} lines, and the manifest says {told}")),
            Counted::NotTold | Counted::Right => None,
        };
        let found: Vec<_> = broken.into_iter().chain(counted).collect();
        (!found.is_empty()).then(|| format!("{name}: {}", found.join(", and ")))
    }
}
