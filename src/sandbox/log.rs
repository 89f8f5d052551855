//! A line about each request, without secrets: [`RequestLine`].

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    faults::Delivery,
    http::{Incoming, Pairs, find},
    record::Endpoint,
};
use crate::time::{Civil, Timestamp};

/// What a log may say of a request and its answer: no token, no code, no assertion, no secret, and no value of a search.
///
/// As JSON it is one object. What there is not is not in it; `status` is always there, and `null` where the connection was cut.
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
    /// The path.
    pub path: String,
    /// The names of the parameters of query and form, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// The `grant_type` of a token request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The client that the request names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What was answered. `None`: the connection was cut, as a fault wanted it.
    pub status: Option<u16>,
    /// The OAuth error in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the sandbox said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// Which TCP connection brought it, counted from 0.
    pub connection: u64,
}

impl RequestLine {
    pub(super) fn new(at: Timestamp, endpoint: Endpoint, incoming: &Incoming, delivery: &Delivery) -> Self {
        let mut pairs = incoming.query();
        pairs.extend(incoming.form().unwrap_or_default());
        let (status, refusal) = match delivery {
            Delivery::Whole(reply) | Delivery::Truncated(reply) => {
                (Some(reply.status), refusal(reply.status, &reply.headers, &reply.body))
            }
            Delivery::File(file) => (Some(file.status), None),
            Delivery::Close | Delivery::Reset => (None, None),
        };
        let (error, error_description) = refusal.unwrap_or_default();
        let names_one_of_ours = matches!(endpoint, Endpoint::Token).then(|| find(&pairs, "grant_type"));
        Self {
            at: Civil::of(at).to_string(),
            endpoint,
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            grant_type: names_one_of_ours.flatten().map(str::to_owned),
            client_id: client_id(incoming, &pairs),
            parameters: pairs.into_iter().map(|(name, _)| name).collect(),
            status,
            error,
            error_description,
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
