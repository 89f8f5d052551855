//! Files for others who wait for them: [`write_whole`].

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::regular_file::name_of;

/// So many names are tried for the file beside it.
const NAMES: u32 = 100;

/// Whoever waits for the file finds all of it. A link in its place is replaced, and not followed.
///
/// # Errors
/// With the path.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text)
        .map_err(|error| io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display())))
}

/// What is there and is no regular file, in words. That would neither be written whole nor taken away at the end.
pub(crate) fn is_taken(path: &Path) -> Option<&'static str> {
    let there = fs::symlink_metadata(path).ok()?.file_type();
    (!there.is_file()).then(|| name_of(there))
}

/// What is wrong where there is no folder in which it could be.
pub(crate) fn has_no_folder(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""))?;
    let is_none = match fs::metadata(folder) {
        Ok(there) => !there.is_dir(),
        Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    };
    is_none.then(|| {
        format!(
            "{} is no folder: make the folder, or name another file",
            folder.display()
        )
    })
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
