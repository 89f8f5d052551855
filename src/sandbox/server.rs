//! The thread that listens, and the way of a request through record, faults and endpoint.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    rt::{System, time::sleep},
    web,
};

use super::{
    Peculiarity, authorize, bulk,
    faults::{Delivery, Fault, FaultPoint, When},
    fhir, flow,
    http::{Incoming, Reply, headers_of},
    metadata,
    record::Endpoint,
    registration, revocation,
    socket::{self, BrokenBody},
    state::Shared,
    token,
};

/// More than any request of a SMART client needs.
const LARGEST_BODY: usize = 4 << 20;

/// The running server.
#[derive(Debug)]
pub(super) struct Listening {
    handle: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Listening {
    /// `other` is where files of exports are, if they are at another port.
    pub(super) fn start(listener: TcpListener, other: Option<TcpListener>, shared: Arc<Shared>) -> io::Result<Self> {
        let (started, starting) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("smart-sandbox".to_owned())
            .spawn(move || System::new().block_on(run(listener, other, shared, started)))?;
        match starting.recv() {
            Ok(handle) => Ok(Self {
                handle,
                thread: Some(thread),
            }),
            Err(_) => Err(match thread.join() {
                Ok(Err(error)) => error,
                _ => io::Error::other("the sandbox's thread ended at once"),
            }),
        }
    }
}

impl Drop for Listening {
    /// Stops at once: whoever still waits for an answer does not get one.
    fn drop(&mut self) {
        // The command is sent by the call; only its completion would have to be awaited.
        drop(self.handle.stop(false));
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("sandbox: the server's thread had panicked");
        }
    }
}

async fn run(
    listener: TcpListener,
    other: Option<TcpListener>,
    shared: Arc<Shared>,
    started: mpsc::Sender<ServerHandle>,
) -> io::Result<()> {
    let counter = Arc::clone(&shared);
    let shared = web::Data::from(shared);
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(serve)))
        .on_connect(move |io, extensions| socket::on_connect(&counter.connections, io, extensions))
        .workers(2)
        .disable_signals()
        .listen(listener)?;
    let server = match other {
        Some(other) => server.listen(other)?,
        None => server,
    };
    let server = server.run();
    if started.send(server.handle()).is_err() {
        return Ok(());
    }
    server.await
}

async fn serve(request: HttpRequest, payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let Ok(Ok(body)) = payload.to_bytes_limited(LARGEST_BODY).await else {
        return HttpResponse::PayloadTooLarge().finish();
    };
    let incoming = Incoming {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        raw_query: request.uri().query().unwrap_or_default().to_owned(),
        headers: headers_of(request.headers()),
        body: String::from_utf8_lossy(&body).into_owned(),
        connection: socket::connection_number(&request),
    };
    let endpoint = Endpoint::of(&incoming.path);
    let (number, fault) = {
        let now = shared.now();
        let mut state = shared.state();
        let number = state.record.arrived(now, endpoint, &incoming);
        let fault = FaultPoint::of(endpoint, &incoming).and_then(|point| state.faults.take(point));
        (number, fault)
    };
    let delivery = match fault {
        None if endpoint == Endpoint::ExportFile => match bulk::file(&shared, &incoming) {
            Ok(file) => Delivery::File(Box::new(file)),
            Err(reply) => Delivery::Whole(reply),
        },
        None => Delivery::Whole(process(&shared, endpoint, &incoming).await),
        Some((when, fault)) => faulty(&shared, endpoint, &incoming, when, fault).await,
    };
    let answer = |status: u16| shared.state().record.answered(number, status);
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

async fn faulty(shared: &Shared, endpoint: Endpoint, incoming: &Incoming, when: When, fault: Fault) -> Delivery {
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

async fn process(shared: &Shared, endpoint: Endpoint, incoming: &Incoming) -> Reply {
    let reply = match endpoint {
        Endpoint::Metadata | Endpoint::OpenIdConfiguration | Endpoint::Jwks => {
            metadata::reply(shared, endpoint, incoming)
        }
        Endpoint::Authorize => authorize::authorize(shared, incoming),
        Endpoint::Token => token::token(shared, incoming).await,
        Endpoint::Revocation if shared.state().settings.has(&Peculiarity::NoRevocation) => nothing_here(),
        Endpoint::Revocation => revocation::revoke(shared, incoming).await,
        Endpoint::Introspection => revocation::introspect(shared, incoming).await,
        Endpoint::Registration => registration::reply(shared, incoming).unwrap_or_else(nothing_here),
        Endpoint::Fhir if bulk::is_kick_off(&incoming.path) => bulk::kick_off(shared, incoming),
        Endpoint::Fhir => fhir::reply(shared, incoming),
        Endpoint::ExportStatus => bulk::status(shared, incoming),
        Endpoint::Page => flow::reply(shared, incoming),
        Endpoint::Unknown | Endpoint::ExportFile => nothing_here(),
    };
    shared.state().settings.send_oddly(endpoint, incoming, reply)
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
