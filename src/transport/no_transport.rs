//! Where there is no transport: [`NoTransport`].

use super::http_transport::{HttpTransport, TransportFuture};
use crate::protocol::{http::HttpRequest, transport_error::TransportError};

/// The transport of an application without awc that has configured no other one: it sends nothing.
#[derive(Debug)]
pub(crate) struct NoTransport;

impl HttpTransport for NoTransport {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        Box::pin(std::future::ready(Err(TransportError::ShutDown)))
    }
}
