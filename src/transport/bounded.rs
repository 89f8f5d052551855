//! The time limits that an application's own transport cannot forget.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use super::{
    body_stream::{BodySource, BodyStream, PieceFuture},
    http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture},
};
use crate::protocol::{http::HttpRequest, transport_error::TransportError};

/// How long connecting may take, beside [`HttpRequest::timeout`]. What the transport allows itself, nobody knows here: this
/// is for one that never returns.
const CONNECT: Duration = Duration::from_secs(30);

/// A transport of the application within bounds. A request is not handed over when it is too late for it, and one that
/// never comes to an end does not hold its place, its sign-in or its lease for ever.
pub(crate) struct BoundedTransport {
    inner: Arc<dyn HttpTransport>,
}

impl BoundedTransport {
    pub(crate) fn new(inner: Arc<dyn HttpTransport>) -> Self {
        Self { inner }
    }
}

impl HttpTransport for BoundedTransport {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            if request.not_after.is_some_and(|latest| latest < Instant::now()) {
                return Err(TransportError::ConnectTimeout);
            }
            let limit = request.timeout.saturating_add(CONNECT);
            timeout(limit, self.inner.send(request))
                .await
                .unwrap_or_else(|_| Err(too_long(limit)))
        })
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        Box::pin(async move {
            if request.not_after.is_some_and(|latest| latest < Instant::now()) {
                return Err(TransportError::ConnectTimeout);
            }
            let limit = request.timeout.saturating_add(CONNECT);
            let mut response = timeout(limit, self.inner.stream(request))
                .await
                .unwrap_or_else(|_| Err(too_long(limit)))?;
            response.body = BodyStream::new(BoundedBody {
                inner: response.body,
                limit,
            });
            Ok(response)
        })
    }

    fn addresses(&self) -> AddressEnforcement {
        self.inner.addresses()
    }
}

impl fmt::Debug for BoundedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Nobody knows how far it came.
fn too_long(limit: Duration) -> TransportError {
    tracing::error!(
        seconds = limit.as_secs(),
        "the configured transport has not come to an end; it has to honour `HttpRequest::timeout`"
    );
    TransportError::Timeout
}

/// A body of which each piece comes in time.
struct BoundedBody {
    inner: BodyStream,
    limit: Duration,
}

impl BodySource for BoundedBody {
    fn next(&mut self) -> PieceFuture<'_> {
        Box::pin(async move {
            timeout(self.limit, self.inner.next())
                .await
                .unwrap_or_else(|_| Some(Err(too_long(self.limit))))
        })
    }
}

#[cfg(test)]
mod tests;
