//! One request about a registration, sent once, and its answer judged: [`Call`].

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::{
    error::{LARGEST_ANSWER, RefusalMeaning, RegistrationError, RegistrationOperation},
    refusal_log::tell_refusal,
};
use crate::{
    protocol::{
        body_kind::BodyKind,
        client_registration::{Answer, UnusableAnswer},
        echoed_secrets::SentSecrets,
        http::{Connection, HttpRequest, HttpResponse, Method},
        json_object::JsonObject,
        network_guard::Addresses,
        oauth_error::OAuthError,
        token_response::retry_after_at_most,
        visible::without_query,
    },
    runtime::Runtime,
    time::Timestamp,
};

/// How long a server may take to register a client, at least: some check things that take their time, and a request that is given up
/// leaves a client that nobody knows.
const REGISTERING: Duration = Duration::from_secs(60);

/// How long the answer is waited for.
pub(super) fn time_for(operation: RegistrationOperation, runtime: &Runtime) -> Duration {
    let usual = runtime.settings.http.request_timeout;
    match operation {
        RegistrationOperation::Register => usual.max(REGISTERING),
        RegistrationOperation::Read | RegistrationOperation::Update | RegistrationOperation::Delete => usual,
    }
}

/// What the log says instead of the path of a single registration: some servers have a secret in it.
const MANAGED: &str = "/(client registration)";

pub(super) struct Call {
    /// The FHIR base URL.
    pub(super) ehr: String,
    pub(super) operation: RegistrationOperation,
    pub(super) url: Url,
    /// Where it may go.
    pub(super) addresses: Addresses,
    /// Of the `Authorization` header.
    pub(super) bearer: Option<String>,
    pub(super) body: Option<Map<String, Value>>,
    /// What is in the body and must not come back in an explanation.
    pub(super) secrets: Vec<String>,
    /// The address, where that must not come back either.
    pub(super) secret_address: Option<String>,
}

/// The longest that a server is taken at its word that asks to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

impl Call {
    /// What must not come back in an explanation, nor in the metadata.
    pub(super) fn sent(&self) -> SentSecrets {
        SentSecrets::new(self.secrets.iter().chain(&self.bearer).cloned()).and_whole(self.secret_address.clone())
    }

    /// Sends it, on a fresh connection and without following redirects.
    pub(super) async fn send(self, runtime: &Runtime) -> Result<HttpResponse, RegistrationError> {
        let (operation, sent) = (self.operation, self.sent());
        let endpoint = match operation {
            RegistrationOperation::Register => without_query(&self.url),
            _ => format!("{}{MANAGED}", self.url.origin().ascii_serialization()),
        };
        let mut request = HttpRequest::get(self.url, time_for(operation, runtime));
        request.method = match operation {
            RegistrationOperation::Register => Method::Post,
            RegistrationOperation::Read => Method::Get,
            RegistrationOperation::Update => Method::Put,
            RegistrationOperation::Delete => Method::Delete,
        };
        request.connection = Connection::Fresh;
        request.body_limit = Some(LARGEST_ANSWER);
        request.addresses = self.addresses;
        request.headers = vec![("Accept", "application/json".to_owned())];
        if operation != RegistrationOperation::Register {
            request.logged_path = Some(MANAGED.to_owned());
        }
        if let Some(body) = self.body {
            request.headers.push(("Content-Type", "application/json".to_owned()));
            request.body = Some(Value::Object(body).to_string());
        }
        if let Some(token) = self.bearer {
            request.headers.push(("Authorization", format!("Bearer {token}")));
        }
        let response = runtime.transport().send(request).await;
        let response = response.map_err(|source| RegistrationError::Transport { operation, source })?;
        if let Err(error) = judge(operation, &response, &sent, runtime.wall_clock()) {
            tell_refusal(runtime, &self.ehr, (operation, &endpoint), &response, &sent);
            return Err(error);
        }
        Ok(response)
    }
}

/// By the OAuth error in it if there is one, then by the status.
fn judge(
    operation: RegistrationOperation,
    response: &HttpResponse,
    sent: &SentSecrets,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    let status = response.status;
    let retry_after = retry_after_at_most(LONGEST_WAIT, response, now);
    let answer = JsonObject::read(&response.body).ok();
    if let Some(refused) = answer.as_ref().and_then(OAuthError::read) {
        let OAuthError { code, description } = refused.without(sent, &response.body);
        return Err(RegistrationError::Refused {
            operation,
            status,
            meaning: RefusalMeaning::of(operation, status, Some(&code)),
            error: Some(code),
            description,
            retry_after,
        });
    }
    let body = BodyKind::of(response);
    match status {
        200..=299 if body != BodyKind::Html => Ok(()),
        401 | 403 | 405 => Err(RegistrationError::Refused {
            operation,
            status,
            meaning: RefusalMeaning::of(operation, status, None),
            error: None,
            description: None,
            retry_after,
        }),
        _ => Err(RegistrationError::UnexpectedStatus {
            operation,
            status,
            body,
            retry_after,
        }),
    }
}

/// What a server has registered, out of an answer that was judged.
pub(super) fn read(
    operation: RegistrationOperation,
    response: &HttpResponse,
    sent: &SentSecrets,
) -> Result<Answer, RegistrationError> {
    let status = response.status;
    let answer = Answer::read(response).map(|answer| answer.without(sent));
    answer.map_err(|unusable| match unusable {
        UnusableAnswer::NotAnObject(body) => RegistrationError::NotAnObject {
            operation,
            status,
            body,
        },
        UnusableAnswer::Member {
            member,
            mut received_fields,
        } => {
            received_fields.retain(|name| !sent.are_in(name));
            RegistrationError::Unusable {
                operation,
                status,
                member,
                received_fields,
            }
        }
    })
}
