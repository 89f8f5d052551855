//! Files for others who wait for them: [`write_whole`].

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// So many names are tried for the file beside it.
const NAMES: u32 = 100;

/// Whoever waits for the file finds all of it. What is there and is no regular file (a link, a pipe, a device) stays what it is, and is
/// written into.
///
/// # Errors
/// With the path.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let is_kept = fs::symlink_metadata(path).is_ok_and(|there| !there.is_file());
    let written = match is_kept {
        true => fs::write(path, text),
        false => replace(path, text),
    };
    written.map_err(|error| io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display())))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (beside, mut file) = new_beside(path)?;
    let done = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// A file that nobody else has made: `create_new` follows no link.
fn new_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 0..NAMES {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}-{number}.new", std::process::id()));
        match File::create_new(&beside) {
            Ok(file) => return Ok((beside.into(), file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}
