//! Audit events in a file: [`JsonLines`].

use std::{
    fmt,
    fs::{File, OpenOptions},
    future::ready,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{AuditError, AuditEvent, AuditFuture, AuditSink};

type WrittenAs = Box<dyn Fn(&AuditEvent) -> serde_json::Result<String> + Send + Sync>;

/// A sink that appends to a file: a JSON object a line for each event, on the disk before it counts as written.
///
/// The file is opened anew for each batch of events, so it may be moved away at any time (rotation): the next events are in a new file
/// of that name. On Unix a new file can be read by its owner alone, as patients and users are in it.
///
/// When the disk is full the events wait and come again. What was written of a line until then stays, as a line that is no JSON; the
/// same events stand whole behind it. Give each process a file of its own: lines of two processes in one file can run into each other.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{SmartConfig, audit::JsonLines};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = SmartConfig::builder()
///     .ehr_from_env()
///     .audit(JsonLines::open("audit.jsonl")?)
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct JsonLines {
    path: PathBuf,
    written_as: WrittenAs,
}

impl JsonLines {
    /// The sink for this file, which is made if it is not there. Its folder has to be there.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened for reading and writing, or is none: a folder, a pipe. Later such a thing is an
    /// [`AuditError::Unavailable`], with its cause in the log.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        opened(&path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        Ok(Self {
            path,
            written_as: Box::new(serde_json::to_string),
        })
    }

    /// Writes something else for an event, such as an `AuditEvent` of FHIR. The default is the event as it is.
    #[must_use]
    pub fn written_as(self, write: impl Fn(&AuditEvent) -> Value + Send + Sync + 'static) -> Self {
        Self {
            written_as: Box::new(move |event| Ok(write(event).to_string())),
            ..self
        }
    }

    fn append(&self, events: &[AuditEvent]) -> Result<(), AuditError> {
        let mut lines = String::new();
        for event in events {
            let line = (self.written_as)(event).map_err(|_| AuditError::Refused)?;
            lines.push_str(&line);
            lines.push('\n');
        }
        append_synced(&self.path, lines).map_err(|error| {
            tracing::error!(%error, path = %self.path.display(), "the audit file takes nothing; the events are kept and tried again");
            AuditError::Unavailable
        })
    }
}

impl AuditSink for JsonLines {
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
        // A sink has a thread of its own, and may block.
        Box::pin(ready(self.append(events)))
    }
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn opened(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    Ok(file)
}

fn append_synced(path: &Path, mut lines: String) -> io::Result<()> {
    let mut file = opened(path)?;
    let is_new = file.metadata()?.len() == 0;
    if !is_new && !ends_a_line(&mut file)? {
        lines.insert(0, '\n');
    }
    file.write_all(lines.as_bytes())?;
    file.sync_data()?;
    if is_new {
        sync_folder_of(path);
    }
    Ok(())
}

/// An earlier attempt, or a process that was killed, may have written a part of a line.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

/// The name of a new file is on the disk when its folder is. Not every folder can be opened for that: then it is there a little later.
fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or_else(|| Path::new("."))) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests;
