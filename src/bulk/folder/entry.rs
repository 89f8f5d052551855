//! Files of the folder itself, and never what a link in it leads to: [`open`], [`begin`], [`go_on`].
//!
//! Others may be able to write into the folder. Whoever has the process write through a link has it overwrite what they may not.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::Path,
};

use super::error::ExportFolderError;

/// The file of that name, or a new one.
pub(super) fn open(path: &Path) -> Result<File, ExportFolderError> {
    match private().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            go_on(path)?.ok_or_else(|| failed(path, io::ErrorKind::NotFound.into()))
        }
        opened => opened.map_err(|error| failed(path, error)),
    }
}

/// A new file. What had its name is removed: of a link, the link.
pub(super) fn begin(path: &Path) -> Result<File, ExportFolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(path, error)),
        _ => {}
    }
    let opened = private().create_new(true).open(path);
    opened.map_err(|error| failed(path, error))
}

/// The file of that name, if there is one.
pub(super) fn go_on(path: &Path) -> Result<Option<File>, ExportFolderError> {
    let not_a_file = || ExportFolderError::NotAFile { path: path.to_owned() };
    if cfg!(not(unix)) && is_link(path) {
        return Err(not_a_file());
    }
    let mut options = private();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(_) if is_link(path) => return Err(not_a_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let metadata = file.metadata().map_err(|error| failed(path, error))?;
    match metadata.is_file() && has_one_name(&metadata) {
        true => Ok(Some(file)),
        false => Err(not_a_file()),
    }
}

/// How long the file of that name is. `None` where there is none, or a link.
pub(super) fn length(path: &Path) -> Option<u64> {
    let metadata = fs::symlink_metadata(path).ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Whether anything has that name.
pub(super) fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// One with another name may be the file of somebody else.
#[cfg(unix)]
fn has_one_name(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) == 1
}

#[cfg(not(unix))]
const fn has_one_name(_: &Metadata) -> bool {
    true
}

/// For one's own eyes: records stand in these files, and addresses that may be all that one needs to read them.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) fn failed(path: &Path, error: io::Error) -> ExportFolderError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ExportFolderError::NoRoom { path, error }
        }
        _ => ExportFolderError::Io { path, error },
    }
}
