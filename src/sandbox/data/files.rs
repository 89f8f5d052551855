//! Data out of files.

use std::{fs, io, path::Path};

use serde_json::Value;

use super::{
    super::regular_file::{self, NotRead},
    Batch, SandboxDataError,
    folder::{Content, Found, NoFolder},
};

pub(super) fn read(path: &Path, batch: &mut Batch<'_>) -> Result<(), SandboxDataError> {
    if !fs::metadata(path).map_err(unreadable(path))?.is_dir() {
        let content = Content::of(path).ok_or_else(|| SandboxDataError::FileName(path.to_owned()))?;
        return read_file(path, content, batch);
    }
    let mut found = Found::default();
    found
        .look_into(path)
        .map_err(|NoFolder { path, reason }| SandboxDataError::Unreadable { path, reason })?;
    if found.files.is_empty() {
        return Err(SandboxDataError::EmptyFolder(path.to_owned()));
    }
    if !found.others.is_empty() {
        found.others.sort();
        let (folder, others) = (path.display(), found.others.join(", "));
        tracing::warn!(
            "sandbox: these of {folder} are not read: {others}. The name of a file with data ends in .json, .ndjson or .jsonl."
        );
    }
    // The first patient is the same one each time.
    found.files.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
        .files
        .iter()
        .try_for_each(|(file, content)| read_file(file, *content, batch))
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> SandboxDataError {
    |reason| SandboxDataError::Unreadable {
        path: path.to_owned(),
        reason,
    }
}

fn read_file(path: &Path, content: Content, batch: &mut Batch<'_>) -> Result<(), SandboxDataError> {
    let bytes = regular_file::read(path).map_err(|not_read| match not_read {
        NotRead::NoFile(found) => SandboxDataError::NoFile {
            path: path.to_owned(),
            found,
        },
        NotRead::System(reason) => unreadable(path)(reason),
    })?;
    let text = String::from_utf8(bytes).map_err(|_| SandboxDataError::NotUtf8(path.to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let place = path.display().to_string();
    match content {
        Content::Document => batch.document(parse(text, &place)?, &place),
        Content::Lines => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            for (number, line) in lines {
                let place = format!("{place}, line {}", number + 1);
                batch.document(parse(line, &place)?, &place)?;
            }
            Ok(())
        }
    }
}

fn parse(text: &str, place: &str) -> Result<Value, SandboxDataError> {
    serde_json::from_str(text).map_err(|reason| SandboxDataError::NoJson {
        place: place.to_owned(),
        reason,
    })
}
