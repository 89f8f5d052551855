//! An answer whose body comes piece by piece: [`StreamedResponse`], [`BodyStream`].

use std::{fmt, future::Future, pin::Pin};

use crate::protocol::{http::HttpResponse, transport_error::TransportError};

/// The answer to a request whose body is read while it comes ([`HttpTransport::stream`](super::HttpTransport::stream)).
///
/// `Debug` shows the status and the names of the headers.
#[non_exhaustive]
pub struct StreamedResponse {
    /// The status code.
    pub status: u16,
    /// Header names and values, in the order received. Names compare case-insensitively.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: BodyStream,
    pub(crate) bytes: Bytes,
}

/// Whose bytes a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// Those that came.
    AsTheyCame,
    /// They were decoded: lengths, ranges and validators in the head are of others.
    Decoded,
}

/// A body that comes piece by piece. Dropping it before its end ends the connection.
pub struct BodyStream(Box<dyn BodySource>);

/// Where the pieces of a body come from. For authors of transports.
pub trait BodySource: Send + 'static {
    /// The next piece, which is not empty, or the end.
    ///
    /// An error is the last thing that comes. A body that ends before its length is an error
    /// ([`TransportError::Disconnected`]): who reads it has no other way to know.
    fn next(&mut self) -> PieceFuture<'_>;
}

/// The future that [`BodySource::next`] returns. `None` is the end.
pub type PieceFuture<'a> = Pin<Box<dyn Future<Output = Option<Result<Vec<u8>, TransportError>>> + Send + 'a>>;

impl StreamedResponse {
    /// An answer with these parts.
    #[must_use]
    pub const fn new(status: u16, headers: Vec<(String, String)>, body: BodyStream) -> Self {
        Self {
            status,
            headers,
            body,
            bytes: Bytes::AsTheyCame,
        }
    }

    /// An answer that was read already: its body is one piece.
    ///
    /// # Errors
    ///
    /// [`TransportError::Disconnected`] when the body is shorter than the answer says.
    pub fn whole(response: HttpResponse) -> Result<Self, TransportError> {
        let announced = content_length(response.header("content-length"));
        let came = u64::try_from(response.body.len()).unwrap_or(u64::MAX);
        if announced.is_some_and(|announced| came < announced) && !response.body.is_empty() {
            return Err(TransportError::Disconnected);
        }
        let body = BodyStream::of_one(response.body);
        Ok(Self::new(response.status, response.headers, body))
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The whole of it, with at most so many bytes of body.
    pub(crate) async fn read(mut self, limit: usize) -> Result<HttpResponse, TransportError> {
        let mut body = Vec::new();
        while let Some(piece) = self.body.next().await {
            let piece = match piece {
                // The status says what there is to say; the body would only explain it.
                Err(TransportError::NoLength) if !matches!(self.status, 200 | 206) => break,
                piece => piece?,
            };
            if body.len().saturating_add(piece.len()) > limit {
                return Err(TransportError::BodyTooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(HttpResponse::new(self.status, self.headers, body))
    }
}

impl BodyStream {
    /// The body that comes from there.
    #[must_use]
    pub fn new(source: impl BodySource) -> Self {
        Self(Box::new(source))
    }

    /// A body that is there already.
    #[must_use]
    pub fn of_one(piece: Vec<u8>) -> Self {
        Self::new(One(Some(piece).filter(|piece| !piece.is_empty())))
    }

    /// The next piece. `None` is the end, and comes after an error, too.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        let next = self.0.next().await;
        if matches!(next, None | Some(Err(_))) {
            self.0 = Box::new(One(None));
        }
        next
    }
}

struct One(Option<Vec<u8>>);

impl BodySource for One {
    fn next(&mut self) -> PieceFuture<'_> {
        Box::pin(std::future::ready(self.0.take().map(Ok)))
    }
}

/// `Content-Length`, where it is a number.
pub(super) fn content_length(header: Option<&str>) -> Option<u64> {
    header?.trim().parse().ok()
}

impl fmt::Debug for StreamedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("StreamedResponse")
            .field("status", &self.status)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").finish_non_exhaustive()
    }
}
