//! One fetch of a brand bundle.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use url::Url;

use crate::{
    protocol::{
        brands::{BrandLogos, Brands, MalformedBrands},
        http::{Connection, HttpRequest},
        network_guard::Addresses,
        transport_error::TransportError,
        visible::without_query,
    },
    transport::HttpTransport,
};

/// How long a bundle may take: tens of megabytes, over a slow line.
const LIMIT: Duration = Duration::from_secs(120);
const REDIRECTS: usize = 3;
/// The longest `ETag` that is sent back.
const LONGEST_ETAG: usize = 512;

/// Why a brand bundle was not fetched. What was there before is used on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrandsError {
    /// There was no complete answer, or it was larger than the limit.
    #[error("the brand bundle could not be fetched: {0}; see `BrandDirectory::body_limit` where it is too large")]
    Transport(#[from] TransportError),
    /// The publisher answered with an error.
    #[error("the publisher of the brand bundle answered with status {0}")]
    Status(u16),
    /// The bundle has moved to another origin, or on and on.
    #[error("the brand bundle has moved to {0}; configure that address if you trust it")]
    Moved(String),
    /// What came is no bundle that can be used.
    #[error(transparent)]
    Malformed(#[from] MalformedBrands),
    /// The bundle has fewer than half of the FHIR servers that the last one had.
    #[error(
        "the brand bundle has {now} FHIR servers, and the last one had {before}; ask whoever publishes it whether that is meant"
    )]
    #[non_exhaustive]
    Shrunk {
        /// How many the one has that is used on.
        before: usize,
        /// How many this one has.
        now: usize,
    },
    /// There was no thread to read the bundle on, or what reads it has failed.
    #[error(
        "the brand bundle was not read: there was no thread for it, or its reader has panicked; look for a panic in the output \
         of the process"
    )]
    NotRead,
    /// The application is shutting down.
    #[error("the application is shutting down; no brand bundle is fetched any more")]
    ShuttingDown,
}

pub(super) enum Fetched {
    New { brands: Box<Brands>, etag: Option<String> },
    NotModified,
}

/// Fetches a bundle, unless it is the one with this `ETag`.
pub(super) async fn fetch(
    transport: &dyn HttpTransport,
    address: &Url,
    etag: Option<String>,
    body_limit: usize,
    addresses: &Addresses,
    logos: BrandLogos,
) -> Result<Fetched, BrandsError> {
    let (began, mut url) = (Instant::now(), address.clone());
    for _ in 0..=REDIRECTS {
        let mut request = HttpRequest::get(url.clone(), LIMIT.saturating_sub(began.elapsed()));
        request.headers = vec![("Accept", "application/fhir+json, application/json;q=0.9".to_owned())];
        request.headers.extend(etag.clone().map(|etag| ("If-None-Match", etag)));
        request.connection = Connection::Fresh;
        request.addresses = addresses.clone();
        request.body_limit = Some(body_limit);
        let response = transport.send(request).await?;
        match response.status {
            200..=299 => {
                let etag = response.header("etag").map(str::trim).filter(|etag| is_sendable(etag));
                let etag = etag.map(str::to_owned);
                let body = response.body;
                let brands = apart(move || Brands::parse(&body, logos).map(Box::new)).await??;
                return Ok(Fetched::New { brands, etag });
            }
            304 if etag.is_some() => return Ok(Fetched::NotModified),
            301 | 302 | 303 | 307 | 308 => {
                let location = response.header("location");
                let next = location.and_then(|location| url.join(location).ok());
                let next = next.ok_or(BrandsError::Status(response.status))?;
                if next.origin() != address.origin() || !next.username().is_empty() || next.password().is_some() {
                    return Err(moved(next));
                }
                url = next;
            }
            status => return Err(BrandsError::Status(status)),
        }
    }
    Err(moved(url))
}

fn moved(mut to: Url) -> BrandsError {
    // These fail for addresses that cannot have such parts, and those have none to remove.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    BrandsError::Moved(without_query(&to))
}

fn is_sendable(etag: &str) -> bool {
    !etag.is_empty() && etag.len() <= LONGEST_ETAG && etag.bytes().all(|byte| (0x20..0x7F).contains(&byte))
}

/// Reads a bundle on a thread of its own: it takes a second or more, and others wait for the engine's.
async fn apart<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T, BrandsError> {
    let (done, result) = oneshot::channel();
    let reading = move || {
        // Nobody waits where the application has ended meanwhile.
        let _ = done.send(read());
    };
    let name = "smart-auth-brands".to_owned();
    let started = thread::Builder::new().name(name).spawn(reading);
    drop(started.map_err(|_| BrandsError::NotRead)?);
    result.await.map_err(|_| BrandsError::NotRead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_panics_is_not_taken_for_an_application_that_ends() {
        assert_eq!(apart(|| 7).await, Ok(7));
        let panicking = || -> usize { panic!("as the test wants it") };
        assert_eq!(apart(panicking).await, Err(BrandsError::NotRead));
    }
}
