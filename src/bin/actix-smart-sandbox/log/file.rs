//! The file of the log: whether there can be one ([`can_be_written`]), and how it is opened.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use crate::regular_file::name_of;

/// # Errors
/// When nothing can be written behind the other there.
pub(crate) fn can_be_written(path: &Path) -> Result<(), String> {
    let Ok(there) = fs::metadata(path) else { return Ok(()) };
    match name_of(there.file_type()) {
        found @ ("a folder" | "a socket") => Err(format!("{} is {found}: name a file", path.display())),
        _ => Ok(()),
    }
}

/// # Errors
/// With the path. A pipe that nobody reads is none to wait for.
pub(super) fn opened(path: &Path) -> io::Result<File> {
    let of_path = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let is_pipe = fs::metadata(path).is_ok_and(|there| name_of(there.file_type()) == "a pipe");
    // Kept until the pipe is opened: who reads it would take its closing for the end.
    let _first = match is_pipe {
        true => Some(at_once(path).map_err(|error| {
            let wrong = "it is a pipe that nobody reads; start who reads it first, or name a file";
            of_path(io::Error::new(error.kind(), wrong))
        })?),
        false => None,
    };
    OpenOptions::new().create(true).append(true).open(path).map_err(of_path)
}

/// Opened to write, without waiting for who reads.
fn at_once(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    options.open(path)
}
