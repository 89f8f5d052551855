//! The awc transport against servers on loopback.

mod answers;
mod connections;
mod requests;
mod times;

use std::{
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::pki_types::CertificateDer;

use super::{AwcSettings, AwcTransport, ExtraRoots, roots::RootCertificateError, settings::DEFAULT_USER_AGENT};
use crate::{
    protocol::{
        http::{Connection, HttpRequest, HttpResponse, Method},
        transport_error::TransportError,
    },
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    transport::{
        HttpTransport,
        captured_logs::capture_logs,
        loopback::{Conn, Loopback, answer, fixture_certificate},
    },
};

struct Client {
    _engine: Engine,
    transport: Arc<dyn HttpTransport>,
}

fn client_with(settings: AwcSettings) -> Client {
    let engine = Engine::new(EngineOptions {
        body_limit: 1024 * 1024,
        transport: TransportChoice::Awc(settings),
    });
    Client {
        transport: engine.transport(),
        _engine: engine,
    }
}

fn client() -> Client {
    client_with(AwcSettings::default())
}

impl Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.transport.send(request).await
    }

    async fn get(&self, url: url::Url) -> Result<HttpResponse, TransportError> {
        self.send(HttpRequest::get(url, Duration::from_secs(5))).await
    }

    async fn post(&self, url: url::Url) -> Result<HttpResponse, TransportError> {
        let form = "grant_type=refresh_token".to_owned();
        self.send(HttpRequest::post_form(url, form, Duration::from_secs(5)))
            .await
    }
}

/// Answers twice with a stop in between, long enough for any time-out of these tests.
fn slow(first: Vec<u8>, rest: Vec<u8>) -> Loopback {
    Loopback::start(move |conn| {
        while conn.request().is_some() {
            conn.send(&first);
            std::thread::sleep(Duration::from_secs(3));
            conn.send(&rest);
        }
    })
}

fn https(server: &Loopback) -> url::Url {
    format!("https://localhost:{}/", server.port).parse().unwrap()
}

fn trusting_test_root() -> Client {
    let settings = AwcSettings {
        extra_roots: ExtraRoots::new(vec![fixture_certificate("root.pem")]).unwrap(),
        ..AwcSettings::default()
    };
    client_with(settings)
}
