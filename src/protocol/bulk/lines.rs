//! A stream cut into lines, and what a line of an export has to be: [`Lines`], [`resource`].

use std::ops::Range;

use crate::protocol::json_object::without_byte_order_mark;

/// Cuts pieces into lines, and counts them. What is held is one piece, and one line that has not ended.
#[derive(Debug)]
pub(crate) struct Lines {
    held: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where it is known that no line ends.
    searched: usize,
    limit: usize,
    number: u64,
    count: u64,
}

/// A line is longer than the limit: the one with this number, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong(pub(crate) u64);

impl Lines {
    /// `limit` is for one line, in bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            held: Vec::new(),
            start: 0,
            searched: 0,
            limit,
            number: 0,
            count: 0,
        }
    }

    /// The number of the line that came last, counted from 1; blank ones count.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// How many lines have come with something in them.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.held.drain(..self.start);
        self.searched = self.searched.saturating_sub(self.start);
        self.start = 0;
        self.held.extend_from_slice(piece);
    }

    /// After the last piece: what comes behind the last end of a line is a line, too.
    pub(crate) fn end(&mut self) {
        if self.start < self.held.len() {
            self.push(b"\n");
        }
    }

    /// The next line that has ended, without its end. Blank ones are passed over: some servers end a file with one.
    ///
    /// # Errors
    ///
    /// [`TooLong`], also for one that has not ended.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, TooLong> {
        while let Some(line) = self.advance()? {
            self.number = self.number.saturating_add(1);
            let is_blank = self.line(&line).trim_ascii().is_empty();
            if !is_blank {
                self.count = self.count.saturating_add(1);
                return Ok(Some(self.line(&line)));
            }
        }
        Ok(None)
    }

    /// Where the next line is.
    fn advance(&mut self) -> Result<Option<Range<usize>>, TooLong> {
        let rest = self.held.get(self.searched..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.map(|end| self.searched.saturating_add(end));
        let until = end.unwrap_or(self.held.len());
        if until.saturating_sub(self.start) > self.limit {
            return Err(TooLong(self.number.saturating_add(1)));
        }
        let Some(end) = end else {
            self.searched = until;
            return Ok(None);
        };
        let line = self.start..end;
        self.start = end.saturating_add(1);
        self.searched = self.start;
        Ok(Some(line))
    }

    fn line(&self, at: &Range<usize>) -> &[u8] {
        let line = self.held.get(at.clone()).unwrap_or_default();
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// A line as text that may be a resource: UTF-8, with an object in it. Whether it is JSON to its end, the reader of JSON says.
///
/// # Errors
///
/// The column at which it is none, counted from 1, in bytes.
pub(crate) fn resource(line: &[u8]) -> Result<&str, usize> {
    let line = without_byte_order_mark(line);
    let text = str::from_utf8(line).map_err(|error| error.valid_up_to().saturating_add(1))?;
    let blank = text.len().saturating_sub(text.trim_ascii_start().len());
    match text.get(blank..) {
        Some(object) if object.starts_with('{') => Ok(text),
        _ => Err(blank.saturating_add(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], size: usize, limit: usize) -> Result<(Vec<Vec<u8>>, Vec<u8>), TooLong> {
        let (mut lines, mut all) = (Lines::new(limit), Vec::new());
        for piece in text.chunks(size) {
            lines.push(piece);
            while let Some(line) = lines.next()? {
                all.push(line.to_vec());
            }
        }
        let ended = all.len();
        lines.end();
        while let Some(line) = lines.next()? {
            all.push(line.to_vec());
        }
        assert_eq!(lines.count(), all.len() as u64);
        let rest = all.split_off(ended);
        Ok((all, rest.concat()))
    }

    #[test]
    fn lines_are_the_same_however_the_pieces_are_cut() {
        for size in 1..20 {
            let (lines, rest) = cut(b"one\ntwo\r\n\nfour\nrest", size, 100).unwrap();
            assert_eq!(lines, [&b"one"[..], b"two", b"four"], "{size}");
            assert_eq!(rest, b"rest");
        }
    }

    #[test]
    fn a_line_at_the_limit_is_read_and_one_byte_more_is_not_whether_or_not_it_ends() {
        for size in [1, 3, 100] {
            assert!(cut(b"12345\n12345", size, 5).is_ok());
            assert_eq!(cut(b"12345\n123456\n", size, 5), Err(TooLong(2)));
            assert_eq!(cut(b"12345\n123456", size, 5), Err(TooLong(2)));
        }
    }

    #[test]
    fn lines_are_numbered_with_the_blank_ones_and_counted_without_them() {
        let mut lines = Lines::new(100);
        lines.push(b"\n\r\n one\n  \ntwo");
        assert_eq!(lines.next(), Ok(Some(&b" one"[..])));
        assert_eq!((lines.number(), lines.count()), (3, 1));
        assert_eq!(lines.next(), Ok(None));
        lines.end();
        assert_eq!(lines.next(), Ok(Some(&b"two"[..])));
        assert_eq!((lines.number(), lines.count()), (5, 2));
        lines.end();
        assert_eq!(lines.next(), Ok(None));
        assert_eq!((lines.number(), lines.count()), (5, 2));
    }

    #[test]
    fn a_resource_is_utf_8_and_begins_an_object() {
        assert_eq!(resource(b"\xef\xbb\xbf {\"a\":1}"), Ok(" {\"a\":1}"));
        for (line, column) in [
            (&b""[..], 1),
            (b"  ", 3),
            (b"[{}]", 1),
            (b" 17", 2),
            (b"{\"\xc3\x28\":1}", 3),
            (b"\xff\xfe{\0", 1),
        ] {
            assert_eq!(resource(line), Err(column), "{line:?}");
        }
    }
}
