//! Files of which the end comes: [`read`]. The program `actix-smart-sandbox` reads its own files with this, too.

use std::{
    fs::{FileType, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Why a file is not read.
#[derive(Debug)]
pub(super) enum NotRead {
    /// It is something else: what.
    NoFile(&'static str),
    System(io::Error),
}

impl From<io::Error> for NotRead {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// What is in a regular file, or in the one to which a link leads. A pipe that nobody writes to would be waited for, and a device may have no
/// end.
///
/// # Errors
/// When it is something else, and when it cannot be read.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, NotRead> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Whatever there is, it is looked at before it is waited for.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let mut file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if !kind.is_file() {
        return Err(NotRead::NoFile(name_of(kind)));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// In words, with an article.
pub(super) fn name_of(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
        (true, ..) => "a file",
        (_, true, _) => "a folder",
        (.., true) => "a symbolic link",
        _ => "no file",
    }
}
