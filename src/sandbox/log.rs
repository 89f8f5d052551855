//! A line about each request, without secrets: [`RequestLine`].

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Map, Value};

use self::secrets::Secrets;
use super::{
    faults::Delivery,
    http::{Incoming, Pairs, find},
    record::Endpoint,
    request_body::NoBody,
};
use crate::time::{Civil, Timestamp};

pub(super) mod secrets;

/// So many names of parameters are told.
const MOST_NAMES: usize = 100;

/// What a log may say of a request and its answer: no token, no code, no assertion, no secret, and no value of a search.
///
/// Where a client has put one of these into a path, a name or a client id, [`REDACTED`] stands in its place: the values of OAuth
/// (`code=…`), JSON Web Tokens, what looks like a value that a sandbox issues, and secrets of clients of 8 characters or more. Texts have at
/// most 500 characters, and names at most 100.
///
/// As JSON it is one object. What there is not is not in it; `status` is always there, and `null` where the connection was cut.
///
/// [`REDACTED`]: Self::REDACTED
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RequestLine {
    /// When it was answered, by the sandbox's clock, in UTC.
    pub at: String,
    /// What it was for.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: String,
    /// The path. As it came, or percent-decoded where something in it was redacted.
    pub path: String,
    /// The names of the parameters of query and form, in their order: the first 100. What is no name is redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// The `grant_type` of a token request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The client that the request names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What was answered. `None`: the connection was cut, as a fault wanted it, reset by the client, or ended with the sandbox. A client that
    /// closes its connection without a reset is answered all the same, and the line has that.
    pub status: Option<u16>,
    /// The OAuth error in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the sandbox said about it, also where it did not take the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// Which TCP connection brought it, counted from 0.
    pub connection: u64,
}

impl RequestLine {
    /// What stands in the place of a secret.
    pub const REDACTED: &'static str = "[redacted]";

    pub(super) fn new(
        at: Timestamp,
        endpoint: Endpoint,
        incoming: &Incoming,
        delivery: &Delivery,
        secrets: &Secrets,
    ) -> Self {
        let (status, refusal) = match delivery {
            Delivery::Whole(reply) | Delivery::Truncated(reply) => {
                (Some(reply.status), refusal(reply.status, &reply.headers, &reply.body))
            }
            Delivery::File(file) => (Some(file.status), None),
            Delivery::Close | Delivery::Reset => (None, None),
        };
        let (error, error_description) = refusal.unwrap_or_default();
        let mut line = Self::of(at, endpoint, incoming, secrets);
        line.status = status;
        line.error = error.map(|error| secrets.redacted(&error));
        line.error_description = error_description.map(|text| secrets.redacted(&text));
        line
    }

    /// Of a request whose body was not taken.
    pub(super) fn unread(
        at: Timestamp,
        endpoint: Endpoint,
        incoming: &Incoming,
        why: NoBody,
        secrets: &Secrets,
    ) -> Self {
        let mut line = Self::of(at, endpoint, incoming, secrets);
        line.status = Some(why.status());
        line.error_description = Some(why.to_string());
        line
    }

    fn of(at: Timestamp, endpoint: Endpoint, incoming: &Incoming, secrets: &Secrets) -> Self {
        let mut pairs = incoming.query();
        pairs.extend(incoming.form().unwrap_or_default());
        let grant_type = matches!(endpoint, Endpoint::Token).then(|| find(&pairs, "grant_type"));
        Self {
            at: Civil::of(at).to_string(),
            endpoint,
            method: secrets.redacted(&incoming.method),
            path: secrets.redacted(&incoming.path),
            grant_type: grant_type.flatten().map(|grant| secrets.name(grant)),
            client_id: client_id(incoming, &pairs).map(|id| secrets.redacted(&id)),
            parameters: pairs
                .iter()
                .take(MOST_NAMES)
                .map(|(name, _)| secrets.name(name))
                .collect(),
            status: None,
            error: None,
            error_description: None,
            connection: incoming.connection,
        }
    }
}

/// `client_id`, or the user of HTTP Basic.
fn client_id(incoming: &Incoming, pairs: &Pairs) -> Option<String> {
    let of_basic = || {
        let (_, credentials) = incoming.header("authorization")?.split_once("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
        Some(decoded.split_once(':')?.0.to_owned())
    };
    find(pairs, "client_id").map(str::to_owned).or_else(of_basic)
}

/// Error and description, from JSON or from the redirect to the application.
fn refusal(status: u16, headers: &Pairs, body: &[u8]) -> Option<(Option<String>, Option<String>)> {
    let members = match find(headers, "location").and_then(|location| url::Url::parse(location).ok()) {
        Some(url) => url
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect(),
        None if status < 400 => return None,
        None => serde_json::from_slice::<Map<String, Value>>(body).ok()?,
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("error"), text("error_description")))
}

type Sink = Arc<dyn Fn(&RequestLine) + Send + Sync>;

/// Where the lines go, if anywhere.
#[derive(Clone, Default)]
pub(super) struct RequestLog(Option<Sink>);

impl RequestLog {
    pub(super) fn to(sink: impl Fn(&RequestLine) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(sink)))
    }

    pub(super) fn write(&self, line: impl FnOnce() -> RequestLine) {
        if let Self(Some(sink)) = self {
            sink(&line());
        }
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(sink) = self;
        f.debug_tuple("RequestLog").field(&sink.is_some()).finish()
    }
}
