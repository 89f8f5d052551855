//! Both clients against servers on loopback: what they owe beyond the promises of every transport
//! ([`acceptance`](crate::transport::acceptance)).

#[cfg(feature = "actix")]
mod broken;
mod caller;
mod certificates;
mod client_certificates;
mod conformance;
#[cfg(feature = "reqwest")]
mod connect_proxy;
mod logs;
#[cfg(feature = "reqwest")]
mod proxy;
mod streams;
mod system_roots;
mod times;

use std::time::{Duration, Instant};

use super::testing::{CLIENTS, OnEngine, block_locally, for_each_client, on_this_thread};
use crate::{
    protocol::{
        http::{HttpRequest, HttpResponse},
        transport_error::TransportError,
    },
    transport::{
        HttpClient, HttpTransport,
        captured_logs::capture_logs,
        loopback::{Conn, Loopback, answer, fixture_certificate},
        settings::TransportSettings,
    },
};

struct Client(OnEngine);

fn client_with(http: HttpClient, settings: TransportSettings) -> Client {
    Client(OnEngine::new(http, settings))
}

impl Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.0.send(request).await
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

fn https(server: &Loopback) -> url::Url {
    format!("https://localhost:{}/", server.port).parse().unwrap()
}

fn trusting() -> TransportSettings {
    TransportSettings {
        extra_roots: vec![fixture_certificate("root.pem").to_vec()].into(),
        ..TransportSettings::default()
    }
}

fn trusting_test_root(http: HttpClient) -> Client {
    client_with(http, trusting())
}

fn serve(conn: &mut Conn) {
    while conn.request().is_some() {
        conn.send(&answer("200 OK", &[], "{}"));
    }
}
