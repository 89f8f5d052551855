//! The way of a request through record, faults and endpoint.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_http::HttpService;
use actix_service::map_config;
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::{AppConfig, Server},
    http::StatusCode,
    rt::{net::TcpStream, time::sleep},
    web,
};
use serde_json::json;

use super::{
    Peculiarity, authorize, bulk, cors,
    faults::{Delivery, Fault, FaultPoint, When},
    fhir, flow,
    http::{Incoming, Reply, headers_of},
    log::RequestLine,
    metadata,
    record::Endpoint,
    registration,
    request_body::{self, NoBody, Unread},
    revocation,
    socket::{self, BrokenBody},
    state::Shared,
    tls::SandboxTls,
    token,
};

/// `other` is where files of exports are, if they are at another port.
pub(super) fn server(
    listener: TcpListener,
    other: Option<TcpListener>,
    tls: Option<SandboxTls>,
    shared: Arc<Shared>,
) -> io::Result<Server> {
    let listeners = [Some(listener), other].into_iter().flatten();
    match tls {
        Some(tls) => over_tls(listeners, &tls, &shared),
        None => plain(listeners, shared),
    }
}

const WORKERS: usize = 2;

/// How long the head of a request may be on its way: as long as it likes. Actix would answer one with 408 that has waited for five seconds, also
/// where the machine alone is slow.
pub(super) const PATIENCE_WITH_HEADS: Duration = Duration::ZERO;

fn plain(listeners: impl Iterator<Item = TcpListener>, shared: Arc<Shared>) -> io::Result<Server> {
    let counter = Arc::clone(&shared);
    let shared = web::Data::from(shared);
    let mut server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(serve)))
        .on_connect(move |io, extensions| socket::on_connect(&counter.connections, io, extensions))
        .client_request_timeout(PATIENCE_WITH_HEADS)
        .workers(WORKERS)
        .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

/// HTTP/1.1 alone. `HttpServer` always offers HTTP/2, where the connection is none of one request: it cannot be cut without a head.
fn over_tls(
    listeners: impl Iterator<Item = TcpListener>,
    tls: &SandboxTls,
    shared: &Arc<Shared>,
) -> io::Result<Server> {
    let mut server = Server::build().workers(WORKERS).disable_signals();
    for listener in listeners {
        let (shared, config) = (Arc::clone(shared), tls.config());
        let service = move || {
            let counter = Arc::clone(&shared);
            let app = App::new()
                .app_data(web::Data::from(Arc::clone(&shared)))
                .default_service(web::to(serve));
            HttpService::build()
                // As `HttpServer` has it.
                .client_disconnect_timeout(Duration::from_secs(1))
                .client_request_timeout(PATIENCE_WITH_HEADS)
                .on_connect_ext(move |io: &TlsStream<TcpStream>, extensions| {
                    socket::on_connect(&counter.connections, io, extensions);
                })
                .h1(map_config(app, |()| AppConfig::default()))
                .rustls_0_23(config.clone())
        };
        server = server.listen("smart-sandbox", listener, service)?;
    }
    Ok(server.run())
}

async fn serve(request: HttpRequest, payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let (body, refused) = match request_body::read(payload).await {
        Ok(body) => (body, None),
        Err(Unread { why, came }) => (came, Some(why)),
    };
    let mut incoming = Incoming {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        raw_query: request.uri().query().unwrap_or_default().to_owned(),
        headers: headers_of(request.headers()),
        body: String::new(),
        is_utf8: true,
        connection: socket::connection_number(&request),
        port: socket::port(&request),
    };
    incoming.take_body(body);
    // Whoever looks whether it is there is no client: nothing of it is kept.
    if incoming.path == "/health" {
        return HttpResponse::Ok().json(json!({ "status": "ok" }));
    }
    let endpoint = Endpoint::of(&incoming.path);
    let mut under_way = UnderWay {
        shared: &shared,
        endpoint,
        incoming: &incoming,
        is_told: false,
    };
    let (number, fault) = {
        let now = shared.now();
        let mut state = shared.state();
        state.prune(now);
        let number = state.record.arrived(now, endpoint, &incoming);
        // What is not read is not known to be of any kind.
        let point = FaultPoint::of(endpoint, &incoming).filter(|_| refused.is_none());
        (number, point.and_then(|point| state.faults.take(point)))
    };
    shared.received.notify_waiters();
    if let Some(why) = refused {
        under_way.is_told = true;
        shared
            .log
            .write(|| RequestLine::unread(shared.now(), endpoint, &incoming, why, &shared.secrets()));
        shared.state().record.answered(number, why.status());
        shared.received.notify_waiters();
        // The rest of it may still come.
        let reply = refusal(why);
        return respond(&reply).force_close().body(reply.body);
    }
    let delivery = match fault {
        None if endpoint == Endpoint::ExportFile => match aside(&shared, &incoming, bulk::file).await {
            Some(Ok(file)) => Delivery::File(Box::new(file)),
            Some(Err(reply)) => Delivery::Whole(reply),
            None => Delivery::Whole(Reply::empty(503)),
        },
        None => Delivery::Whole(process(&shared, endpoint, &incoming).await),
        Some((when, fault)) => faulty(&shared, endpoint, &incoming, when, fault).await,
    };
    let answer = |status: u16| {
        shared.state().record.answered(number, status);
        shared.received.notify_waiters();
    };
    let delivery = delivery.map_reply(|reply| cors::marked(&shared, endpoint, &incoming, reply));
    under_way.is_told = true;
    shared
        .log
        .write(|| RequestLine::new(shared.now(), endpoint, &incoming, &delivery, &shared.secrets()));
    match delivery {
        Delivery::Whole(reply) => {
            answer(reply.status);
            respond(&reply).body(reply.body)
        }
        Delivery::Truncated(reply) => {
            answer(reply.status);
            respond(&reply).body(BrokenBody::midway(reply.body))
        }
        Delivery::File(file) => {
            answer(file.status);
            let head = Reply {
                status: file.status,
                headers: file.headers,
                body: Vec::new(),
            };
            respond(&head).body(file.body)
        }
        Delivery::Close => HttpResponse::Ok().body(BrokenBody::BeforeHead),
        Delivery::Reset => {
            socket::reset_on_close(&request);
            HttpResponse::Ok().body(BrokenBody::BeforeHead)
        }
    }
}

/// Tells the log of a request whose answer nobody waited for.
struct UnderWay<'a> {
    shared: &'a Shared,
    endpoint: Endpoint,
    incoming: &'a Incoming,
    is_told: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            let Self {
                shared,
                endpoint,
                incoming,
                ..
            } = *self;
            shared
                .log
                .write(|| RequestLine::new(shared.now(), endpoint, incoming, &Delivery::Close, &shared.secrets()));
        }
    }
}

async fn faulty(
    shared: &web::Data<Shared>,
    endpoint: Endpoint,
    incoming: &Incoming,
    when: When,
    fault: Fault,
) -> Delivery {
    let pause = match fault {
        Fault::Delay(pause) | Fault::Hang(pause) => pause,
        _ => Duration::ZERO,
    };
    if when == When::Before {
        sleep(pause).await;
    }
    let real = match when == When::After || fault.edits_the_answer() {
        true => Some(process(shared, endpoint, incoming).await),
        false => None,
    };
    if when == When::After {
        sleep(pause).await;
    }
    fault.deliver(real)
}

async fn process(shared: &web::Data<Shared>, endpoint: Endpoint, incoming: &Incoming) -> Reply {
    match cors::preflight(shared, endpoint, incoming) {
        Some(reply) => reply,
        None => carried_out(shared, endpoint, incoming).await,
    }
}

/// Answers beside the thread that serves connections: those that come meanwhile would wait as long as somebody looks through many records.
/// `None`: the sandbox ends.
async fn aside<T: Send + 'static>(
    shared: &web::Data<Shared>,
    incoming: &Incoming,
    answer: fn(&Shared, &Incoming) -> T,
) -> Option<T> {
    let (shared, incoming) = (web::Data::clone(shared), incoming.clone());
    web::block(move || answer(&shared, &incoming)).await.ok()
}

async fn carried_out(shared: &web::Data<Shared>, endpoint: Endpoint, incoming: &Incoming) -> Reply {
    let reply = match endpoint {
        Endpoint::Metadata | Endpoint::OpenIdConfiguration | Endpoint::OAuthMetadata | Endpoint::Jwks => {
            metadata::reply(shared, endpoint, incoming)
        }
        Endpoint::Authorize => authorize::authorize(shared, incoming),
        Endpoint::Token => token::token(shared, incoming).await,
        Endpoint::Revocation if shared.state().settings.has(&Peculiarity::NoRevocation) => nothing_here(),
        Endpoint::Revocation => revocation::revoke(shared, incoming).await,
        Endpoint::Introspection => revocation::introspect(shared, incoming).await,
        Endpoint::Registration => registration::reply(shared, incoming).unwrap_or_else(nothing_here),
        Endpoint::Fhir if bulk::is_kick_off(&incoming.path) => bulk::kick_off(shared, incoming),
        Endpoint::Fhir if fhir::only_reads(incoming) => {
            let reply = aside(shared, incoming, fhir::reply).await;
            reply.unwrap_or_else(|| Reply::empty(503))
        }
        // What is begun here is ended here, also when nobody waits for it any more.
        Endpoint::Fhir => fhir::reply(shared, incoming),
        Endpoint::ExportStatus => {
            let reply = aside(shared, incoming, bulk::status).await;
            reply.unwrap_or_else(|| Reply::empty(503))
        }
        Endpoint::Page => flow::reply(shared, incoming),
        Endpoint::Unknown if incoming.path.starts_with(metadata::OTHER_CLIENTS) => metadata::of_other_clients(shared),
        Endpoint::Unknown | Endpoint::ExportFile => nothing_here(),
    };
    let state = shared.state();
    state.settings.send_oddly(&shared.origin, endpoint, incoming, reply)
}

fn refusal(why: NoBody) -> Reply {
    Reply::new(why.status(), "text/plain; charset=utf-8", format!("{why}\n"))
}

fn nothing_here() -> Reply {
    Reply::new(404, "text/plain; charset=utf-8", "The sandbox serves nothing here.\n")
}

fn respond(reply: &Reply) -> actix_web::HttpResponseBuilder {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    for header in reply.header_values() {
        builder.append_header(header);
    }
    builder
}
