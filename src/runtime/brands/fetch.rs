//! One fetch of a brand bundle.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use url::Url;

use crate::{
    protocol::{
        brands::{Brands, MalformedBrands},
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
    #[error("the brand bundle could not be fetched: {}", no_answer(*.0))]
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
    /// Half of the FHIR servers of the last bundle that was fetched, or more, are not in this one, whatever others it has.
    #[error(
        "of the {before} FHIR servers of the last brand bundle, {now} are still there; ask whoever publishes it whether that is meant"
    )]
    #[non_exhaustive]
    ServersGone {
        /// How many the one has that is used on.
        before: usize,
        /// How many of these this one has.
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

fn no_answer(error: TransportError) -> String {
    match error {
        TransportError::BodyTooLarge => {
            "it is larger than the limit; raise `BrandDirectory::body_limit` if its publisher is to be trusted"
                .to_owned()
        }
        other => other.to_string(),
    }
}

impl BrandsError {
    /// What is said where an EHR links the bundle: the application has no settings for that.
    pub(super) fn of_linked(&self) -> String {
        match self {
            Self::Transport(TransportError::BodyTooLarge) => {
                "the bundle that the EHR links is too large to be read; ask whoever runs the EHR to link one of its own FHIR \
                 server alone"
                    .to_owned()
            }
            Self::Moved(to) => format!(
                "the bundle that the EHR links has moved to {to}; ask whoever runs the EHR to name that address in its \
                 metadata (`user_access_brand_bundle`)"
            ),
            Self::Malformed(MalformedBrands::Json | MalformedBrands::NotABundle) => {
                "what the EHR links is no brand bundle; ask whoever runs the EHR to look at `user_access_brand_bundle` in its \
                 metadata"
                    .to_owned()
            }
            other => other.to_string(),
        }
    }
}

pub(super) enum Fetched {
    New { brands: Box<Brands>, etag: Option<String> },
    NotModified,
}

/// Fetches a bundle, unless it is the one with this `ETag`, and reads it.
pub(super) async fn fetch(
    transport: &dyn HttpTransport,
    address: &Url,
    etag: Option<String>,
    body_limit: usize,
    addresses: &Addresses,
    read: impl FnOnce(&[u8]) -> Result<Brands, MalformedBrands> + Send + 'static,
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
                let brands = apart(move || read(&body).map(Box::new)).await??;
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

    #[test]
    fn what_the_application_can_set_is_not_said_of_a_bundle_that_an_ehr_links() {
        for error in [
            BrandsError::Transport(TransportError::BodyTooLarge),
            BrandsError::Transport(TransportError::Timeout),
            BrandsError::Status(404),
            BrandsError::Moved("https://elsewhere.example/".to_owned()),
            BrandsError::Malformed(MalformedBrands::Json),
            BrandsError::Malformed(MalformedBrands::NotABundle),
            BrandsError::Malformed(MalformedBrands::Empty),
        ] {
            let told = error.of_linked();
            assert!(
                !told.contains("body_limit") && !told.contains("configure") && !told.contains("check that the address"),
                "{told}"
            );
        }
        let too_large = BrandsError::Transport(TransportError::BodyTooLarge).to_string();
        assert!(too_large.contains("`BrandDirectory::body_limit`"), "{too_large}");
    }

    #[tokio::test]
    async fn a_reader_that_panics_is_not_taken_for_an_application_that_ends() {
        assert_eq!(apart(|| 7).await, Ok(7));
        let panicking = || -> usize { panic!("as the test wants it") };
        assert_eq!(apart(panicking).await, Err(BrandsError::NotRead));
    }
}
