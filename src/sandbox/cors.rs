//! What browsers of other origins may ask, and read of the answers (CORS; SMART App Launch 2.2, App Registration).
//!
//! What a server says about itself is for everybody. Tokens and data are for the origins of registered applications.

use url::{Origin, Url};

use super::{
    client::SandboxClient,
    http::{Incoming, Reply},
    record::Endpoint,
    state::{Shared, State},
};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS: &str = "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, Cache-Control";
const RESPONSE_HEADERS: &str =
    "ETag, Last-Modified, Location, Content-Location, WWW-Authenticate, Retry-After, X-Progress, Expires";

/// To whom an endpoint answers across origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Everybody,
    RegisteredApplications,
    /// A person goes there, or a server.
    Nobody,
}

impl Readers {
    const fn of(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Metadata | Endpoint::OpenIdConfiguration | Endpoint::OAuthMetadata | Endpoint::Jwks => {
                Self::Everybody
            }
            Endpoint::Token | Endpoint::Revocation | Endpoint::Introspection | Endpoint::Fhir => {
                Self::RegisteredApplications
            }
            _ => Self::Nobody,
        }
    }
}

/// The answer to a browser that asks before it sends the request itself. `None`: the request is another one.
pub(super) fn preflight(shared: &Shared, endpoint: Endpoint, incoming: &Incoming) -> Option<Reply> {
    if incoming.method != "OPTIONS" || incoming.header("access-control-request-method").is_none() {
        return None;
    }
    let allowed = allowed_origin(shared, endpoint, incoming)?;
    let refused = |why: &str| Reply::new(403, "text/plain; charset=utf-8", format!("{why}\n"));
    Some(match allowed {
        Ok(_) => Reply::empty(204)
            .with_header("access-control-allow-methods", METHODS)
            .with_header("access-control-allow-headers", &request_headers(shared))
            .with_header("access-control-max-age", "600"),
        Err(why) => refused(&why),
    })
}

fn request_headers(shared: &Shared) -> String {
    match shared.state().settings.client_header() {
        Some(header) => format!("{REQUEST_HEADERS}, {header}"),
        None => REQUEST_HEADERS.to_owned(),
    }
}

/// Says in an answer who may read it.
pub(super) fn marked(shared: &Shared, endpoint: Endpoint, incoming: &Incoming, reply: Reply) -> Reply {
    match allowed_origin(shared, endpoint, incoming) {
        None => reply,
        Some(Err(why)) => {
            tracing::info!(
                path = incoming.path,
                "sandbox: a browser may not read the answer: {why}"
            );
            reply.with_header("vary", "Origin")
        }
        Some(Ok(origin)) => {
            let reply = match origin.as_str() {
                "*" => reply,
                _ => reply.with_header("vary", "Origin"),
            };
            reply
                .with_header("access-control-allow-origin", &origin)
                .with_header("access-control-expose-headers", RESPONSE_HEADERS)
        }
    }
}

/// Which origin may read the answer, or why the asking one may not. `None` where no origin asks, or none ever may.
fn allowed_origin(shared: &Shared, endpoint: Endpoint, incoming: &Incoming) -> Option<Result<String, String>> {
    let asking = incoming.header("origin")?;
    let is_description = endpoint == Endpoint::Fhir && incoming.path.trim_end_matches('/') == "/fhir/metadata";
    match Readers::of(endpoint) {
        Readers::Everybody => Some(Ok("*".to_owned())),
        _ if is_description => Some(Ok("*".to_owned())),
        Readers::Nobody => None,
        Readers::RegisteredApplications if is_registered(&shared.state(), asking) => Some(Ok(asking.to_owned())),
        Readers::RegisteredApplications => Some(Err(format!(
            "{asking} is not the origin of a redirect URI or launch URL that is registered here."
        ))),
    }
}

fn is_registered(state: &State, asking: &str) -> bool {
    let redirect_uris = state.clients.values().flat_map(SandboxClient::redirect_uris);
    let launch_urls = state.launch_urls.iter().map(|(_, url)| url.as_str());
    let origins = redirect_uris.chain(launch_urls).filter_map(origin_of);
    origins.into_iter().any(|origin| origin == asking)
}

fn origin_of(url: &str) -> Option<String> {
    match Url::parse(url).ok()?.origin() {
        // Pages without an origin all say `null`: nobody could tell them apart.
        Origin::Opaque(_) => None,
        origin => Some(origin.ascii_serialization()),
    }
}
