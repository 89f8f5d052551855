//! One fetch of one document: redirects within one origin, then reading.

use std::time::{Duration, Instant};

use url::Url;

use super::{
    document::{Document, DocumentRequest},
    document_kind::DocumentKind,
    error::{DiscoveryError, RedirectProblem},
};
use crate::{
    protocol::{
        http::{Connection, HttpRequest, HttpResponse},
        transport_error::TransportError,
        urls::is_loopback,
    },
    transport::HttpTransport,
};

/// How many redirects are followed.
const REDIRECTS: usize = 3;

/// A document and how long its server wants it kept.
pub(super) struct Fetched<D> {
    pub(super) document: D,
    /// `None` when the server does not say.
    pub(super) max_age: Option<Duration>,
    /// What time it is there, as its server says.
    pub(super) date: Option<String>,
}

/// A document as it is at this moment, past every cache.
pub(crate) struct Current<D> {
    pub(crate) document: D,
    /// What time it is there, as its server says (`Date`).
    pub(crate) date: Option<String>,
}

/// Fetches a document that nobody needs for a launch: for a look at how things stand. Nothing is kept.
///
/// # Errors
///
/// A [`DiscoveryError`].
pub(crate) async fn fetch_current<D: Document>(
    transport: &dyn HttpTransport,
    wanted: &DocumentRequest<D>,
    limit: Duration,
) -> Result<Current<D>, DiscoveryError> {
    let Fetched { document, date, .. } = fetch(transport, wanted, limit, Broken::AskOnceMore).await?;
    Ok(Current { document, date })
}

/// What to do when a connection breaks before the answer is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// Ask once more: there is nothing else to go on with, and reading twice does no harm.
    AskOnceMore,
    /// Give up.
    GiveUp,
}

/// Fetches a document within `limit`, redirects included. Each hop is a request of its own, so what may be reached is
/// looked at on each.
pub(super) async fn fetch<D: Document>(
    transport: &dyn HttpTransport,
    wanted: &DocumentRequest<D>,
    limit: Duration,
    mut broken: Broken,
) -> Result<Fetched<D>, DiscoveryError> {
    let started = Instant::now();
    let mut url = wanted.url().clone();
    let mut followed = 0;
    loop {
        let mut request = HttpRequest::get(url.clone(), limit.saturating_sub(started.elapsed()));
        // Rare enough that a connection from the pool would have been closed by the server more often than not.
        request.connection = Connection::Fresh;
        // Redirects stay within the origin, so that these go to nobody else.
        request.headers.extend(wanted.headers().iter().cloned());
        request.addresses = wanted.addresses().clone();
        let response = match transport.send(request).await {
            Ok(response) => response,
            Err(TransportError::Disconnected) if broken == Broken::AskOnceMore && started.elapsed() < limit => {
                broken = Broken::GiveUp;
                continue;
            }
            Err(source) => {
                return Err(DiscoveryError::Transport {
                    endpoint: url.to_string(),
                    source,
                });
            }
        };
        match response.status {
            200..=299 => {
                return Ok(Fetched {
                    document: D::read(&response.body, &url, wanted.context())?,
                    max_age: max_age(&response),
                    date: response.header("date").map(str::to_owned),
                });
            }
            301 | 302 | 303 | 307 | 308 => {
                let target = redirect_target(D::KIND, &url, &response)?;
                if followed == REDIRECTS {
                    return Err(redirect_error(D::KIND, &url, RedirectProblem::TooMany, &target));
                }
                followed += 1;
                url = target;
            }
            status => {
                return Err(DiscoveryError::Status {
                    document: D::KIND,
                    endpoint: url.to_string(),
                    status,
                });
            }
        }
    }
}

/// Where a redirect leads, if it may be followed: the same origin, no plain http where there was none.
fn redirect_target(kind: DocumentKind, from: &Url, response: &HttpResponse) -> Result<Url, DiscoveryError> {
    let target = response
        .header("location")
        .and_then(|location| from.join(location).ok());
    let Some(mut target) = target.filter(|target| matches!(target.scheme(), "http" | "https")) else {
        return Err(redirect_error(kind, from, RedirectProblem::Unusable, from));
    };
    target.set_fragment(None);
    if target.scheme() == "http" && (from.scheme() == "https" || !is_loopback(&target)) {
        return Err(redirect_error(kind, from, RedirectProblem::Insecure, &target));
    }
    if target.origin() != from.origin() {
        return Err(redirect_error(kind, from, RedirectProblem::Elsewhere, &target));
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(redirect_error(kind, from, RedirectProblem::Unusable, &target));
    }
    Ok(target)
}

fn redirect_error(kind: DocumentKind, from: &Url, problem: RedirectProblem, target: &Url) -> DiscoveryError {
    DiscoveryError::Redirect {
        document: kind,
        endpoint: from.to_string(),
        problem,
        configure: to_configure(kind, target),
    }
}

/// What somebody would configure to be at `target` at once.
fn to_configure(kind: DocumentKind, target: &Url) -> String {
    let mut url = target.clone();
    // These fail for URLs that cannot have such parts, and those have none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if !is_loopback(&url) {
        let _ = url.set_scheme("https");
    }
    let Some(suffix) = kind.suffix() else {
        return url.to_string();
    };
    url.set_query(None);
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(suffix).unwrap_or(path).to_owned();
    url.set_path(&path);
    let text = url.to_string();
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
