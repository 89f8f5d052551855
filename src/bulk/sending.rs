//! One request of an export, with a token or without: [`ask`].

use url::Url;

use super::client::BulkClient;
use crate::{
    backend::BackendToken,
    fhir::FhirError,
    protocol::{
        fhir::refused_token::refuses_token,
        http::{Connection, HttpRequest, HttpResponse, Method},
        transport_error::TransportError,
    },
    transport::StreamedResponse,
};

/// Of an answer that refuses, or says no more than that it is well.
pub(super) const REFUSAL_LIMIT: usize = 1024 * 1024;

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    /// A checked one.
    pub(super) url: &'a Url,
    pub(super) accept: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) token: Token,
}

/// Whether a token goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Sent,
    NotSent,
}

/// Asks, and once more with another token when the server refuses the one that it got (401).
pub(super) async fn ask(bulk: &BulkClient, asked: &Asked<'_>) -> Result<StreamedResponse, FhirError> {
    let client = &bulk.client;
    let mut token = match asked.token {
        Token::Sent => Some(client.token().await?),
        Token::NotSent => None,
    };
    let ehr = client.registration().await?;
    let mut has_other = false;
    loop {
        let mut request = written(bulk, asked, token.as_ref());
        request.addresses = ehr.addresses().clone();
        let response = client.runtime().transport().stream(request).await?;
        if let Some(refused) = &token
            && !has_other
            && refuses_token(response.status, &response.headers)
        {
            has_other = true;
            if let Some(other) = client.other_than(refused).await? {
                token = Some(other);
                continue;
            }
        }
        return Ok(response);
    }
}

/// The whole of an answer. Of one that is no file and no manifest the status is enough: what is behind the limit would only explain it.
pub(super) async fn read(response: StreamedResponse, limit: usize) -> Result<HttpResponse, TransportError> {
    let (status, headers) = (response.status, response.headers.clone());
    match response.read(limit).await {
        Err(TransportError::BodyTooLarge) if status != 200 => Ok(HttpResponse::new(status, headers, Vec::new())),
        read => read,
    }
}

fn written(bulk: &BulkClient, asked: &Asked<'_>, token: Option<&BackendToken>) -> HttpRequest {
    let mut request = HttpRequest::get(asked.url.clone(), bulk.options.timeout);
    request.method = asked.method;
    request.connection = Connection::Fresh;
    // Both may have a key in them.
    request.logged_path = Some("/…".to_owned());
    request.headers = vec![("Accept", asked.accept.to_owned())];
    request.headers.extend(asked.headers.iter().cloned());
    if let Some(token) = token {
        let authorization = format!("Bearer {}", token.access_token().expose_secret());
        request.headers.push(("Authorization", authorization));
    }
    request
}
