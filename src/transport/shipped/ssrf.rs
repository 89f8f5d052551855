//! Guarded requests against listeners on loopback that stand where a naive client would go.
//!
//! TLS with the fixture certificates, since a guarded request is https. `127.0.0.2` and other loopback addresses play
//! the public internet where a connection is to come about.

mod by_name;
mod by_url;
mod connections;

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    look_up::{LookUp, LookUpFuture, SystemLookUp},
    testing::{CLIENTS, OnEngine, block_locally, for_each_client, on_this_thread},
};
use crate::{
    protocol::{
        http::{Connection, HttpRequest},
        network_guard::{AddressGuard, Addresses},
        transport_error::TransportError,
    },
    transport::{
        HttpClient, HttpTransport as _,
        captured_logs::capture_logs,
        loopback::{Conn, Loopback, answer, fixture_certificate},
        settings::TransportSettings,
    },
};

/// The certificate of the tests is for this name, which no DNS knows.
const HOST: &str = "other.example";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// DNS under the control of the test: one answer after the other, the last one for good.
#[derive(Debug, Default)]
pub(crate) struct LyingDns {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl LyingDns {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().copied().map(ip).collect());
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            asked: Mutex::default(),
        })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl LookUp for LyingDns {
    fn look_up<'a>(&'a self, host: &'a str) -> LookUpFuture<'a> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        let answer = answer.ok_or_else(|| io::Error::other("no such host"));
        Box::pin(std::future::ready(answer))
    }
}

/// A resolver that never answers.
#[derive(Debug)]
struct SilentDns;

impl LookUp for SilentDns {
    fn look_up<'a>(&'a self, _: &'a str) -> LookUpFuture<'a> {
        Box::pin(std::future::pending())
    }
}

pub(crate) fn settings(look_up: Arc<dyn LookUp>) -> TransportSettings {
    TransportSettings {
        extra_roots: vec![fixture_certificate("root.pem").to_vec()].into(),
        look_up,
        ..TransportSettings::default()
    }
}

struct Client(OnEngine);

impl Client {
    fn new(http: HttpClient, settings: TransportSettings) -> Self {
        Self(OnEngine::new(http, settings))
    }

    async fn send(&self, request: HttpRequest) -> Result<u16, TransportError> {
        self.0.send(request).await.map(|answer| answer.status)
    }

    async fn get(&self, url: &str, addresses: Addresses) -> Result<u16, TransportError> {
        self.send(get(url, addresses)).await
    }

    async fn get_guarded(&self, url: &str) -> Result<u16, TransportError> {
        self.get(url, Addresses::Guarded(AddressGuard::default())).await
    }
}

fn get(url: &str, addresses: Addresses) -> HttpRequest {
    let mut request = HttpRequest::get(url.parse().unwrap(), Duration::from_secs(5));
    request.addresses = addresses;
    request
}

fn named(host: &str) -> Addresses {
    Addresses::Guarded(AddressGuard::new([host]).unwrap())
}

fn playing_public(addresses: &[&str]) -> Addresses {
    Addresses::Guarded(AddressGuard::playing_public(addresses.iter().copied().map(ip)))
}

fn serve(conn: &mut Conn) {
    while conn.request().is_some() {
        conn.send(&answer("200 OK", &[], "{}"));
    }
}

/// A server for [`HOST`] at that address, on the port of `beside` or any.
fn server_at(address: &str, port: u16) -> Loopback {
    Loopback::start_tls_at(SocketAddr::new(ip(address), port), "other-name.pem", serve)
}
