//! What sends requests: [`HttpTransport`].

use std::{fmt, future::Future, pin::Pin};

use super::body_stream::StreamedResponse;
use crate::protocol::{
    http::{HttpRequest, HttpResponse},
    transport_error::TransportError,
};

/// The future that [`HttpTransport::send`] returns.
pub type TransportFuture<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'a>>;

/// The future that [`HttpTransport::stream`] returns.
pub type StreamFuture<'a> = Pin<Box<dyn Future<Output = Result<StreamedResponse, TransportError>> + Send + 'a>>;

/// Sends one HTTP request and hands back the answer as it is.
///
/// awc and reqwest come with the crate (features `actix` and `reqwest`). Bring your own where neither will do
/// (`SmartConfigBuilder::transport`), and let it pass `transport::acceptance` (feature `test-util`), which holds it to this. An
/// implementation
///
/// - never follows a redirect: it returns the 3xx response (the caller decides where a request may go);
/// - never retries: a code or a refresh token must not be sent twice;
/// - honours [`HttpRequest::timeout`] over head *and* body, counted from sending; connecting has a limit of its own, and what
///   could not be sent within that is not sent later ([`TransportError::ConnectTimeout`]). Nor is anything sent after
///   [`HttpRequest::not_after`]. It stops reading a body at the configured limit;
/// - hands back the final answer: interim ones (1xx but 101) are passed over;
/// - opens a new connection for [`Connection::Fresh`](crate::transport::Connection::Fresh);
/// - verifies TLS certificates, asks for no coding of the body, does not decompress, and keeps no cookies;
/// - sends the headers of [`HttpRequest::headers`] and the form as they are, and answers
///   [`TransportError::Unsendable`] where that cannot be;
/// - says in [`addresses`](Self::addresses) whether it honours [`HttpRequest::addresses`].
///
/// One that has not answered 30 s after [`HttpRequest::timeout`] is not waited for: its future is dropped, and it counts as
/// [`TransportError::Timeout`].
pub trait HttpTransport: Send + Sync + fmt::Debug + 'static {
    /// Sends the request.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] when there is no complete answer. Any HTTP status is an answer.
    fn send(&self, request: HttpRequest) -> TransportFuture<'_>;

    /// Sends the request, and hands the body over while it comes: for bodies that are larger than memory, such as the files of a
    /// bulk export.
    ///
    /// The default reads all of the answer by [`send`](Self::send), so that a body may be as large as
    /// [`HttpRequest::body_limit`] and no larger. An implementation of its own keeps every promise of `send` but these:
    ///
    /// - [`HttpRequest::timeout`] is for the head, and then for each piece of the body anew;
    /// - there is no limit for the body. What is read and not yet taken is a few pieces;
    /// - a body that ends before its length, or without the last chunk, is an error of its last piece;
    /// - when the [`BodyStream`](super::BodyStream) is dropped, nothing more is read, and the connection ends.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] when no head comes. Any HTTP status is an answer.
    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        Box::pin(async move { StreamedResponse::whole(self.send(request).await?) })
    }

    /// Whether [`HttpRequest::addresses`] is honoured. Default: [`AddressEnforcement::NotEnforced`].
    ///
    /// An implementation that says [`AddressEnforcement::Enforced`] owes this to every request with
    /// [`Addresses::Guarded`](crate::transport::Addresses::Guarded):
    ///
    /// - it resolves the name itself, and asks [`AddressGuard::allows`](crate::transport::AddressGuard::allows) about each address;
    /// - it connects to one of the allowed addresses, as an address: resolving the name a second time for the
    ///   connection would let the answer change in between. The certificate is still checked against the name;
    /// - it uses a connection that was opened in this way, and not for another registration;
    /// - with no allowed address it sends nothing and answers [`TransportError::AddressRefused`].
    ///
    /// A transport that hands names to a forward proxy cannot do that. Guarded requests then go to hosts that are allowed
    /// by name and to no others; the crate sees to it before it calls [`send`](Self::send). What a URL says by itself
    /// ([`AddressGuard::allows_host`](crate::transport::AddressGuard::allows_host)) is always checked before.
    fn addresses(&self) -> AddressEnforcement {
        AddressEnforcement::NotEnforced
    }
}

/// Whether a transport checks the addresses that names resolve to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressEnforcement {
    /// It does, and connects to no other.
    Enforced,
    /// It does not, or cannot: somebody else resolves the names.
    NotEnforced,
}
