//! Faults on demand: what a server does on a bad day.

mod delivery;
mod point;
mod queue;
mod times;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) use self::{delivery::Delivery, queue::FaultQueue};
pub use self::{point::FaultPoint, times::Times};
use super::{
    header_value::{self, HeaderMistake},
    written::{bytes, seconds, size, status},
};

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
        #[serde(default, deserialize_with = "header_value::retry_after")]
        retry_after: Option<String>,
    },
    /// 429, with a `Retry-After` header if one is given.
    TooManyRequests {
        /// The value of `Retry-After`.
        #[serde(default, deserialize_with = "header_value::retry_after")]
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
        #[serde(deserialize_with = "header_value::location")]
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
        #[serde(deserialize_with = "header_value::content_type")]
        content_type: String,
        /// The body.
        #[serde(with = "bytes")]
        body: Vec<u8>,
    },
}

impl Fault {
    /// Finds what HTTP cannot send. Files and JSON are looked at when they are read.
    ///
    /// ```
    /// use actix_smart_auth::sandbox::Fault;
    ///
    /// let two_lines = Fault::Redirect { status: 307, location: "/a\r\nset-cookie: b=c".to_owned() };
    /// assert_eq!(two_lines.check().unwrap_err().field, "location");
    /// ```
    ///
    /// # Errors
    ///
    /// When the value of a header has a character that no header can have.
    pub fn check(&self) -> Result<(), HeaderMistake> {
        match self {
            Self::Unavailable {
                retry_after: Some(value),
            }
            | Self::TooManyRequests {
                retry_after: Some(value),
            } => header_value::check("retry_after", value),
            Self::Redirect { location, .. } => header_value::check("location", location),
            Self::Raw { content_type, .. } => header_value::check("content_type", content_type),
            _ => Ok(()),
        }
    }
}

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
