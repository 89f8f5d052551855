//! A folder that one run works in: [`FolderLock`].

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{
    entry::{self, failed},
    error::ExportFolderError,
};

/// A run that was dropped while the disk was busy is done a moment later.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);
const LOCK: &str = "export.lock";
pub(super) const JOURNAL: &str = "export.journal";

/// A folder that nobody else works in. The system ends that with the process, however it ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    pub(super) path: PathBuf,
    lock: File,
}

impl FolderLock {
    /// Makes the folder, if it is not there, and takes it.
    pub(super) fn take(path: &Path) -> Result<Self, ExportFolderError> {
        make(path).map_err(|error| failed(path, error))?;
        let lock = entry::open(&path.join(LOCK))?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => {
                    return Ok(Self {
                        path: path.to_owned(),
                        lock,
                    });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(failed(path, error)),
            }
        }
        Err(ExportFolderError::InUse { path: path.to_owned() })
    }

    /// Whether there is nothing in the folder but what is for the lock.
    pub(super) fn is_empty(&self) -> Result<bool, ExportFolderError> {
        let entries = fs::read_dir(&self.path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| failed(&self.path, error))?;
        Ok(entries.iter().all(|entry| entry.file_name() == LOCK))
    }

    /// After a name has changed: the folder is a file of names.
    pub(super) fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            File::open(&self.path)?.sync_all()
        } else {
            Ok(())
        }
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Drop for FolderLock {
    /// Closing would not do: a process that is being started may have the file open for a moment longer.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}
