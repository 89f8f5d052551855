//! Answers that are compressed: [`DecodedTransport`].

use std::{fmt, io::Read as _, sync::Arc};

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::{
    decoded_body::decoded_stream,
    http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture},
};
use crate::protocol::{
    http::{HttpRequest, HttpResponse},
    transport_error::TransportError,
    visible::in_log,
};

/// Decodes the bodies of a transport.
///
/// FHIR requests ask for `gzip`, all others for `identity`. Some servers and proxies send files that they keep compressed all the same
/// (RFC 9110, section 12.5.3, lets them).
///
/// Decoding runs where the answer is awaited: for the FHIR request of a handler on its worker, not on the engine.
pub(crate) struct DecodedTransport {
    inner: Arc<dyn HttpTransport>,
    /// In bytes, of the decoded body.
    body_limit: usize,
}

impl DecodedTransport {
    pub(crate) fn new(inner: Arc<dyn HttpTransport>, body_limit: usize) -> Self {
        Self { inner, body_limit }
    }
}

impl HttpTransport for DecodedTransport {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            let limit = request.body_limit.unwrap_or(self.body_limit);
            let response = self.inner.send(request).await?;
            decoded(response, limit)
        })
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        Box::pin(async move { decoded_stream(self.inner.stream(request).await?) })
    }

    fn addresses(&self) -> AddressEnforcement {
        self.inner.addresses()
    }
}

impl fmt::Debug for DecodedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn decoded(mut response: HttpResponse, limit: usize) -> Result<HttpResponse, TransportError> {
    let Some(coding) = response.header("content-encoding") else {
        return Ok(response);
    };
    let coding = coding.trim().to_ascii_lowercase();
    let body = response.body.as_slice();
    response.body = match coding.as_str() {
        "" | "identity" => return Ok(response),
        _ if body.is_empty() => return Ok(response),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body), limit)?,
        "deflate" => read(ZlibDecoder::new(body), limit)?,
        other => {
            tracing::error!(
                coding = in_log(other),
                "a server sent an answer in a content coding that nobody asked for and that cannot be decoded; have it \
                 answer without"
            );
            return Err(TransportError::ContentCoding);
        }
    };
    // Or somebody would decode it once more.
    response
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case("content-encoding"));
    Ok(response)
}

/// Never more than the limit and one byte is held.
fn read(decoder: impl std::io::Read, limit: usize) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    match decoder.take(most).read_to_end(&mut body) {
        Ok(_) if body.len() > limit => Err(TransportError::BodyTooLarge),
        Ok(_) => Ok(body),
        Err(_) => Err(TransportError::DamagedBody),
    }
}

#[cfg(test)]
mod tests;
