//! Driving sandboxes from any language: an HTTP interface on a port of its own ([`ControlServer`]), and clients as files and JSON describe
//! them ([`ClientDescription`]).
//!
//! Everything that a test in Rust can set on a running [`SandboxServer`] can be set through it.
//! `GET /__sandbox/openapi.json` describes it.
//!
//! ```
//! use std::sync::Arc;
//! use actix_smart_auth::sandbox::{SandboxServer, control::ControlServer};
//!
//! # fn main() -> std::io::Result<()> {
//! let north = Arc::new(SandboxServer::start()?);
//! let control = ControlServer::builder().ehr("north", Arc::clone(&north)).start()?;
//! println!("curl {}/ehrs/north/requests?endpoint=token", control.url());
//! # Ok(())
//! # }
//! ```

mod actions;
mod description;
mod guard;
mod openapi;
mod received;
mod refusal;
mod routes;

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};

use self::{guard::Guard, refusal::Refusal};
use super::{
    SandboxServer,
    http::{Incoming, headers_of},
    listening::{self, Listening},
    request_body,
    server::PATIENCE_WITH_HEADS,
};

pub use self::description::ClientDescription;

/// Below which all its paths are.
const ROOT: &str = "/__sandbox";

/// The running interface. It stops when this is dropped.
///
/// It has no password. So it listens on 127.0.0.1 unless something else is said, and refuses what a page in a browser sends.
#[derive(Debug)]
pub struct ControlServer {
    origin: String,
    _listening: Listening,
}

/// An interface that is not running yet. Made by [`ControlServer::builder`], ended by [`start`](Self::start).
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct ControlBuilder {
    address: IpAddr,
    port: u16,
    host_names: Vec<String>,
    ehrs: Vec<(String, Arc<SandboxServer>)>,
}

/// What a request works on.
#[derive(Debug)]
struct Control {
    guard: Guard,
    ehrs: Vec<(String, Arc<SandboxServer>)>,
}

impl ControlServer {
    /// An interface to no EHR yet, on a free port of 127.0.0.1.
    pub const fn builder() -> ControlBuilder {
        ControlBuilder {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            host_names: Vec::new(),
            ehrs: Vec::new(),
        }
    }

    /// Below which its paths are: `http://127.0.0.1:PORT/__sandbox`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{ROOT}", self.origin)
    }
}

impl ControlBuilder {
    /// Drives this sandbox too, under this name.
    pub fn ehr(mut self, name: impl Into<String>, sandbox: Arc<SandboxServer>) -> Self {
        self.ehrs.push((name.into(), sandbox));
        self
    }

    /// The TCP port. Default: 0, a free one.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens at this address of the machine. Default: 127.0.0.1.
    ///
    /// There is no password: whoever reaches the port may do everything. That is for a network of containers that nobody else is in.
    pub const fn danger_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Also answers where it is called by this name. Default: `localhost` and IP addresses alone, so that no page can get at it by a name
    /// that leads here (DNS rebinding).
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.host_names.push(name.into());
        self
    }

    /// Starts it in a thread of its own. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// When two EHRs have one name, the port is taken, or the thread cannot be started.
    pub fn start(self) -> io::Result<ControlServer> {
        for (at, (name, _)) in self.ehrs.iter().enumerate() {
            if self.ehrs.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("two EHRs are named {name}; give each a name of its own"),
                ));
            }
        }
        let (listener, origin) = listening::bind(self.address, self.port, "http")?;
        let control = web::Data::new(Control {
            guard: Guard::new(self.host_names),
            ehrs: self.ehrs,
        });
        let server = move || {
            let server = HttpServer::new(move || App::new().app_data(control.clone()).default_service(web::to(serve)))
                .client_request_timeout(PATIENCE_WITH_HEADS)
                .workers(1)
                .disable_signals()
                .listen(listener)?;
            Ok(server.run())
        };
        Ok(ControlServer {
            origin,
            _listening: Listening::start("smart-sandbox-control", server)?,
        })
    }
}

async fn serve(request: HttpRequest, payload: web::Payload, control: web::Data<Control>) -> HttpResponse {
    let mut incoming = Incoming {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        raw_query: request.uri().query().unwrap_or_default().to_owned(),
        headers: headers_of(request.headers()),
        body: String::new(),
        is_utf8: true,
        connection: 0,
        port: None,
    };
    // Nobody who is not let in makes it read anything.
    let target = request.uri().authority().map(|authority| authority.as_str());
    if let Err(refusal) = control.guard.admit(&incoming, target) {
        return respond(Err(refusal));
    }
    match request_body::read(payload).await {
        Ok(body) => incoming.take_body(body),
        Err(unread) => return respond(Err(unread.why.into())),
    }
    match incoming.is_utf8 {
        true => respond(control.answer(&incoming).await),
        false => respond(Err(Refusal::NotUtf8)),
    }
}

fn respond(answer: Result<actions::Answer, Refusal>) -> HttpResponse {
    let (status, body, allow) = match answer {
        Ok(answer) => (answer.status, answer.body, None),
        Err(refusal) => (refusal.status(), Some(refusal.body()), refusal.allow()),
    };
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response.insert_header(("cache-control", "no-store"));
    if let Some(allow) = allow {
        response.insert_header(("allow", allow));
    }
    match body {
        Some(body) => response.json(body),
        None => response.finish(),
    }
}

/// Whether there is this route, written `METHOD path` without the root.
#[cfg(test)]
pub(super) fn has_route(written: &str) -> bool {
    routes::ROUTES
        .iter()
        .any(|route| format!("{} {}", route.method, route.path) == written)
}
