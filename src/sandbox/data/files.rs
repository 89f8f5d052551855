//! Data out of files.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{Batch, SandboxDataError};

/// What is in a file with data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A Bundle, or one resource.
    Document,
    /// A Bundle, or one resource, a line.
    Lines,
}

impl Content {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Document),
            "ndjson" | "jsonl" => Some(Self::Lines),
            _ => None,
        }
    }
}

pub(super) fn read(path: &Path, batch: &mut Batch<'_>) -> Result<(), SandboxDataError> {
    let unreadable = |reason: io::Error| SandboxDataError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        let content = Content::of(path).ok_or_else(|| SandboxDataError::FileName(path.to_owned()))?;
        return read_file(path, content, batch);
    }
    let mut files: Vec<(PathBuf, Content)> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        match Content::of(&file) {
            _ if file.is_dir() => {}
            Some(content) => files.push((file, content)),
            None => others.extend(file.file_name().map(|name| name.to_string_lossy().into_owned())),
        }
    }
    if files.is_empty() {
        return Err(SandboxDataError::EmptyFolder(path.to_owned()));
    }
    if !others.is_empty() {
        others.sort();
        let (folder, others) = (path.display(), others.join(", "));
        tracing::warn!(
            "sandbox: these files of {folder} are not read: {others}. The name of a file with data ends in .json, .ndjson or .jsonl."
        );
    }
    // The first patient is the same one each time.
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
        .iter()
        .try_for_each(|(file, content)| read_file(file, *content, batch))
}

fn read_file(path: &Path, content: Content, batch: &mut Batch<'_>) -> Result<(), SandboxDataError> {
    let bytes = fs::read(path).map_err(|reason| SandboxDataError::Unreadable {
        path: path.to_owned(),
        reason,
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
