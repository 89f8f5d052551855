//! One request, from connecting to the last byte of the answer.

use std::{
    future::{poll_fn, ready},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::web::Bytes;
use awc::{
    ClientRequest,
    body::{self, BodySize, BoxBody, MessageBody},
    error::{ConnectError, SendRequestError},
    http::{
        Version,
        header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT},
    },
};

use tokio::sync::oneshot;

use super::{clients::Clients, final_answers::Ends};
use crate::{
    protocol::{
        http::{HttpRequest, HttpResponse, Method},
        network_guard::Addresses,
        transport_error::TransportError,
    },
    transport::{
        body_stream::{BodyStream, StreamedResponse, content_length},
        shipped::{
            connect_error::classify_connect,
            look_up,
            pieces::pieces,
            start::{Start, TooLate, in_time},
        },
    },
};

/// Sends one request and reads its answer, in time.
pub(super) async fn exchange(clients: &Clients, request: HttpRequest) -> Result<HttpResponse, TransportError> {
    let limit = request.body_limit.unwrap_or(clients.body_limit);
    let send = |request, start| async { read(send(clients, request, start, Ends::AsTheyCome).await?, limit).await };
    in_time(clients.connect_timeout, request, send).await
}

/// Sends one request, and hands over the head of its answer to `reply` and then the body, piece by piece.
pub(super) async fn stream(
    clients: &Clients,
    request: HttpRequest,
    reply: oneshot::Sender<Result<StreamedResponse, TransportError>>,
) {
    let limit = request.timeout;
    let send = |request, start| send(clients, request, start, Ends::AreErrors);
    let Answer {
        head,
        mut body,
        framing,
    } = match in_time(clients.connect_timeout, request, send).await {
        Ok(answer) => answer,
        Err(error) => return drop(reply.send(Err(error))),
    };
    let (mut outlet, inlet) = pieces(head.header("content-length"), limit);
    let streamed = StreamedResponse::new(head.status, head.headers, BodyStream::new(inlet));
    if reply.send(Ok(streamed)).is_err() {
        return;
    }
    if framing == Framing::UntilTheEnd {
        let _ = outlet.pass::<Bytes>(ready(Some(Err(TransportError::NoLength)))).await;
        return;
    }
    while outlet.pass(next_piece(&mut body)).await.is_continue() {}
}

/// An answer whose head came.
struct Answer {
    /// Without the body.
    head: HttpResponse,
    body: BoxBody,
    framing: Framing,
}

/// How an answer says where it ends (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// By its status, by a length, by its last chunk, or by the frames of HTTP/2.
    Told,
    /// Not: its body ends with the connection. awc takes that of HTTP/1.1 for an empty one, and of HTTP/1.0 nobody can tell the end from
    /// a connection that breaks.
    UntilTheEnd,
}

impl Framing {
    fn of(version: Version, head: &HttpResponse) -> Self {
        let has_body = !matches!(head.status, 100..=199 | 204 | 304);
        let is_told = head.header("content-length").is_some() || head.header("transfer-encoding").is_some();
        match has_body && !is_told && version <= Version::HTTP_11 {
            true => Self::UntilTheEnd,
            false => Self::Told,
        }
    }
}

async fn send(
    clients: &Clients,
    mut request: HttpRequest,
    start: Arc<Start>,
    ends: Ends,
) -> Result<Answer, TransportError> {
    let body = request.body.take().map(Bytes::from);
    let Addresses::Guarded(guard) = &request.addresses else {
        return attempt(clients, &request, body, None, (&start, ends)).await;
    };
    let mut outcome = Err(TransportError::AddressRefused);
    for address in look_up::allowed_addresses(&*clients.look_up, guard, &request.url).await? {
        outcome = attempt(clients, &request, body.clone(), Some(address), (&start, ends)).await;
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
    (start, ends): (&Arc<Start>, Ends),
) -> Result<Answer, TransportError> {
    let origin = request.url.origin().ascii_serialization();
    let (client, url) = clients.client(request, ends);
    let method = match request.method {
        Method::Get => awc::http::Method::GET,
        Method::Post => awc::http::Method::POST,
        Method::Put => awc::http::Method::PUT,
        Method::Patch => awc::http::Method::PATCH,
        Method::Delete => awc::http::Method::DELETE,
    };
    let mut outgoing = client
        .request(method, url.as_str())
        // Other crates can switch decompression on for us, and then a small body may grow to any size.
        .no_decompress()
        .insert_header((ACCEPT_ENCODING, "identity"));
    if let Some(value) = &clients.user_agent {
        outgoing = outgoing.insert_header((USER_AGENT, value.clone()));
    }
    if let Some(address) = pinned {
        outgoing = outgoing.address(address);
    }
    for (name, value) in &request.headers {
        outgoing = with_header(outgoing, name, value)?;
    }
    let body = WatchedBody {
        bytes: body,
        start: Arc::clone(start),
    };

    let response = outgoing
        .send_body(body)
        .await
        .map_err(|error| classify(&error, start.began()))?;
    let status = response.status().as_u16();
    let headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let head = HttpResponse::new(status, headers, Vec::new());
    let framing = Framing::of(response.version(), &head);
    warn_of_unreadable_body(&origin, framing, head.status);
    let body = BoxBody::new(body::BodyStream::new(response));
    Ok(Answer { head, body, framing })
}

async fn read(answer: Answer, limit: usize) -> Result<HttpResponse, TransportError> {
    let Answer { mut head, mut body, .. } = answer;
    let announced = content_length(head.header("content-length")).unwrap_or_default();
    if usize::try_from(announced).is_ok_and(|length| length > limit) {
        return Err(TransportError::BodyTooLarge);
    }
    while let Some(piece) = next_piece(&mut body).await {
        let piece = piece?;
        if head.body.len().saturating_add(piece.len()) > limit {
            return Err(TransportError::BodyTooLarge);
        }
        head.body.extend_from_slice(&piece);
    }
    Ok(head)
}

async fn next_piece(body: &mut BoxBody) -> Option<Result<Bytes, TransportError>> {
    let piece = poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await?;
    Some(piece.map_err(|_| TransportError::Disconnected))
}

fn with_header(request: ClientRequest, name: &str, value: &str) -> Result<ClientRequest, TransportError> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| TransportError::Unsendable)?;
    let mut value = HeaderValue::from_str(value).map_err(|_| TransportError::Unsendable)?;
    // Should a dependency ever print its requests, then without this: some EHRs want a key in a header of their own.
    value.set_sensitive(name != ACCEPT && name != CONTENT_TYPE);
    Ok(request.insert_header((name, value)))
}

/// awc takes a body that ends with the connection (neither `Content-Length` nor chunked) for an empty one. Without
/// a word here that looks like a server that says nothing.
fn warn_of_unreadable_body(origin: &str, framing: Framing, status: u16) {
    if status == 200 && framing == Framing::UntilTheEnd {
        tracing::warn!(
            origin,
            "the server announced no length for its answer, and the HTTP client reads such answers as empty; \
             mend the server or the proxy before it, or configure another transport"
        );
    }
}

/// The request's body, which notes the moment when awc asks for it: the connection stands, the head is about to be
/// written.
struct WatchedBody {
    bytes: Option<Bytes>,
    start: Arc<Start>,
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
        if let Err(error) = self.start.begin() {
            return Poll::Ready(Some(Err(error)));
        }
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
