//! A file line by line: [`BulkLines`], and read as JSON: [`BulkResources`].

use std::{fmt, marker::PhantomData};

use serde::de::DeserializeOwned;

use super::{
    file::BulkFile,
    file_error::BulkFileError,
    options::{BrokenLines, Findings},
    source::Source,
};
use crate::protocol::bulk::lines::{Lines, TooLong, resource};

/// The lines of a file, as they come. A connection that breaks is replaced, and each line comes once.
///
/// What is held is a few pieces of the file, and the line that has not ended.
pub struct BulkLines {
    file: BulkFile,
    source: Source,
    lines: Lines,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// The bytes have ended.
    Rest,
    Ended,
}

impl BulkFile {
    /// Its lines as they come. Nothing is sent before the first is asked for.
    #[must_use]
    pub fn lines(&self) -> BulkLines {
        BulkLines::new(self.clone())
    }

    /// Its lines, each read as a JSON object. What becomes of one that cannot be read (no UTF-8, no object, not a `T`),
    /// [`BulkClient::broken_lines`](super::BulkClient::broken_lines) says.
    #[must_use]
    pub fn resources<T: DeserializeOwned>(&self) -> BulkResources<T> {
        BulkResources::new(self.lines())
    }
}

impl BulkLines {
    fn new(file: BulkFile) -> Self {
        Self {
            source: Source::new(file.clone()),
            lines: Lines::new(file.bulk.options.line_limit),
            file,
            state: State::Reading,
        }
    }

    /// The next line, without its end. Blank ones are passed over. `None` when there are no more, and after an error.
    ///
    /// # Errors
    ///
    /// [`BulkFileError`]; [`BulkFileError::Miscounted`] behind the last line, where the manifest says another number.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, BulkFileError> {
        let next = self.advance().await;
        if !matches!(next, Ok(Some(_))) {
            self.state = State::Ended;
        }
        next
    }

    /// The number of the line that came last, counted from 1; blank ones count.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.lines.number()
    }

    async fn advance(&mut self) -> Result<Option<Vec<u8>>, BulkFileError> {
        loop {
            if self.state == State::Ended {
                return Ok(None);
            }
            match self.lines.next().map(|line| line.map(<[u8]>::to_vec)) {
                Ok(Some(line)) => return Ok(Some(line)),
                Ok(None) => {}
                Err(line) => {
                    // Damage may have eaten the end of a line.
                    self.source.make_certain().await?;
                    return Err(too_long(&self.file, line));
                }
            }
            if self.state == State::Rest {
                return self.end();
            }
            match self.source.next().await? {
                Some(piece) => self.lines.push(&piece),
                None => {
                    self.state = State::Rest;
                    self.lines.end();
                }
            }
        }
    }

    fn end(&self) -> Result<Option<Vec<u8>>, BulkFileError> {
        match self.file.count() {
            Some(told) if told != self.lines.count() && self.file.bulk.options.findings == Findings::Fail => {
                Err(BulkFileError::Miscounted {
                    file: self.file.name().to_owned(),
                    told,
                    came: self.lines.count(),
                })
            }
            _ => Ok(None),
        }
    }
}

/// The lines of a file, read as JSON.
pub struct BulkResources<T> {
    lines: BulkLines,
    skipped: u64,
    read: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> BulkResources<T> {
    const fn new(lines: BulkLines) -> Self {
        Self {
            lines,
            skipped: 0,
            read: PhantomData,
        }
    }

    /// The next resource. `None` when there are no more, and after an error.
    ///
    /// # Errors
    ///
    /// As [`BulkLines::next`], and [`BulkFileError::BrokenLine`] unless broken lines are skipped. A compressed file is read to its end before
    /// that is said: only there its checksum tells that it did not come damaged.
    pub async fn next(&mut self) -> Result<Option<T>, BulkFileError> {
        while let Some(line) = self.lines.next().await? {
            let read = resource(&line).and_then(|text| serde_json::from_str(text).map_err(|error| error.column()));
            match read {
                Ok(resource) => return Ok(Some(resource)),
                Err(_) if self.lines.file.bulk.options.broken_lines == BrokenLines::Skip => {
                    self.skipped = self.skipped.saturating_add(1);
                }
                Err(column) => {
                    self.lines.state = State::Ended;
                    // A line that came damaged is not the server's.
                    self.lines.source.make_certain().await?;
                    return Err(BulkFileError::BrokenLine {
                        file: self.lines.file.name().to_owned(),
                        line: self.lines.number(),
                        column,
                    });
                }
            }
        }
        Ok(None)
    }

    /// How many lines were skipped because they could not be read.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The number of the line that came last, counted from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.lines.number()
    }
}

pub(super) fn too_long(file: &BulkFile, TooLong(line): TooLong) -> BulkFileError {
    BulkFileError::LineTooLong {
        file: file.name().to_owned(),
        line,
    }
}

impl fmt::Debug for BulkLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkLines")
            .field("file", &self.file)
            .field("number", &self.number())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for BulkResources<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkResources")
            .field("lines", &self.lines)
            .field("skipped", &self.skipped)
            .finish()
    }
}
