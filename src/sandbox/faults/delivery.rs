//! What a request meets in the place of its answer: [`Delivery`].

use serde_json::{Map, Value, json};

use super::Fault;
use crate::sandbox::{
    bulk_content::FileAnswer,
    http::{Reply, override_fields},
};

/// How an answer leaves the server.
#[derive(Debug)]
pub(in crate::sandbox) enum Delivery {
    Whole(Reply),
    Truncated(Reply),
    File(Box<FileAnswer>),
    Close,
    Reset,
}

impl Delivery {
    /// Changes an answer of which at least the head is sent.
    pub(in crate::sandbox) fn map_reply(self, change: impl FnOnce(Reply) -> Reply) -> Self {
        match self {
            Self::Whole(reply) => Self::Whole(change(reply)),
            Self::Truncated(reply) => Self::Truncated(change(reply)),
            other => other,
        }
    }
}

impl Fault {
    /// Whether the fault needs a real answer to work on.
    pub(in crate::sandbox) const fn edits_the_answer(&self) -> bool {
        matches!(
            self,
            Self::Delay(_) | Self::WrongContentType | Self::OmitFields(_) | Self::SetFields(_)
        )
    }

    /// What is sent. `real` is the server's own answer if the request was processed.
    pub(in crate::sandbox) fn deliver(self, real: Option<Reply>) -> Delivery {
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
