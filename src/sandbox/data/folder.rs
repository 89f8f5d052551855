//! The files with data that are in a folder: [`Found`]. The program `actix-smart-sandbox` looks for them with this, too.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

/// What is in a folder, and in the folders in it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<(PathBuf, Content)>,
    /// What is not read.
    pub(super) others: Vec<String>,
}

impl Found {
    /// # Errors
    /// When a folder cannot be read. What was found before that stays.
    pub(super) fn look_into(&mut self, folder: &Path) -> Result<(), NoFolder> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |reason| NoFolder { path, reason }
        };
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            let entry = entry.map_err(unreadable(folder))?;
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let is_link = entry.file_type().map_err(unreadable(&path))?.is_symlink();
            match (path.is_dir(), Content::of(&path)) {
                // Such as .git, and the other versions of a mounted folder.
                (true, _) if is_hidden => {}
                // It may lead back to a folder around it.
                (true, _) if is_link => self.others.push(path.display().to_string()),
                (true, _) => self.look_into(&path)?,
                (false, Some(content)) => self.files.push((path, content)),
                (false, None) => self.others.push(path.display().to_string()),
            }
        }
        Ok(())
    }
}

/// A folder that cannot be read.
#[derive(Debug)]
pub(super) struct NoFolder {
    pub(super) path: PathBuf,
    pub(super) reason: io::Error,
}

/// What is in a file with data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// A Bundle, or one resource.
    Document,
    /// A Bundle, or one resource, a line.
    Lines,
}

impl Content {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Document),
            "ndjson" | "jsonl" => Some(Self::Lines),
            _ => None,
        }
    }
}
