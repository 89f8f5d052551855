//! Guarded requests against listeners on loopback that stand where a naive client would go.
//!
//! TLS with the fixture certificates, since a guarded request is https. `127.0.0.2` and other loopback addresses play
//! the public internet where a connection is to come about.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::Mutex,
};

use super::{look_up::LookUpFuture, *};
use crate::{
    protocol::{
        http::Connection,
        network_guard::{AddressGuard, Addresses},
    },
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    transport::{
        captured_logs::capture_logs,
        loopback::{Conn, Loopback, answer, fixture_certificate},
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

pub(crate) fn settings(look_up: Arc<dyn LookUp>) -> AwcSettings {
    AwcSettings {
        extra_roots: ExtraRoots::new(vec![fixture_certificate("root.pem")]).unwrap(),
        look_up,
        ..AwcSettings::default()
    }
}

struct Client(Engine);

impl Client {
    fn new(settings: AwcSettings) -> Self {
        Self(Engine::new(EngineOptions {
            transport: TransportChoice::Awc(settings),
        }))
    }

    async fn send(&self, request: HttpRequest) -> Result<u16, TransportError> {
        self.0.transport().send(request).await.map(|answer| answer.status)
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

fn wait_until(holds: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "it did not come about");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Forms of an address of this machine, with `{port}` for a listener's.
#[rustfmt::skip]
const LOOPBACK_FORMS: [&str; 30] = [
    "https://127.0.0.1:{port}/",
    "https://127.0.0.1.:{port}/",
    "https://127.1:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://0x7f.1:{port}/",
    "https://0177.0.0.01:{port}/",
    "https://017700000001:{port}/",
    "https://１２７.0.0.1:{port}/",
    "https://①②⑦.0.0.1:{port}/",
    "https://127。0。0。1:{port}/",
    "https://%31%32%37.0.0.1:{port}/",
    "https://0.0.0.0:{port}/",
    "https://0:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[0:0:0:0:0:FFFF:127.0.0.1]:{port}/",
    "https://[::ffff:0.0.0.0]:{port}/",
    "https://[::1]:{port}/",
    "https://[0000:0:0:0:0:0:0:0001]:{port}/",
    "https://[::]:{port}/",
    "https://localhost:{port}/",
    "https://LocalHost:{port}/",
    "https://localhost.:{port}/",
    "https://ｌocalhost:{port}/",
    "https://loc%61lhost:{port}/",
    "https:127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}\\",
    "https://127.0.0.1:{port}#@ehr.example/",
    "ht\ntps://127.0.\t0.1:{port}/",
];

#[tokio::test]
async fn no_form_of_an_address_of_this_machine_gets_a_connection_until_its_host_is_allowed_by_name() {
    let (client, v4) = (
        Client::new(settings(LyingDns::new(&[&["127.0.0.1"]]))),
        server_at("127.0.0.1", 0),
    );
    let v6 = Loopback::canary_v6(v4.port);
    let connections = || v4.connections() + v6.as_ref().map_or(0, Loopback::connections);
    for form in LOOPBACK_FORMS {
        let form = form.replace("{port}", &v4.port.to_string());
        let url: url::Url = form.parse().unwrap();
        let host = url.host_str().unwrap();
        let before = connections();
        assert_eq!(
            client.get_guarded(&form).await,
            Err(TransportError::AddressRefused),
            "{form}"
        );
        assert_eq!(
            client.get(&form, named("127.0.0.9")).await,
            Err(TransportError::AddressRefused),
            "{form}"
        );
        assert_eq!(connections(), before, "{form}");

        if v6.is_none() && matches!(url.host(), Some(url::Host::Ipv6(_))) {
            continue;
        }
        // The listeners stand in the right place. None of the forms has the name in the certificate.
        for addresses in [named(host), Addresses::Any] {
            // awc asks this system's resolver, and not every one knows `localhost.`.
            if matches!(addresses, Addresses::Any) && host == "localhost." {
                continue;
            }
            let before = connections();
            let error = client.get(&form, addresses).await.unwrap_err();
            assert!(
                matches!(error, TransportError::Tls | TransportError::Disconnected),
                "{form}: {error:?}"
            );
            // A client that fails at once may be done before the connection is counted.
            wait_until(|| connections() == before + 1);
        }
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_an_address_that_is_not_public_gets_no_connection() {
    let server = server_at("127.0.0.1", 0);
    let v6 = Loopback::canary_v6(server.port);
    for answer in [
        &["127.0.0.1"] as &[_],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["::"],
        &["127.0.0.1", "::1", "10.0.0.1"],
        &["169.254.169.254"],
        &["10.0.0.1"],
        &["fd00:ec2::254"],
        &["fe80::1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
    ] {
        let dns = LyingDns::new(&[answer]);
        let client = Client::new(settings(Arc::clone(&dns) as Arc<dyn LookUp>));
        for host in [HOST, "OTHER.example", "other.example.", "ｏther.example"] {
            let url = format!("https://{host}:{}/", server.port);
            assert_eq!(
                client.get_guarded(&url).await,
                Err(TransportError::AddressRefused),
                "{answer:?}"
            );
        }
        assert_eq!(dns.asked(), [HOST, HOST, "other.example.", HOST]);
    }
    assert_eq!(server.connections() + v6.as_ref().map_or(0, Loopback::connections), 0);

    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.1"]])));
    let url = format!("https://{HOST}:{}/", server.port);
    assert_eq!(client.get(&url, named(HOST)).await, Ok(200));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_answer_that_changes_after_the_check_changes_nothing() {
    let public = server_at("127.0.0.2", 0);
    let inside = server_at("127.0.0.1", public.port);
    let dns = LyingDns::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = Client::new(settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    let url = format!("https://{HOST}:{}/", public.port);
    let addresses = playing_public(&["127.0.0.2"]);
    assert_eq!(client.get(&url, addresses.clone()).await, Ok(200));
    assert_eq!((public.connections(), inside.connections()), (1, 0));
    assert_eq!(dns.asked(), [HOST], "resolved once, for the check and the connection");

    // The next request is looked at anew, whatever the one before found.
    assert_eq!(client.get(&url, addresses).await, Err(TransportError::AddressRefused));
    assert_eq!((public.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn of_a_mixed_answer_only_the_public_addresses_are_tried_one_after_the_other() {
    let public = server_at("127.0.0.2", 0);
    let inside = server_at("127.0.0.1", public.port);
    // Nothing listens at 127.0.0.3, and that is no reason to go where nobody may.
    let dns = LyingDns::new(&[&["127.0.0.1", "127.0.0.3", "::ffff:127.0.0.1", "127.0.0.2"]]);
    let client = Client::new(settings(dns));
    let url = format!("https://{HOST}:{}/", public.port);
    let both = playing_public(&["127.0.0.2", "127.0.0.3"]);
    assert_eq!(client.get(&url, both).await, Ok(200));
    assert_eq!(
        client.get(&url, playing_public(&["127.0.0.3"])).await,
        Err(TransportError::Refused)
    );
    assert_eq!((public.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_not_tried_at_the_next_address() {
    let hangs_up = |conn: &mut Conn| {
        conn.request();
    };
    let first = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "other-name.pem", hangs_up);
    let second = server_at("127.0.0.3", first.port);
    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.2", "127.0.0.3"]])));
    let url = format!("https://{HOST}:{}/token", first.port).parse().unwrap();
    let mut request = HttpRequest::post_form(url, "code=x".to_owned(), Duration::from_secs(5));
    request.addresses = playing_public(&["127.0.0.2", "127.0.0.3"]);
    assert_eq!(client.send(request.clone()).await, Err(TransportError::Disconnected));
    assert_eq!((first.requests().len(), second.connections()), (1, 0));

    // And what did not arrive at the first goes to the second whole.
    drop(first);
    assert_eq!(client.send(request).await, Ok(200));
    assert!(second.requests()[0].ends_with("\r\n\r\ncode=x"));
}

#[tokio::test]
async fn the_certificate_is_checked_against_the_name_and_not_the_address() {
    let for_another_name = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "server.pem", serve);
    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.2"]])));
    let url = format!("https://{HOST}:{}/", for_another_name.port);
    assert_eq!(
        client.get(&url, playing_public(&["127.0.0.2"])).await,
        Err(TransportError::Tls)
    );
    assert_eq!(for_another_name.requests().len(), 0);
}

#[tokio::test]
async fn what_the_url_gives_away_is_refused_wherever_its_name_leads() {
    let public = Loopback::start_tls_at(SocketAddr::new(ip("127.0.0.2"), 0), "other-name.pem", serve);
    let dns = LyingDns::new(&[&["127.0.0.2"]]);
    let client = Client::new(settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    for (scheme, host) in [
        ("http", HOST),
        ("http", "localhost"),
        ("https", "localhost"),
        ("https", "ehr.localhost."),
        ("https", "user@other.example"),
        ("https", ":secret@other.example"),
        ("ftp", HOST),
    ] {
        let url = format!("{scheme}://{host}:{}/", public.port);
        let addresses = playing_public(&["127.0.0.2"]);
        assert_eq!(
            client.get(&url, addresses).await,
            Err(TransportError::AddressRefused),
            "{url}"
        );
    }
    assert_eq!((dns.asked(), public.connections()), (Vec::new(), 0));
}

/// A registration of the configuration may go anywhere, and leaves a connection in the pool.
#[tokio::test]
async fn a_connection_of_an_unguarded_request_is_never_used() {
    let inside = Loopback::start_tls("server.pem", serve);
    // Of the names in this certificate, the one that a guarded request may have when it is allowed by name.
    let url = format!("https://localhost:{}/", inside.port);
    let client = Client::new(settings(LyingDns::new(&[&["127.0.0.1"]])));
    for _ in 0..2 {
        assert_eq!(client.get(&url, Addresses::Any).await, Ok(200));
    }
    assert_eq!(inside.connections(), 1, "there is a pool");
    let mut request = get(&url, named("localhost"));
    request.connection = Connection::Any;
    for expected in [2, 3] {
        assert_eq!(client.send(request.clone()).await, Ok(200));
        assert_eq!(inside.connections(), expected);
    }
    // And without the engine's wrapper, which asks for a fresh one too.
    let (transport, actor) = AwcTransport::new(settings(LyingDns::new(&[&["127.0.0.1"]])));
    let unwrapped = async {
        for addresses in [Addresses::Any, named("localhost"), Addresses::Any] {
            transport.send(get(&url, addresses)).await.unwrap();
        }
    };
    let local = tokio::task::LocalSet::new();
    local.spawn_local(actor.run());
    local.run_until(unwrapped).await;
    assert_eq!(inside.connections(), 5, "one from the pool twice, one of its own");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_and_a_resolver_that_hangs_are_told_apart() {
    let url = format!("https://{HOST}/");
    for dns in [LyingDns::new(&[]), LyingDns::new(&[&[]])] {
        let client = Client::new(settings(dns));
        assert_eq!(client.get_guarded(&url).await, Err(TransportError::Dns));
    }
    let client = Client::new(AwcSettings {
        connect_timeout: Duration::from_millis(100),
        ..settings(Arc::new(SilentDns))
    });
    assert_eq!(client.get_guarded(&url).await, Err(TransportError::ConnectTimeout));
}

#[tokio::test]
async fn names_of_unguarded_requests_are_not_our_business() {
    let dns = LyingDns::new(&[&["127.0.0.2"]]);
    let client = Client::new(settings(Arc::clone(&dns) as Arc<dyn LookUp>));
    let server = Loopback::start_tls("server.pem", serve);
    let url = format!("https://localhost:{}/", server.port);
    assert_eq!(client.get(&url, Addresses::Any).await, Ok(200));
    assert_eq!(dns.asked(), [] as [&str; 0]);
}

/// The one test that asks the system's resolver for a name: `localhost` is in every hosts file.
#[tokio::test]
async fn the_resolver_of_the_system_finds_this_machine_and_the_guard_refuses_it() {
    let found = SystemLookUp.look_up("localhost").await.unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    let guard = AddressGuard::default();
    assert!(found.iter().all(|address| !guard.allows("localhost", *address)));
    assert!(SystemLookUp.look_up("no-such-host.invalid").await.is_err());
}

#[test]
fn the_log_names_the_host_and_the_addresses_that_were_refused() {
    let logged = capture_logs(tracing::Level::WARN, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let (transport, actor) = AwcTransport::new(settings(LyingDns::new(&[&["10.0.0.7"]])));
            tokio::task::spawn_local(actor.run());
            let request = get(
                "https://other.example/?code=marker",
                Addresses::Guarded(AddressGuard::default()),
            );
            assert_eq!(
                transport.send(request).await.unwrap_err(),
                TransportError::AddressRefused
            );
        });
    });
    assert_eq!(logged.lines().count(), 1, "{logged}");
    assert!(logged.contains(HOST) && logged.contains("10.0.0.7"), "{logged}");
    assert!(!logged.contains("marker"), "{logged}");
}
