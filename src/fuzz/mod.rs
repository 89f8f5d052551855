//! What has to hold for every input: one function per parser, for the fuzz targets in `fuzz/` and for replaying what
//! they found (`cargo test fuzz`).
//!
//! Here because the parsers are private. Only tests and `cargo fuzz` (which sets `cfg(fuzzing)`) build it. Each function
//! takes any bytes and panics when a promise of the parser is broken.
#![expect(
    clippy::expect_used,
    reason = "a broken promise has to stop the fuzzer, and so has a target that cannot set itself up"
)]

mod bundle;
mod callback_query;
mod certificate_names;
#[cfg(test)]
pub(crate) mod generate;
mod id_token;
mod iss;
mod metadata;
mod outcome;
mod patient_facts;
#[cfg(test)]
mod replay;
mod return_to;
mod scope;
mod smart_style;
mod stored;
mod token_response;

pub use bundle::bundle;
pub use callback_query::callback_query;
pub use certificate_names::certificate_names;
pub use id_token::id_token;
pub use iss::iss;
pub use metadata::metadata;
pub use outcome::outcome;
pub use patient_facts::patient_facts;
pub use return_to::return_to;
pub use scope::scope;
pub use smart_style::smart_style;
pub use stored::stored;
pub use token_response::token_response;

use url::Url;

use crate::{
    protocol::urls::{EndpointUrl, is_loopback},
    time::Timestamp,
};

/// The moment at which everything here is read.
const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// The first line, and what follows it; what has only one line is both.
fn line_and_rest(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, text))
}

/// Secrets may be sent to it.
fn assert_safe(url: &Url) {
    assert!(
        url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)),
        "{url}"
    );
    assert_safe_host(url);
}

/// It names a host, nobody at it, and no place in a document.
fn assert_safe_host(url: &Url) {
    assert!(url.has_host(), "{url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    assert!(url.fragment().is_none(), "{url}");
}

/// Secrets may be sent to it, and a store gives it back as it was.
fn assert_safe_endpoint(endpoint: &EndpointUrl) {
    assert_safe(endpoint.url());
    assert_eq!(EndpointUrl::parse(endpoint.as_str()).as_ref(), Ok(endpoint));
}
