//! A line in the log for each exchange with an EHR: [`LoggedTransport`].

use std::{fmt, sync::Arc, time::Instant};

use super::http_transport::{AddressEnforcement, HttpTransport, TransportFuture};
use crate::protocol::{http::HttpRequest, visible::without_query};

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
            let method = request.method;
            let address = match &request.logged_path {
                Some(path) => format!("{}{path}", request.url.origin().ascii_serialization()),
                None => without_query(&request.url),
            };
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

    fn addresses(&self) -> AddressEnforcement {
        self.inner.addresses()
    }
}

impl fmt::Debug for LoggedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
