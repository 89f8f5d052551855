//! A stream cut into lines: [`Lines`].

/// Cuts pieces into lines. What is held is one piece, and one line that has not ended.
#[derive(Debug)]
pub(crate) struct Lines {
    held: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where it is known that no line ends.
    searched: usize,
    limit: usize,
}

/// A line is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Lines {
    /// `limit` is for one line, in bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            held: Vec::new(),
            start: 0,
            searched: 0,
            limit,
        }
    }

    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.held.drain(..self.start);
        self.searched = self.searched.saturating_sub(self.start);
        self.start = 0;
        self.held.extend_from_slice(piece);
    }

    /// The next line that has ended, without its end.
    ///
    /// # Errors
    ///
    /// [`TooLong`], also for one that has not ended.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, TooLong> {
        let rest = self.held.get(self.searched..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.map(|end| self.searched.saturating_add(end));
        let until = end.unwrap_or(self.held.len());
        if until.saturating_sub(self.start) > self.limit {
            return Err(TooLong);
        }
        let start = self.start;
        match end {
            None => {
                self.searched = until;
                Ok(None)
            }
            Some(end) => {
                self.start = end.saturating_add(1);
                self.searched = self.start;
                let line = self.held.get(start..end).unwrap_or_default();
                Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
            }
        }
    }

    /// What comes after the last end of a line.
    pub(crate) fn rest(&self) -> &[u8] {
        self.held.get(self.start..).unwrap_or_default()
    }
}

/// Whether nothing stands in a line. Some servers end a file with one.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
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
        Ok((all, lines.rest().to_vec()))
    }

    #[test]
    fn lines_are_the_same_however_the_pieces_are_cut() {
        for size in 1..20 {
            let (lines, rest) = cut(b"one\ntwo\r\n\nfour\nrest", size, 100).unwrap();
            assert_eq!(lines, [&b"one"[..], b"two", b"", b"four"], "{size}");
            assert_eq!(rest, b"rest");
        }
    }

    #[test]
    fn a_line_at_the_limit_is_read_and_one_byte_more_is_not_whether_or_not_it_ends() {
        for size in [1, 3, 100] {
            assert!(cut(b"12345\n12345", size, 5).is_ok());
            assert_eq!(cut(b"12345\n123456\n", size, 5), Err(TooLong));
            assert_eq!(cut(b"12345\n123456", size, 5), Err(TooLong));
        }
    }
}
