//! One fetch of one document: redirects within one origin, then [`ServerMetadata`].

use std::time::{Duration, Instant};

use url::Url;

use super::{DiscoveryError, RedirectProblem};
use crate::{
    protocol::{
        http::{Connection, HttpRequest, HttpResponse},
        metadata::ServerMetadata,
        urls::{FhirBaseUrl, is_loopback},
    },
    transport::HttpTransport,
};

/// How many redirects are followed.
const REDIRECTS: usize = 3;

const SUFFIX: &str = "/.well-known/smart-configuration";

/// A document and how long its server wants it kept.
pub(super) struct Fetched {
    pub(super) metadata: ServerMetadata,
    /// `None` when the server does not say.
    pub(super) max_age: Option<Duration>,
}

/// Fetches the metadata of `base` within `limit`, redirects included.
pub(super) async fn fetch(
    transport: &dyn HttpTransport,
    base: &FhirBaseUrl,
    limit: Duration,
) -> Result<Fetched, DiscoveryError> {
    let started = Instant::now();
    let mut url = base.metadata_url();
    let mut followed = 0;
    loop {
        let mut request = HttpRequest::get(url.clone(), limit.saturating_sub(started.elapsed()));
        // Rare enough that a connection from the pool would have been closed by the server more often than not.
        request.connection = Connection::Fresh;
        let response = transport
            .send(request)
            .await
            .map_err(|source| DiscoveryError::Transport {
                endpoint: url.to_string(),
                source,
            })?;
        match response.status {
            200..=299 => return read(&url, base, &response),
            301 | 302 | 303 | 307 | 308 => {
                let target = redirect_target(&url, &response)?;
                if followed == REDIRECTS {
                    return Err(redirect_error(&url, RedirectProblem::TooMany, &target));
                }
                followed += 1;
                url = target;
            }
            status => {
                return Err(DiscoveryError::Status {
                    endpoint: url.to_string(),
                    status,
                });
            }
        }
    }
}

fn read(url: &Url, base: &FhirBaseUrl, response: &HttpResponse) -> Result<Fetched, DiscoveryError> {
    let metadata = ServerMetadata::parse(&response.body, base).map_err(|source| DiscoveryError::Document {
        endpoint: url.to_string(),
        source,
    })?;
    let violations: Vec<_> = metadata.validate().iter().map(ToString::to_string).collect();
    if !violations.is_empty() {
        tracing::info!(
            endpoint = url.as_str(),
            violations = violations.join("; "),
            "the server metadata does not follow SMART App Launch 2.2 in everything; going on with it"
        );
    }
    Ok(Fetched {
        metadata,
        max_age: max_age(response),
    })
}

/// Where a redirect leads, if it may be followed: the same origin, no plain http where there was none.
fn redirect_target(from: &Url, response: &HttpResponse) -> Result<Url, DiscoveryError> {
    let target = response
        .header("location")
        .and_then(|location| from.join(location).ok());
    let Some(mut target) = target.filter(|target| matches!(target.scheme(), "http" | "https")) else {
        return Err(redirect_error(from, RedirectProblem::Unusable, from));
    };
    target.set_fragment(None);
    if target.scheme() == "http" && (from.scheme() == "https" || !is_loopback(&target)) {
        return Err(redirect_error(from, RedirectProblem::Insecure, &target));
    }
    if target.origin() != from.origin() {
        return Err(redirect_error(from, RedirectProblem::Elsewhere, &target));
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(redirect_error(from, RedirectProblem::Unusable, &target));
    }
    Ok(target)
}

fn redirect_error(from: &Url, problem: RedirectProblem, target: &Url) -> DiscoveryError {
    DiscoveryError::Redirect {
        endpoint: from.to_string(),
        problem,
        configure: base_of(target),
    }
}

/// The FHIR base URL that somebody would configure to be at `target` at once.
fn base_of(target: &Url) -> String {
    let mut base = target.clone();
    // These fail for URLs that cannot have such parts, and those have none to remove.
    let _ = base.set_username("");
    let _ = base.set_password(None);
    base.set_query(None);
    base.set_fragment(None);
    if !is_loopback(&base) {
        let _ = base.set_scheme("https");
    }
    let path = base.path().trim_end_matches('/');
    let path = path.strip_suffix(SUFFIX).unwrap_or(path).to_owned();
    base.set_path(&path);
    let text = base.to_string();
    text.strip_suffix('/').unwrap_or(&text).to_owned()
}

/// What `Cache-Control` and `Age` leave of the document's life (RFC 9111, section 4.2). What forbids keeping it, or
/// cannot be read, is zero.
fn max_age(response: &HttpResponse) -> Option<Duration> {
    let directives = response
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"))
        .flat_map(|(_, value)| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase());
    let mut shortest: Option<u64> = None;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((&directive, ""));
        let seconds = match name.trim() {
            "no-store" | "no-cache" => 0,
            "max-age" => value.trim().trim_matches('"').parse().unwrap_or(0),
            _ => continue,
        };
        shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
    }
    let age = response
        .header("age")
        .and_then(|age| age.trim().parse::<u64>().ok())
        .unwrap_or(0);
    shortest.map(|seconds| Duration::from_secs(seconds.saturating_sub(age)))
}
