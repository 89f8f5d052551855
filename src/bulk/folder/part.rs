//! A file that is being written: [`Part`].

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use super::{
    entry::{self, failed},
    error::ExportFolderError,
    report::{BrokenLine, Counted, FileReport},
};
use crate::{
    bulk::{BulkFile, lines::too_long},
    protocol::bulk::lines::{Lines, resource},
};

const MOST_BROKEN: usize = 20;
/// How much is read at once of what is there.
const READ: usize = 256 * 1024;

/// A file that is being written, with what is known of its lines.
pub(super) struct Part {
    path: PathBuf,
    of: BulkFile,
    file: File,
    lines: Lines,
    pub(super) bytes: u64,
    broken: u64,
    broken_lines: Vec<BrokenLine>,
    digest: Sha256,
}

impl Part {
    /// Opens it with its first `bytes`, which are on the disk, or with none where there are fewer.
    pub(super) fn open(
        folder: &Path,
        file: &BulkFile,
        bytes: u64,
        line_limit: usize,
    ) -> Result<Self, ExportFolderError> {
        let path = path_of(folder, file.name());
        let (opened, bytes) = match with_length(&path, bytes)? {
            Some(known) => (known, bytes),
            None => (entry::begin(&path)?, 0),
        };
        let mut part = Self {
            path,
            of: file.clone(),
            file: opened,
            lines: Lines::new(line_limit),
            bytes: 0,
            broken: 0,
            broken_lines: Vec::new(),
            digest: Sha256::new(),
        };
        part.read_again(bytes)?;
        Ok(part)
    }

    /// The digest of what is there.
    pub(super) fn digest(&self) -> Sha256 {
        self.digest.clone()
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), ExportFolderError> {
        self.file.write_all(piece).map_err(|error| self.failed(error))?;
        self.look_at(piece)
    }

    /// Puts it on the disk. Says how many bytes that are.
    pub(super) fn sync(&self) -> Result<u64, ExportFolderError> {
        self.file.sync_data().map_err(|error| self.failed(error))?;
        Ok(self.bytes)
    }

    /// How many lines there are.
    pub(super) const fn count(&self) -> u64 {
        self.lines.count()
    }

    /// After the last byte: what there is of it.
    pub(super) fn report(&mut self) -> Result<FileReport, ExportFolderError> {
        self.lines.end();
        self.look_at_lines()?;
        let (file, lines) = (&self.of, self.count());
        self.sync()?;
        Ok(FileReport {
            name: file.name().to_owned(),
            kind: file.kind(),
            resource_type: file.resource_type().to_owned(),
            lines,
            bytes: self.bytes,
            counted: match file.count() {
                None => Counted::NotTold,
                Some(told) if told == lines => Counted::Right,
                Some(told) => Counted::Wrong(told),
            },
            broken: self.broken,
            broken_lines: self.broken_lines.clone(),
        })
    }

    fn read_again(&mut self, bytes: u64) -> Result<(), ExportFolderError> {
        let mut left = bytes;
        let mut buffer = vec![0; READ];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(READ).min(READ);
            let room = buffer.get_mut(..wanted).unwrap_or_default();
            let length = self.file.read(room).map_err(|error| self.failed(error))?;
            if length == 0 {
                return Err(self.failed(io::ErrorKind::UnexpectedEof.into()));
            }
            let piece = buffer.get(..length).unwrap_or_default().to_vec();
            self.look_at(&piece)?;
            left = left.saturating_sub(u64::try_from(length).unwrap_or(left));
        }
        let end = self.file.seek(SeekFrom::Start(bytes));
        end.map(drop).map_err(|error| self.failed(error))
    }

    fn look_at(&mut self, piece: &[u8]) -> Result<(), ExportFolderError> {
        self.digest.update(piece);
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        self.lines.push(piece);
        self.look_at_lines()
    }

    fn look_at_lines(&mut self) -> Result<(), ExportFolderError> {
        while let Some(line) = self.lines.next().map_err(|line| too_long(&self.of, line))? {
            let Err(column) = judged(line) else { continue };
            self.broken = self.broken.saturating_add(1);
            if self.broken_lines.len() < MOST_BROKEN {
                let line = self.lines.number();
                self.broken_lines.push(BrokenLine { line, column });
            }
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> ExportFolderError {
        failed(&self.path, error)
    }
}

/// The file with its first `bytes`, unless there are fewer, or none are wanted.
fn with_length(path: &Path, bytes: u64) -> Result<Option<File>, ExportFolderError> {
    if bytes == 0 {
        return Ok(None);
    }
    let Some(file) = entry::go_on(path)? else {
        return Ok(None);
    };
    let cut = file.metadata().and_then(|metadata| {
        let is_enough = metadata.len() >= bytes;
        if is_enough {
            file.set_len(bytes)?;
        }
        Ok(is_enough)
    });
    let is_enough = cut.map_err(|error| failed(path, error))?;
    Ok(is_enough.then_some(file))
}

/// Whether a line is a resource, else the column at which it is none.
fn judged(line: &[u8]) -> Result<(), usize> {
    let read: Result<IgnoredAny, _> = serde_json::from_str(resource(line)?);
    read.map(drop).map_err(|error| error.column())
}

/// Gives a file that is complete its name, unless it has it already.
pub(super) fn give_name(folder: &Path, name: &str) -> Result<(), ExportFolderError> {
    let (part, whole) = (path_of(folder, name), folder.join(name));
    match fs::rename(&part, &whole) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && entry::is_taken(&whole) => {}
        renamed => renamed.map_err(|error| failed(&whole, error))?,
    }
    match entry::length(&whole) {
        Some(_) => Ok(()),
        // Somebody has put it in the place of the file since that was written.
        None => Err(ExportFolderError::NotAFile { path: whole }),
    }
}

/// Whether a file that is complete has so many bytes, under its name or under the one before.
pub(super) fn has_length(folder: &Path, name: &str, bytes: u64) -> bool {
    let whole = folder.join(name);
    match entry::is_taken(&whole) {
        true => entry::length(&whole) == Some(bytes),
        false => entry::length(&path_of(folder, name)) == Some(bytes),
    }
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.part"))
}
