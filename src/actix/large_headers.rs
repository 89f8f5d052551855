//! Says in the log that an answer may be too large for a proxy in front, which answers 502 in its place.

use std::sync::atomic::Ordering;

use actix_web::HttpResponse;

use crate::runtime::Runtime;

/// So many bytes of headers nginx takes without being told otherwise, less what the server and the application add.
const MOST_BYTES: usize = 4_000;

/// Writes it once. Who is sent to an EHR, and whom it sends back, carries much along: scopes, a `launch` of many kB, a sealed sign-in.
pub(super) fn say_if_large(response: &HttpResponse, runtime: &Runtime) {
    let headers = response.headers().iter();
    let bytes: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    if bytes <= MOST_BYTES || runtime.large_headers_said.swap(true, Ordering::Relaxed) {
        return;
    }
    tracing::warn!(
        bytes,
        "an answer of a launch or a sign-out has more bytes of headers than some proxies take, which answer 502 in its place. Let the \
         proxy in front take 16 kB (nginx: `proxy_buffer_size 16k; proxy_buffers 4 16k;`). This is said once"
    );
}
