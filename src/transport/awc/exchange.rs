//! One request, from connecting to the last byte of the answer.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::web::Bytes;
use awc::{
    ClientRequest,
    body::{BodySize, MessageBody},
    error::{ConnectError, PayloadError, SendRequestError},
    http::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT},
};
use tokio::time::{Instant, timeout, timeout_at};

use super::{clients::Clients, look_up};
use crate::protocol::{
    http::{Connection, HttpRequest, HttpResponse, Method},
    network_guard::Addresses,
    transport_error::TransportError,
};

/// Connects within the limit for that and not after [`HttpRequest::not_after`], then sends the request and reads the answer
/// within [`HttpRequest::timeout`].
pub(super) async fn exchange(clients: &Clients, request: HttpRequest) -> Result<HttpResponse, TransportError> {
    let limit = request.timeout;
    let now = Instant::now();
    let connected_by = now + clients.connect_timeout.min(limit);
    let not_after = request.not_after.map(Instant::from_std);
    let latest = not_after.map_or(connected_by, |moment| moment.min(connected_by));
    // It has waited in the channel, for as long as this thread or this process was stopped.
    if latest < now {
        return Err(TransportError::ConnectTimeout);
    }
    let start = Rc::new(Start {
        latest,
        began: Cell::new(false),
    });
    let mut answer = pin!(send(clients, request, Rc::clone(&start)));

    // Until the connection stands nothing has been sent. That decides whether a token request may be repeated, so it
    // has a limit and an error of its own.
    let connecting = poll_fn(|cx| match answer.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if start.began.get() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    match timeout_at(latest, connecting).await {
        Ok(Some(result)) => return result,
        Ok(None) => {}
        Err(_) => return Err(TransportError::ConnectTimeout),
    }

    timeout(limit, answer).await.unwrap_or(Err(TransportError::Timeout))
}

async fn send(clients: &Clients, mut request: HttpRequest, start: Rc<Start>) -> Result<HttpResponse, TransportError> {
    let body = request.form.take().map(Bytes::from);
    let Addresses::Guarded(guard) = &request.addresses else {
        return attempt(clients, &request, body, None, &start).await;
    };
    let mut outcome = Err(TransportError::AddressRefused);
    for address in look_up::allowed_addresses(&*clients.look_up, guard, &request.url).await? {
        outcome = attempt(clients, &request, body.clone(), Some(address), &start).await;
        // These say that nothing was sent, so that another of the server's addresses may be tried.
        if !matches!(outcome, Err(TransportError::Refused | TransportError::ConnectTimeout)) {
            break;
        }
    }
    outcome
}

/// One attempt: at `pinned` and nowhere else, or where awc finds the host.
async fn attempt(
    clients: &Clients,
    request: &HttpRequest,
    body: Option<Bytes>,
    pinned: Option<SocketAddr>,
    start: &Rc<Start>,
) -> Result<HttpResponse, TransportError> {
    let origin = request.url.origin().ascii_serialization();
    // A connection from the pool goes to an address that nobody has looked at for this request.
    let connection = pinned.map_or(request.connection, |_| Connection::Fresh);
    let (client, url) = clients.client(connection, &request.url);
    let mut outgoing = match request.method {
        Method::Get => client.get(url.as_str()),
        Method::Post => client.post(url.as_str()),
    }
    // Other crates can switch decompression on for us, and then a small body may grow to any size.
    .no_decompress()
    .insert_header((USER_AGENT, clients.user_agent.clone()));
    if let Some(address) = pinned {
        outgoing = outgoing.address(address);
    }
    for (name, value) in &request.headers {
        outgoing = with_header(outgoing, name, value)?;
    }
    let body = WatchedBody {
        bytes: body,
        start: Rc::clone(start),
    };

    let mut response = outgoing
        .send_body(body)
        .await
        .map_err(|error| classify(&error, start.began.get()))?;
    let status = response.status().as_u16();
    let headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let body = response
        .body()
        .limit(clients.body_limit)
        .await
        .map_err(|error| match error {
            PayloadError::Overflow => TransportError::BodyTooLarge,
            _ => TransportError::Disconnected,
        })?;
    let response = HttpResponse::new(status, headers, body.to_vec());
    warn_of_unreadable_body(&origin, &response);
    Ok(response)
}

fn with_header(request: ClientRequest, name: &str, value: &str) -> Result<ClientRequest, TransportError> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| TransportError::Unsendable)?;
    let mut value = HeaderValue::from_str(value).map_err(|_| TransportError::Unsendable)?;
    if name == AUTHORIZATION {
        // Should a dependency ever print its requests, then without this.
        value.set_sensitive(true);
    }
    Ok(request.insert_header((name, value)))
}

/// awc takes a body that ends with the connection (neither `Content-Length` nor chunked) for an empty one. Without
/// a word here that looks like a server that says nothing.
fn warn_of_unreadable_body(origin: &str, response: &HttpResponse) {
    if response.body.is_empty()
        && response.status == 200
        && response.header("content-length").is_none()
        && response.header("transfer-encoding").is_none()
    {
        tracing::warn!(
            origin,
            "the server announced no length for its answer, and the HTTP client reads such answers as empty; \
             mend the server or the proxy before it, or configure another transport"
        );
    }
}

/// When sending begins.
struct Start {
    /// After this nothing is sent: nobody would wait for the answer, or it must not be sent any more. A process that was
    /// stopped for a while finds a connection that stands, and a time-out that has not been noticed yet.
    latest: Instant,
    /// Whether it began, so that something may have reached the server.
    began: Cell<bool>,
}

/// It is too late to send.
#[derive(Debug, thiserror::Error)]
#[error("the time to connect had passed")]
struct TooLate;

/// The request's body, which notes the moment when awc asks for it: the connection stands, the head is about to be
/// written.
struct WatchedBody {
    bytes: Option<Bytes>,
    start: Rc<Start>,
}

impl MessageBody for WatchedBody {
    type Error = TooLate;

    fn size(&self) -> BodySize {
        match &self.bytes {
            Some(bytes) if !bytes.is_empty() => BodySize::Sized(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            // awc asks no empty body that has a size. Of a stream it asks for the first chunk before it writes the
            // head, finds none, and sends `Content-Length: 0`.
            _ => BodySize::Stream,
        }
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TooLate>>> {
        if !self.start.began.get() && Instant::now() > self.start.latest {
            return Poll::Ready(Some(Err(TooLate)));
        }
        self.start.began.set(true);
        Poll::Ready(self.bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok))
    }
}

/// What went wrong. `sent` is whether anything may have reached the server: then no answer is certain.
fn classify(error: &SendRequestError, sent: bool) -> TransportError {
    use TransportError as E;
    match error {
        _ if sent => E::Disconnected,
        SendRequestError::Url(_) | SendRequestError::Http(_) | SendRequestError::Custom(..) => E::Unsendable,
        // The body's only error is that it is too late.
        SendRequestError::Timeout | SendRequestError::Body(_) | SendRequestError::Connect(ConnectError::Timeout) => {
            E::ConnectTimeout
        }
        SendRequestError::Connect(ConnectError::Resolver(_) | ConnectError::NoRecords | ConnectError::Unresolved) => {
            E::Dns
        }
        SendRequestError::Connect(ConnectError::SslIsNotSupported) => E::Tls,
        SendRequestError::Connect(ConnectError::Io(error)) => classify_connect(error),
        _ => E::Disconnected,
    }
}

/// What went wrong before the connection stood.
fn classify_connect(error: &io::Error) -> TransportError {
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return TransportError::Tls;
    }
    match error.kind() {
        io::ErrorKind::TimedOut => TransportError::ConnectTimeout,
        // A host that cannot be in a certificate, junk where TLS was expected, and a server that hangs up on the
        // handshake.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => TransportError::Tls,
        _ => TransportError::Refused,
    }
}
