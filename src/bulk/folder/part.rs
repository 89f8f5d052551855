//! A file that is being written: [`Part`].

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use super::{
    error::ExportFolderError,
    lock::{failed, private},
    report::{BrokenLine, Counted, FileReport},
};
use crate::{
    bulk::{BulkFile, BulkFileError},
    protocol::{
        bulk::lines::{Lines, is_blank},
        json_object::without_byte_order_mark,
    },
};

const MOST_BROKEN: usize = 20;
/// How much is read at once of what is there.
const READ: usize = 256 * 1024;

/// A file that is being written, with what is known of its lines.
pub(super) struct Part {
    folder: PathBuf,
    name: String,
    file: File,
    lines: Lines,
    number: u64,
    pub(super) count: u64,
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
        let opened = private().create(true).open(&path).and_then(|file| {
            let bytes = if file.metadata()?.len() < bytes { 0 } else { bytes };
            file.set_len(bytes)?;
            Ok((file, bytes))
        });
        let (opened, bytes) = opened.map_err(|error| failed(&path, error))?;
        let mut part = Self {
            folder: folder.to_owned(),
            name: file.name().to_owned(),
            file: opened,
            lines: Lines::new(line_limit),
            number: 0,
            count: 0,
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

    /// After the last byte: what there is of it.
    pub(super) fn report(&mut self, file: &BulkFile) -> Result<FileReport, ExportFolderError> {
        let rest = self.lines.rest().to_vec();
        if !rest.is_empty() {
            self.look_at_line(&rest);
        }
        self.sync()?;
        Ok(FileReport {
            name: self.name.clone(),
            kind: file.kind(),
            resource_type: file.resource_type().to_owned(),
            lines: self.count,
            bytes: self.bytes,
            counted: match file.count() {
                None => Counted::NotTold,
                Some(told) if told == self.count => Counted::Right,
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
        loop {
            match self.lines.next() {
                Ok(Some(line)) => {
                    let line = judged(line);
                    self.note(line);
                }
                Ok(None) => return Ok(()),
                Err(_) => {
                    let error = BulkFileError::LineTooLong {
                        file: self.name.clone(),
                        line: self.number.saturating_add(1),
                    };
                    return Err(error.into());
                }
            }
        }
    }

    fn look_at_line(&mut self, line: &[u8]) {
        self.note(judged(line));
    }

    fn note(&mut self, line: Judged) {
        self.number = self.number.saturating_add(1);
        match line {
            Judged::Blank => return,
            Judged::Good => {}
            Judged::Broken(column) => {
                self.broken = self.broken.saturating_add(1);
                if self.broken_lines.len() < MOST_BROKEN {
                    let line = self.number;
                    self.broken_lines.push(BrokenLine { line, column });
                }
            }
        }
        self.count = self.count.saturating_add(1);
    }

    fn failed(&self, error: io::Error) -> ExportFolderError {
        failed(&path_of(&self.folder, &self.name), error)
    }
}

enum Judged {
    Blank,
    Good,
    Broken(usize),
}

fn judged(line: &[u8]) -> Judged {
    if is_blank(line) {
        return Judged::Blank;
    }
    match serde_json::from_slice::<IgnoredAny>(without_byte_order_mark(line)) {
        Ok(_) => Judged::Good,
        Err(error) => Judged::Broken(error.column()),
    }
}

/// Gives a file that is complete its name, unless it has it already.
pub(super) fn give_name(folder: &Path, name: &str) -> Result<(), ExportFolderError> {
    let (part, whole) = (path_of(folder, name), folder.join(name));
    match fs::rename(&part, &whole) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && whole.exists() => Ok(()),
        renamed => renamed.map_err(|error| failed(&whole, error)),
    }
}

/// Whether a file that is complete has so many bytes, under its name or under the one before.
pub(super) fn has_length(folder: &Path, name: &str, bytes: u64) -> bool {
    let length = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.len());
    match length(&folder.join(name)) {
        None => length(&path_of(folder, name)) == Some(bytes),
        length => length == Some(bytes),
    }
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.part"))
}
