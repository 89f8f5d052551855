//! Faults on demand: what a server does on a bad day.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    bulk,
    bulk_content::FileAnswer,
    http::{Incoming, Reply, find, override_fields, parse_pairs},
    installation::JWT_BEARER,
    record::Endpoint,
    written::{bytes, seconds, size, status},
};

/// Which requests a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultPoint {
    /// `.well-known/smart-configuration`.
    Metadata,
    /// `.well-known/openid-configuration`.
    #[serde(rename = "openid-configuration")]
    OpenIdConfiguration,
    /// The sandbox's own key set.
    Jwks,
    /// The authorization endpoint (not the pages that follow it).
    Authorize,
    /// Token requests with `grant_type=authorization_code`.
    Exchange,
    /// Token requests with `grant_type=refresh_token`, and those that renew what a client of one launch has.
    Refresh,
    /// Token requests with `grant_type=client_credentials`.
    Backend,
    /// Revocation requests.
    Revocation,
    /// Introspection requests.
    Introspection,
    /// Registrations of clients.
    Registration,
    /// Requests that read, change or delete a registration.
    RegistrationManagement,
    /// FHIR requests.
    Fhir,
    /// Requests that begin an export.
    Export,
    /// Requests about the status of an export.
    ExportStatus,
    /// Files of an export.
    ExportFile,
}

impl FaultPoint {
    pub(super) fn of(endpoint: Endpoint, incoming: &Incoming) -> Option<Self> {
        // A browser's question before the request: no test counts those.
        if incoming.method == "OPTIONS" {
            return None;
        }
        Some(match endpoint {
            Endpoint::Metadata => Self::Metadata,
            Endpoint::OpenIdConfiguration => Self::OpenIdConfiguration,
            Endpoint::Jwks => Self::Jwks,
            Endpoint::Authorize => Self::Authorize,
            Endpoint::Token => match find(&parse_pairs(&incoming.body), "grant_type") {
                Some("authorization_code") => Self::Exchange,
                Some("refresh_token" | JWT_BEARER) => Self::Refresh,
                Some("client_credentials") => Self::Backend,
                _ => return None,
            },
            Endpoint::Revocation => Self::Revocation,
            Endpoint::Introspection => Self::Introspection,
            Endpoint::Registration if incoming.path == "/register" => Self::Registration,
            Endpoint::Registration => Self::RegistrationManagement,
            Endpoint::Fhir if bulk::is_kick_off(&incoming.path) => Self::Export,
            Endpoint::Fhir => Self::Fhir,
            Endpoint::ExportStatus => Self::ExportStatus,
            Endpoint::ExportFile => Self::ExportFile,
            Endpoint::OAuthMetadata | Endpoint::Page | Endpoint::Unknown => return None,
        })
    }
}

/// Whether the server does its work before it fails.
///
/// The difference matters: after [`When::After`] a code is used up and a refresh token is rotated, although the client
/// never got the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The request is not processed at all.
    Before,
    /// The request is processed; then the fault takes the place of the answer.
    After,
}

/// How many requests a fault hits before it is gone. Written as `once`, `always` or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenTimes", into = "WrittenTimes")]
pub enum Times {
    /// The next request only.
    Once,
    /// The next so many requests.
    N(u32),
    /// All requests until [`clear_faults`](super::SandboxServer::clear_faults).
    Always,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "give `once`, `always` or a number")]
enum WrittenTimes {
    Number(u32),
    Word(TimesWord),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TimesWord {
    Once,
    Always,
}

/// A fault that no request would meet.
#[derive(Debug, thiserror::Error)]
#[error("0 requests would meet no fault; give 1 or more, `once` or `always`")]
struct NoTimes;

impl TryFrom<WrittenTimes> for Times {
    type Error = NoTimes;

    fn try_from(written: WrittenTimes) -> Result<Self, NoTimes> {
        match written {
            WrittenTimes::Number(0) => Err(NoTimes),
            WrittenTimes::Number(count) => Ok(Self::N(count)),
            WrittenTimes::Word(TimesWord::Once) => Ok(Self::Once),
            WrittenTimes::Word(TimesWord::Always) => Ok(Self::Always),
        }
    }
}

impl From<Times> for WrittenTimes {
    fn from(times: Times) -> Self {
        match times {
            Times::N(count) => Self::Number(count),
            Times::Once => Self::Word(TimesWord::Once),
            Times::Always => Self::Word(TimesWord::Always),
        }
    }
}

/// What goes wrong.
///
/// [`Delay`](Self::Delay), [`WrongContentType`](Self::WrongContentType), [`OmitFields`](Self::OmitFields) and
/// [`SetFields`](Self::SetFields) change a real answer: the request is processed with [`When::Before`] too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Waits (before or after processing, see [`When`]), then answers normally.
    Delay(#[serde(with = "seconds")] Duration),
    /// Waits, then closes the connection in an orderly way without having sent anything.
    Hang(#[serde(with = "seconds")] Duration),
    /// Resets the TCP connection without having sent anything.
    Reset,
    /// This status with an empty body.
    Status(#[serde(with = "status")] u16),
    /// 503, with a `Retry-After` header if one is given (seconds or an HTTP date: it is sent as it is).
    Unavailable {
        /// The value of `Retry-After`.
        retry_after: Option<String>,
    },
    /// 429, with a `Retry-After` header if one is given.
    TooManyRequests {
        /// The value of `Retry-After`.
        retry_after: Option<String>,
    },
    /// An OAuth error in JSON (RFC 6749 section 5.2).
    #[serde(rename = "oauth-error")]
    OAuthError {
        /// The HTTP status.
        #[serde(with = "status")]
        status: u16,
        /// The member `error`.
        error: String,
        /// The member `error_description`.
        description: Option<String>,
    },
    /// 400 `invalid_grant`.
    InvalidGrant,
    /// 401 `invalid_client`.
    InvalidClient,
    /// An HTML page with this status, as proxies and gateways send.
    HtmlBody {
        /// The HTTP status.
        #[serde(with = "status")]
        status: u16,
    },
    /// 200 with a JSON object of about that many bytes. Files and JSON may ask for 64 MiB.
    HugeBody(#[serde(with = "size")] usize),
    /// `Content-Length` promises more than is sent; then the connection closes. With [`When::After`] it is the real
    /// answer of which one half comes.
    Truncated,
    /// A redirect.
    Redirect {
        /// The HTTP status, such as 307.
        #[serde(with = "status")]
        status: u16,
        /// The value of `Location`.
        location: String,
    },
    /// The real answer without these members of its JSON object.
    OmitFields(Vec<String>),
    /// The real answer with these members of its JSON object set; `null` removes one.
    SetFields(Map<String, Value>),
    /// 200 `application/json` without a body.
    EmptyBody,
    /// The real answer, called `text/plain`.
    WrongContentType,
    /// A FHIR `OperationOutcome` with this status.
    OperationOutcome {
        /// The HTTP status.
        #[serde(with = "status")]
        status: u16,
    },
    /// Any other answer.
    Raw {
        /// The HTTP status.
        #[serde(with = "status")]
        status: u16,
        /// The value of `Content-Type`.
        content_type: String,
        /// The body.
        #[serde(with = "bytes")]
        body: Vec<u8>,
    },
}

/// How an answer leaves the server.
#[derive(Debug)]
pub(super) enum Delivery {
    Whole(Reply),
    Truncated(Reply),
    File(Box<FileAnswer>),
    Close,
    Reset,
}

impl Delivery {
    /// Changes an answer of which at least the head is sent.
    pub(super) fn map_reply(self, change: impl FnOnce(Reply) -> Reply) -> Self {
        match self {
            Self::Whole(reply) => Self::Whole(change(reply)),
            Self::Truncated(reply) => Self::Truncated(change(reply)),
            other => other,
        }
    }
}

impl Fault {
    /// Whether the fault needs a real answer to work on.
    pub(super) const fn edits_the_answer(&self) -> bool {
        matches!(
            self,
            Self::Delay(_) | Self::WrongContentType | Self::OmitFields(_) | Self::SetFields(_)
        )
    }

    /// What is sent. `real` is the server's own answer if the request was processed.
    pub(super) fn deliver(self, real: Option<Reply>) -> Delivery {
        let real = real.unwrap_or_else(|| Reply::json(200, &json!({"sandbox": "this request was not processed"})));
        Delivery::Whole(match self {
            Self::Delay(_) => real,
            Self::Hang(_) => return Delivery::Close,
            Self::Reset => return Delivery::Reset,
            Self::Truncated => return Delivery::Truncated(real),
            Self::Status(status) => Reply::empty(status),
            Self::Unavailable { retry_after } => retry_later(503, retry_after),
            Self::TooManyRequests { retry_after } => retry_later(429, retry_after),
            Self::OAuthError {
                status,
                error,
                description,
            } => Reply::oauth_error(status, &error, description.as_deref()),
            Self::InvalidGrant => Reply::oauth_error(400, "invalid_grant", None),
            Self::InvalidClient => Reply::oauth_error(401, "invalid_client", None),
            Self::HtmlBody { status } => Reply::new(
                status,
                "text/html; charset=utf-8",
                "<!doctype html><title>Gateway</title><h1>Something between you and the server answered</h1>",
            ),
            Self::HugeBody(size) => {
                let mut body = br#"{"padding":""#.to_vec();
                body.resize(size.max(body.len()), b'x');
                body.extend_from_slice(br#""}"#);
                Reply::new(200, "application/json", body)
            }
            Self::Redirect { status, location } => Reply::empty(status).with_header("location", &location),
            Self::OmitFields(names) => edit(real, |object| {
                for name in &names {
                    object.remove(name);
                }
            }),
            Self::SetFields(fields) => edit(real, |object| override_fields(object, &fields)),
            Self::EmptyBody => Reply::new(200, "application/json", ""),
            Self::WrongContentType => {
                let mut reply = real;
                reply.headers.retain(|(name, _)| name != "content-type");
                reply.with_header("content-type", "text/plain; charset=utf-8")
            }
            Self::OperationOutcome { status } => {
                Reply::operation_outcome(status, "exception", "The sandbox was told to fail here.")
            }
            Self::Raw {
                status,
                content_type,
                body,
            } => Reply::new(status, &content_type, body),
        })
    }
}

fn retry_later(status: u16, retry_after: Option<String>) -> Reply {
    match retry_after {
        Some(value) => Reply::empty(status).with_header("retry-after", &value),
        None => Reply::empty(status),
    }
}

fn edit(mut reply: Reply, change: impl FnOnce(&mut Map<String, Value>)) -> Reply {
    if let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(&reply.body) {
        change(&mut object);
        reply.body = Value::Object(object).to_string().into_bytes();
    }
    reply
}

/// The faults that are waiting for their request, in the order in which they were injected.
#[derive(Debug, Clone, Default)]
pub(super) struct FaultQueue(VecDeque<SandboxFault>);

/// A fault and the requests that it is for: what [`inject`](super::SandboxServer::inject) takes, as files and JSON say it.
///
/// `{"on": "refresh", "when": "after", "fault": "reset", "times": 2}`. `when` is `before` and `times` is `once` unless it is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a fault with the keys on and fault"
)]
pub struct SandboxFault {
    pub(super) on: FaultPoint,
    #[serde(default = "before")]
    pub(super) when: When,
    pub(super) fault: Fault,
    #[serde(default = "once")]
    pub(super) times: Times,
}

const fn before() -> When {
    When::Before
}

const fn once() -> Times {
    Times::Once
}

impl SandboxFault {
    /// See [`inject`](super::SandboxServer::inject).
    #[must_use]
    pub const fn new(on: FaultPoint, when: When, fault: Fault, times: Times) -> Self {
        Self { on, when, fault, times }
    }
}

impl FaultQueue {
    pub(super) fn push(&mut self, fault: SandboxFault) {
        if fault.times != Times::N(0) {
            self.0.push_back(fault);
        }
    }

    /// Those that are waiting, in the order in which they came.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &SandboxFault> {
        self.0.iter()
    }

    /// The first waiting fault for `point`; it is used up by one request.
    pub(super) fn take(&mut self, point: FaultPoint) -> Option<(When, Fault)> {
        let position = self.0.iter().position(|rule| rule.on == point)?;
        let rule = self.0.get_mut(position)?;
        let taken = (rule.when, rule.fault.clone());
        match rule.times {
            Times::Always => {}
            Times::N(left) if left > 1 => rule.times = Times::N(left - 1),
            Times::N(_) | Times::Once => {
                self.0.remove(position);
            }
        }
        Some(taken)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
