//! What is in a file of an export, and how it leaves the server: [`Content`], [`FileAnswer`].

use std::{
    io::{self, Write as _},
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};

use super::http::Pairs;

/// How much is made at once.
const PIECE: u64 = 64 * 1024;

/// The lines of a file.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Kept(Vec<u8>),
    /// Made up: each line has the same length, so that any byte can be found.
    MadeUp {
        resource_type: String,
        first: u64,
        count: u64,
        line_bytes: usize,
        broken: Option<u64>,
    },
}

impl Content {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Kept(bytes) => bytes.len() as u64,
            Self::MadeUp { count, line_bytes, .. } => count.saturating_mul(*line_bytes as u64),
        }
    }

    /// At most so many bytes from there on.
    fn read(&self, from: u64, most: u64) -> Vec<u8> {
        match self {
            Self::Kept(bytes) => {
                let rest = bytes
                    .get(usize::try_from(from).unwrap_or(usize::MAX)..)
                    .unwrap_or_default();
                rest.iter()
                    .take(usize::try_from(most).unwrap_or(usize::MAX))
                    .copied()
                    .collect()
            }
            Self::MadeUp { count, line_bytes, .. } => {
                let length = *line_bytes as u64;
                let mut bytes = Vec::new();
                let mut line = from / length;
                while line < *count && (bytes.len() as u64) < most + length {
                    self.write_line(line, &mut bytes);
                    line += 1;
                }
                bytes.drain(..bytes.len().min(usize::try_from(from % length).unwrap_or_default()));
                bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
                bytes
            }
        }
    }

    fn write_line(&self, line: u64, bytes: &mut Vec<u8>) {
        let Self::MadeUp {
            resource_type,
            first,
            line_bytes,
            broken,
            ..
        } = self
        else {
            return;
        };
        let begin = bytes.len();
        let quote = if *broken == Some(line) { '!' } else { '"' };
        let _ = write!(
            bytes,
            "{{{quote}resourceType\":\"{resource_type}\",\"id\":\"made-up-{:012}\",\"language\":\"",
            first + line
        );
        bytes.resize(begin + line_bytes.saturating_sub(3), b'x');
        bytes.extend_from_slice(b"\"}\n");
    }
}

/// An answer with a file, or a part of one.
#[derive(Debug)]
pub(super) struct FileAnswer {
    pub(super) status: u16,
    pub(super) headers: Pairs,
    pub(super) body: FileBody,
}

/// Makes a file while it is sent.
#[derive(Debug)]
pub(super) struct FileBody {
    content: Content,
    at: u64,
    sent: u64,
    /// After so many bytes the connection is cut.
    cut: Option<u64>,
    gzip: Option<GzEncoder<Vec<u8>>>,
    size: BodySize,
    flushed: bool,
}

impl FileBody {
    pub(super) fn new(content: Content, from: u64, cut: Option<u64>, is_gzip: bool) -> Self {
        let size = match is_gzip {
            true => BodySize::Stream,
            false => BodySize::Sized(content.length().saturating_sub(from)),
        };
        Self {
            content,
            at: from,
            sent: 0,
            cut,
            gzip: is_gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast())),
            size,
            flushed: false,
        }
    }

    /// The next bytes as they are sent. Empty: the end.
    fn make(&mut self) -> Vec<u8> {
        loop {
            let plain = self.content.read(self.at, PIECE);
            self.at += plain.len() as u64;
            match &mut self.gzip {
                None => return plain,
                Some(_) if plain.is_empty() => {
                    let end = self.gzip.take().and_then(|encoder| encoder.finish().ok());
                    return end.unwrap_or_default();
                }
                Some(encoder) => {
                    let _ = encoder.write_all(&plain);
                    let coded = mem::take(encoder.get_mut());
                    if !coded.is_empty() {
                        return coded;
                    }
                }
            }
        }
    }
}

impl MessageBody for FileBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        let this = self.get_mut();
        let left = this.cut.map(|cut| cut.saturating_sub(this.sent));
        if left == Some(0) {
            if !this.flushed {
                this.flushed = true;
                // Pending once makes actix write what it has; an error at once would discard it.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(io::Error::other(
                "the sandbox was told to break this connection",
            ))));
        }
        let mut piece = this.make();
        if piece.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(left) = left {
            piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        this.sent += piece.len() as u64;
        Poll::Ready(Some(Ok(piece.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_lines_are_the_same_from_wherever_they_are_read() {
        let content = Content::MadeUp {
            resource_type: "Observation".to_owned(),
            first: 7,
            count: 50,
            line_bytes: 200,
            broken: Some(3),
        };
        let all = content.read(0, u64::MAX / 2);
        assert_eq!(all.len() as u64, content.length());
        for from in [0, 1, 199, 200, 201, 4321, 9_999, 10_000] {
            let expected = &all[from..(from + 500).min(all.len())];
            assert_eq!(content.read(from as u64, 500), expected, "{from}");
        }
        let broken = all
            .split(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice::<serde_json::Value>(line).is_err())
            .collect::<Vec<_>>();
        assert_eq!(
            broken.iter().filter(|is_broken| **is_broken).count(),
            2,
            "one, and the end"
        );
        assert!(broken[3]);
    }
}
