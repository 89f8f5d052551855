//! A line in the log for each exchange with an EHR: [`LoggedTransport`].

use std::{fmt, sync::Arc, time::Instant};

use super::{
    body_stream::{BodySource, BodyStream, PieceFuture},
    http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture},
};
use crate::protocol::{
    http::{HttpRequest, Method},
    transport_error::TransportError,
    visible::without_query,
};

/// What these lines can be asked for by: `RUST_LOG=actix_smart_auth::http=debug`.
const TARGET: &str = "actix_smart_auth::http";

/// Says at DEBUG what was asked and what came: method, address without its query, status, time and sizes. No header and no body.
pub(crate) struct LoggedTransport {
    inner: Arc<dyn HttpTransport>,
}

impl LoggedTransport {
    pub(crate) fn new(inner: Arc<dyn HttpTransport>) -> Self {
        Self { inner }
    }
}

impl HttpTransport for LoggedTransport {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            if !tracing::enabled!(target: TARGET, tracing::Level::DEBUG) {
                return self.inner.send(request).await;
            }
            let (method, address) = (request.method, loggable(&request));
            let sent = request.body.as_ref().map_or(0, String::len);
            let began = Instant::now();
            let result = self.inner.send(request).await;
            let took = began.elapsed();
            match &result {
                Ok(response) => tracing::debug!(
                    target: TARGET,
                    ?method,
                    address,
                    status = response.status,
                    ?took,
                    sent,
                    received = response.body.len(),
                    "exchange with an EHR"
                ),
                Err(error) => {
                    tracing::debug!(target: TARGET, ?method, address, %error, ?took, sent, "exchange with an EHR");
                }
            }
            result
        })
    }

    /// With a line when the body has ended.
    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        Box::pin(async move {
            if !tracing::enabled!(target: TARGET, tracing::Level::DEBUG) {
                return self.inner.stream(request).await;
            }
            let (method, address) = (request.method, loggable(&request));
            let began = Instant::now();
            let mut response = self.inner.stream(request).await.inspect_err(|error| {
                tracing::debug!(target: TARGET, ?method, address, %error, took = ?began.elapsed(), "exchange with an EHR");
            })?;
            response.body = BodyStream::new(LoggedBody {
                inner: response.body,
                method,
                address,
                status: response.status,
                began,
                received: 0,
                error: None,
            });
            Ok(response)
        })
    }

    fn addresses(&self) -> AddressEnforcement {
        self.inner.addresses()
    }
}

fn loggable(request: &HttpRequest) -> String {
    match &request.logged_path {
        Some(path) => format!("{}{path}", request.url.origin().ascii_serialization()),
        None => without_query(&request.url),
    }
}

/// Says what came when it is dropped: at its end, at an error, or when nobody wants more of it.
struct LoggedBody {
    inner: BodyStream,
    method: Method,
    address: String,
    status: u16,
    began: Instant,
    received: usize,
    error: Option<TransportError>,
}

impl BodySource for LoggedBody {
    fn next(&mut self) -> PieceFuture<'_> {
        Box::pin(async move {
            let next = self.inner.next().await;
            match &next {
                Some(Ok(piece)) => self.received = self.received.saturating_add(piece.len()),
                Some(Err(error)) => self.error = Some(*error),
                None => {}
            }
            next
        })
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        tracing::debug!(
            target: TARGET,
            method = ?self.method,
            address = self.address,
            status = self.status,
            took = ?self.began.elapsed(),
            received = self.received,
            error = self.error.map(tracing::field::display),
            "exchange with an EHR"
        );
    }
}

impl fmt::Debug for LoggedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
