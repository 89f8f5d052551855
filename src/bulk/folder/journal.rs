//! What a run has done, so that the next one goes on: [`Journal`].

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    entry::{self, failed},
    error::ExportFolderError,
    lock::{FolderLock, JOURNAL},
    report::FileReport,
};
use crate::bulk::{facts::Facts, job::SavedExport};

/// A line for each step, written before the next one. What stands on a line that has no end has not happened.
pub(super) struct Journal {
    lock: Arc<FolderLock>,
    file: File,
}

/// What stands in it.
#[derive(Default)]
pub(super) struct Known {
    pub(super) begun: Option<Begun>,
    pub(super) manifest: Option<Arc<Facts>>,
    /// By the names of files.
    pub(super) parts: HashMap<String, Checkpoint>,
    pub(super) done: HashMap<String, FileReport>,
    /// The server knows that it may remove the files.
    pub(super) is_released: bool,
}

/// What was begun. Without `Debug`: the request may name patients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// What was asked for.
    pub(super) request: String,
    pub(super) export: SavedExport,
}

/// Up to where a file is on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub(super) bytes: u64,
    /// Of the file at the server.
    pub(super) validator: Option<String>,
}

/// A line.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Step {
    Begun(Begun),
    Manifest(#[serde(with = "shared")] Arc<Facts>),
    Part(String, Checkpoint),
    /// All of it is on the disk, and next it gets its name.
    Done(FileReport),
    /// The server knows that it may remove the files.
    Released,
}

impl Journal {
    /// Opens it, or begins one in a folder that is empty.
    pub(super) fn open(lock: Arc<FolderLock>) -> Result<(Self, Known), ExportFolderError> {
        let path = lock.path.join(JOURNAL);
        if !entry::is_taken(&path) && !lock.is_empty()? {
            return Err(ExportFolderError::NotEmpty {
                path: lock.path.clone(),
            });
        }
        let mut file = entry::open(&path)?;
        let known = read(&file).and_then(|(known, whole)| {
            // Half a line of a run that was killed, or had no room.
            file.set_len(whole)?;
            file.seek(SeekFrom::Start(whole))?;
            lock.sync()?;
            Ok(known)
        });
        let known = known.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => ExportFolderError::BrokenJournal {
                path: lock.path.clone(),
            },
            _ => failed(&path, error),
        })?;
        Ok((Self { lock, file }, known))
    }

    /// Notes a step; it is on the disk when this returns.
    pub(super) fn note(&mut self, step: &Step) -> Result<(), ExportFolderError> {
        let mut line = BufWriter::new(&self.file);
        let written = serde_json::to_writer(&mut line, step).map_err(io::Error::from);
        let written = written
            .and_then(|()| line.write_all(b"\n"))
            .and_then(|()| line.flush())
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| failed(&self.lock.path.join(JOURNAL), error))
    }
}

/// What stands in it, and how many bytes of whole lines there are.
fn read(file: &File) -> io::Result<(Known, u64)> {
    let (mut known, mut whole) = (Known::default(), 0_u64);
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok((known, whole));
        }
        known.take(serde_json::from_slice(&line).map_err(|_| io::ErrorKind::InvalidData)?);
        whole = whole.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }
}

impl Known {
    fn take(&mut self, step: Step) {
        match step {
            Step::Begun(begun) => self.begun = Some(begun),
            Step::Manifest(facts) => self.manifest = Some(facts),
            Step::Part(name, checkpoint) => {
                self.parts.insert(name, checkpoint);
            }
            Step::Done(report) => {
                self.done.insert(report.name.clone(), report);
            }
            Step::Released => self.is_released = true,
        }
    }
}

/// Of a manifest, which may be large, there is one.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::bulk::facts::Facts;

    pub(super) fn serialize<S: Serializer>(facts: &Arc<Facts>, serializer: S) -> Result<S::Ok, S::Error> {
        facts.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Facts>, D::Error> {
        Facts::deserialize(deserializer).map(Arc::new)
    }
}
