//! One request, from connecting to the last byte of the answer.

use std::{error::Error, io, iter, sync::Arc};

use reqwest::{
    Request, Response,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};

use tokio::sync::oneshot;

use super::{
    clients::{Clients, Route},
    resolve::ProxyNotFound,
};
use crate::{
    protocol::{
        http::{HttpRequest, HttpResponse, Method},
        network_guard::Addresses,
        transport_error::TransportError,
    },
    transport::{
        body_stream::{BodyStream, StreamedResponse},
        forward_proxy::ProxyServer,
        shipped::{
            connect_error::classify_connect,
            look_up,
            pieces::pieces,
            start::{Start, TooLate, in_time},
        },
    },
};

/// How many addresses that hang up are passed over. Those that refuse are passed over within one attempt.
const MOST_ATTEMPTS: usize = 4;

/// Sends one request and reads its answer, in time.
pub(super) async fn exchange(clients: &Clients, request: HttpRequest) -> Result<HttpResponse, TransportError> {
    let limit = request.body_limit.unwrap_or(clients.body_limit);
    let send = |request, start| async { read(send(clients, request, start).await?, limit).await };
    in_time(clients.connect_timeout, request, send).await
}

/// Sends one request, and hands over the head of its answer to `reply` and then the body, piece by piece.
pub(super) async fn stream(
    clients: &Clients,
    request: HttpRequest,
    reply: oneshot::Sender<Result<StreamedResponse, TransportError>>,
) {
    let limit = request.timeout;
    let send = |request, start| send(clients, request, start);
    let mut response = match in_time(clients.connect_timeout, request, send).await {
        Ok(response) => response,
        Err(error) => return drop(reply.send(Err(error))),
    };
    let head = head(&response);
    let (mut outlet, inlet) = pieces(head.header("content-length"), limit);
    let streamed = StreamedResponse::new(head.status, head.headers, BodyStream::new(inlet));
    if reply.send(Ok(streamed)).is_err() {
        return;
    }
    loop {
        let chunk = response.chunk();
        let next = async { chunk.await.map_err(|_| TransportError::Disconnected).transpose() };
        if outlet.pass(next).await.is_break() {
            return;
        }
    }
}

async fn send(clients: &Clients, request: HttpRequest, start: Arc<Start>) -> Result<Response, TransportError> {
    if let Some(server) = clients
        .proxy
        .as_ref()
        .and_then(|proxy| proxy.on_the_way_to(&request.url))
    {
        return attempt(clients, request, Route::Through(server), &start).await;
    }
    let look_up = &*clients.look_up;
    let addresses = match &request.addresses {
        Addresses::Any => look_up::addresses(look_up, &request.url).await?,
        Addresses::Guarded(guard) => look_up::allowed_addresses(look_up, guard, &request.url).await?,
    };
    let mut outcome = Err(TransportError::Refused);
    for tried in 0..addresses.len().min(MOST_ATTEMPTS) {
        // reqwest tries them side by side until one lets it connect. One that hangs up then is passed over here.
        let route = Route::Direct(addresses.iter().skip(tried).copied().collect());
        outcome = attempt(clients, request.clone(), route, &start).await;
        // These say that nothing was sent, so that another of the server's addresses may be tried.
        if !matches!(outcome, Err(TransportError::Refused | TransportError::ConnectTimeout)) {
            break;
        }
    }
    outcome
}

/// One attempt, on one way.
async fn attempt(
    clients: &Clients,
    request: HttpRequest,
    route: Route<'_>,
    start: &Arc<Start>,
) -> Result<Response, TransportError> {
    let proxy = match route {
        Route::Direct(_) => None,
        Route::Through(server) => Some(server),
    };
    let client = clients.client(route, &request.addresses, Arc::clone(start))?;
    client
        .execute(written(request)?)
        .await
        .map_err(|error| classify(&error, start.began(), proxy))
}

/// The request as reqwest takes it.
fn written(request: HttpRequest) -> Result<Request, TransportError> {
    let mut url = request.url;
    // What reqwest would make a header of. These fail for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut written = Request::new(method, url);
    written
        .headers_mut()
        .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for (name, value) in request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| TransportError::Unsendable)?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| TransportError::Unsendable)?;
        // Should a dependency ever print its requests, then without this: some EHRs want a key in a header of their own.
        value.set_sensitive(name != ACCEPT && name != CONTENT_TYPE);
        written.headers_mut().insert(name, value);
    }
    if let Some(body) = request.body {
        if body.is_empty() {
            // reqwest leaves the length out then, and some servers answer 411 or wait for more.
            written
                .headers_mut()
                .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        *written.body_mut() = Some(body.into());
    }
    Ok(written)
}

/// The answer without its body.
fn head(response: &Response) -> HttpResponse {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    HttpResponse::new(response.status().as_u16(), headers.collect(), Vec::new())
}

async fn read(mut response: Response, limit: usize) -> Result<HttpResponse, TransportError> {
    let mut head = head(&response);
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).is_ok_and(|length| length > limit) {
        return Err(TransportError::BodyTooLarge);
    }
    while let Some(chunk) = response.chunk().await.map_err(|_| TransportError::Disconnected)? {
        if head.body.len().saturating_add(chunk.len()) > limit {
            return Err(TransportError::BodyTooLarge);
        }
        head.body.extend_from_slice(&chunk);
    }
    Ok(head)
}

/// What went wrong. `sent` is whether anything may have reached the server: then no answer is certain.
fn classify(error: &reqwest::Error, sent: bool, proxy: Option<&ProxyServer>) -> TransportError {
    if sent {
        return TransportError::Disconnected;
    }
    if error.is_builder() {
        return TransportError::Unsendable;
    }
    let causes = || causes(error);
    if causes().any(|cause| cause.is::<TooLate>()) {
        return TransportError::ConnectTimeout;
    }
    let classified = if causes().any(|cause| cause.is::<ProxyNotFound>()) {
        TransportError::Dns
    } else if let Some(error) = causes().find_map(|cause| cause.downcast_ref::<io::Error>()) {
        classify_connect(error)
    } else if proxy.is_some() {
        TransportError::ProxyRefused
    } else {
        TransportError::Refused
    };
    if let Some(proxy) = proxy {
        // The error itself speaks of the connection only, to whomever.
        tracing::warn!(
            proxy = proxy.url.as_str(),
            error = %causes().last().unwrap_or(error),
            "the way through the forward proxy did not come about; nothing was sent"
        );
    }
    classified
}

/// The error, and what it came from, down to the first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(Some(error as &(dyn Error + 'static)), |error| (*error).source())
}
