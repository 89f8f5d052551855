//! The files of a run, looked at before anything is read from them or written to them: [`mistakes`] and [`text`].

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    data_folder::Found,
    description::{Program, Tls},
    log,
    regular_file::{self, NotRead},
    whole_file::{has_no_folder, is_taken},
};

/// What is in a file that has to be a regular one.
///
/// # Errors
/// What is wrong with it, behind its path.
pub(crate) fn text(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let bytes = regular_file::read(path).map_err(|not_read| match not_read {
        NotRead::NoFile(found) => format!("{shown} is {found}: name a regular file"),
        NotRead::System(error) => format!("{shown}: {error}"),
    })?;
    String::from_utf8(bytes).map_err(|_| format!("{shown} is not written in UTF-8: save it again as UTF-8"))
}

/// Files that cannot be written, and those with which another one would be lost.
pub(crate) fn mistakes(program: &Program) -> Vec<String> {
    let made = [
        ("ready-file", &program.ready_file),
        ("trusted-certificate-file", &program.trusted_certificate_file),
    ];
    let made = made.map(|(key, path)| Some((key.to_owned(), path.as_ref()?)));
    let logged = program.log_file.as_ref().map(|path| ("log-file".to_owned(), path));
    let mut mistakes = Vec::new();
    let mut others: Vec<(String, PathBuf)> = read_files(program);
    for (key, path) in made.into_iter().flatten() {
        if let Some(found) = is_taken(path) {
            mistakes.push(format!(
                "{key}: {} is {found}: name a regular file, or one that is not there yet. It is made anew, and taken away at the end",
                path.display()
            ));
        }
        mistakes.extend(has_no_folder(path).map(|wrong| format!("{key}: {wrong}")));
        mistakes.extend(lost_with(&key, path, &others));
        others.push((key, same(path)));
    }
    if let Some((key, path)) = logged {
        if let Err(wrong) = log::can_be_written(path) {
            mistakes.push(format!("{key}: {wrong}"));
        }
        mistakes.extend(has_no_folder(path).map(|wrong| format!("{key}: {wrong}")));
        mistakes.extend(lost_with(&key, path, &others));
    }
    mistakes
}

/// Everything that is read, by its key.
fn read_files(program: &Program) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    found.extend(program.file.as_ref().map(|path| ("--file".to_owned(), same(path))));
    for (index, ehr) in program.ehr.iter().enumerate() {
        for (at, path) in ehr.data.iter().enumerate() {
            let key = format!("ehr[{index}].data[{at}]");
            // A file of a folder may be elsewhere.
            found.extend(linked(path).into_iter().map(|path| (key.clone(), same(&path))));
            found.push((key, same(path)));
        }
        if let Some(Tls::Files { certificate, key }) = &ehr.tls {
            found.push((format!("ehr[{index}].tls.files.certificate"), same(certificate)));
            found.push((format!("ehr[{index}].tls.files.key"), same(key)));
        }
    }
    found
}

/// The files of a folder with data that are links.
fn linked(folder: &Path) -> Vec<PathBuf> {
    let mut found = Found::default();
    // Who reads the data says what cannot be read.
    let _ = found.look_into(folder);
    let paths = found.files.into_iter().map(|(path, _)| path);
    paths.filter(|path| path.is_symlink()).collect()
}

fn lost_with(key: &str, path: &Path, others: &[(String, PathBuf)]) -> Option<String> {
    let path = same(path);
    let shown = path.display();
    // Of those that are read, data alone may be a folder.
    let is_lost_with = |read: &Path| read == path || (read.is_dir() && path.starts_with(read));
    let (other, read) = others.iter().find(|(_, read)| is_lost_with(read))?;
    Some(match *read == path {
        true => format!("{key}: {shown} is the file of {other} too, which would be written over; name another one"),
        false => format!("{key}: {shown} is in the folder of {other}, whose files are read; name one elsewhere"),
    })
}

/// The path by which files are told apart: without links in it, also where the file is not there yet.
fn same(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // As many as systems follow.
    for _ in 0..40 {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let in_folder =
            || -> io::Result<PathBuf> { Ok(fs::canonicalize(folder)?.join(path.file_name().unwrap_or_default())) };
        match (fs::canonicalize(&path), fs::read_link(&path)) {
            (Ok(found), _) => return found,
            (Err(_), Ok(target)) => path = folder.join(target),
            (Err(_), Err(_)) => return in_folder().unwrap_or(path),
        }
    }
    path
}
