//! Reads the file of a private key: [`read_file`].

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use secrecy::zeroize::Zeroizing;

/// A key with all its certificates is a few kilobytes.
const LARGEST: usize = 256 * 1024;

/// The content of a file, which is wiped when it is dropped.
///
/// # Errors
///
/// What the operating system says, and [`io::ErrorKind::FileTooLarge`] for more than 256 KiB.
pub(super) fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    // With room for everything from the start: a buffer that grows leaves copies behind.
    let mut content = Zeroizing::new(vec![0; LARGEST + 1]);
    let mut length = 0;
    while let Some(room) = content.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if length > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    content.truncate(length);
    Ok(content)
}

#[cfg(test)]
mod tests;
