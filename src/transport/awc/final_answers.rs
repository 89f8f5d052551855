//! A connection on which interim answers (RFC 9110, section 15.2) are passed over.
//!
//! awc takes the first head that comes for the answer. Before it a server may send others, which say nothing that
//! matters here: that it goes on reading (100), is still at it (102), or what a browser might fetch (103). A proxy that sends
//! hints to everybody would otherwise cost each sign-in its code.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes of interim answers may come before one answer.
const LIMIT: usize = 64 * 1024;

/// Passes everything through but the interim answers before an answer. `101` is none: after it the connection speaks
/// something else.
///
/// For a client that reads an answer only after it has written its request, and writes the next request only after it
/// has read the answer.
pub(super) struct FinalAnswers<S> {
    io: S,
    ends: Ends,
    at: At,
    /// What was read and is not yet handed on.
    kept: Vec<u8>,
    /// How many bytes were passed over since the request.
    passed_over: usize,
}

/// What becomes of a connection that ends while an answer is read.
///
/// awc takes a chunked body whose last chunk is missing for one that is complete. It does not read on behind the end of a body, so
/// that the end of a connection which it sees is too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// awc is told as it is: answers are parsed, and half of one is found out.
    AsTheyCome,
    /// It is an error: half of a file looks like a file.
    AreErrors,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The beginning of an answer, final or not.
    Start,
    /// Somewhere behind.
    Rest,
}

/// What an answer is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Too few bytes to tell.
    Unknown,
    Interim,
    /// Or no answer at all, which is for awc to say.
    Final,
}

impl<S> FinalAnswers<S> {
    pub(super) const fn new(io: S, ends: Ends) -> Self {
        Self {
            io,
            ends,
            at: At::Start,
            kept: Vec::new(),
            passed_over: 0,
        }
    }

    pub(super) const fn get_ref(&self) -> &S {
        &self.io
    }

    /// Takes the interim answers off the front of what is kept.
    fn pass_over(&mut self) -> io::Result<()> {
        loop {
            match kind(&self.kept) {
                Kind::Unknown => return Ok(()),
                Kind::Final => {
                    self.at = At::Rest;
                    return Ok(());
                }
                Kind::Interim => {}
            }
            let end = end_of_head(&self.kept);
            if self.passed_over + end.unwrap_or(self.kept.len()) > LIMIT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "too many interim answers"));
            }
            let Some(end) = end else { return Ok(()) };
            self.kept.drain(..end);
            self.passed_over += end;
        }
    }

    /// Hands on what is kept, as far as there is room.
    fn hand_on(&mut self, out: &mut ReadBuf<'_>) {
        let count = out.remaining().min(self.kept.len());
        out.put_slice(self.kept.get(..count).unwrap_or_default());
        self.kept.drain(..count);
    }

    /// What is written is a request, so that what is read next is the beginning of an answer.
    const fn request_begins(&mut self) {
        if matches!(self.at, At::Rest) && self.kept.is_empty() {
            self.at = At::Start;
            self.passed_over = 0;
        }
    }
}

fn kind(bytes: &[u8]) -> Kind {
    const BEGINNING: [fn(u8) -> bool; 13] = [
        |b| b == b'H',
        |b| b == b'T',
        |b| b == b'T',
        |b| b == b'P',
        |b| b == b'/',
        |b| b == b'1',
        |b| b == b'.',
        |b| b.is_ascii_digit(),
        |b| b == b' ',
        |b| b == b'1',
        |b| b.is_ascii_digit(),
        |b| b.is_ascii_digit(),
        |b| matches!(b, b' ' | b'\r' | b'\n'),
    ];
    if !bytes.iter().zip(BEGINNING).all(|(byte, fits)| fits(*byte)) {
        return Kind::Final;
    }
    match bytes.get(9..BEGINNING.len()) {
        None => Kind::Unknown,
        Some([b'1', b'0', b'1', _]) => Kind::Final,
        Some(_) => Kind::Interim,
    }
}

/// Where the head ends: behind the first empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    for (position, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if line == 0 => return Some(position + 1),
            b'\n' => line = 0,
            b'\r' => {}
            _ => line += 1,
        }
    }
    None
}

impl<S: AsyncRead + Unpin> AsyncRead for FinalAnswers<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.at == At::Start {
            let mut bytes = [0; 4096];
            let mut read = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                // The end. What is kept is half a head, which awc will find out.
                this.at = At::Rest;
            } else {
                this.kept.extend_from_slice(read.filled());
                this.pass_over()?;
            }
        }
        if this.kept.is_empty() {
            let before = out.filled().len();
            ready!(Pin::new(&mut this.io).poll_read(cx, out))?;
            let is_end = out.filled().len() == before && out.remaining() > 0;
            return Poll::Ready(match this.ends {
                Ends::AreErrors if is_end => Err(io::ErrorKind::UnexpectedEof.into()),
                Ends::AreErrors | Ends::AsTheyCome => Ok(()),
            });
        }
        this.hand_on(out);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FinalAnswers<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.request_begins();
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.request_begins();
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl<S> fmt::Debug for FinalAnswers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinalAnswers")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
