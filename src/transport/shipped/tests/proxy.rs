//! reqwest through a forward proxy.

use super::{
    connect_proxy::{Behaviour, ConnectProxy},
    *,
};
use crate::{
    protocol::network_guard::{AddressGuard, Addresses},
    transport::{
        AddressEnforcement, ForwardProxy, StreamFuture, TransportFuture, acceptance, loopback::ClosedPort,
        shipped::ssrf::LyingDns,
    },
};

/// Where the name of the fixture certificate leads, for whom the proxy does not resolve it.
fn settings(proxy: &ForwardProxy, dns: &[&[&str]]) -> TransportSettings {
    TransportSettings {
        proxy: proxy.check().unwrap(),
        look_up: LyingDns::new(dns),
        ..trusting()
    }
}

fn client(proxy: &ForwardProxy) -> Client {
    client_with(HttpClient::Reqwest, settings(proxy, &[&["127.0.0.1"]]))
}

fn ehr() -> Loopback {
    Loopback::start_tls("other-name.pem", serve)
}

fn at(ehr: &Loopback) -> url::Url {
    format!("https://other.example:{}/token", ehr.port).parse().unwrap()
}

#[tokio::test]
async fn a_proxy_that_asks_for_credentials_gets_them_and_the_ehr_does_not() {
    let (ehr, proxy) = (
        ehr(),
        ConnectProxy::start(Behaviour {
            demands: Some("Basic bWU6cGFzcw=="),
            ..Behaviour::default()
        }),
    );
    let with = ForwardProxy::new(proxy.address()).credentials("me", "pass");
    for _ in 0..2 {
        let response = client(&with).post(at(&ehr)).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, &b"{}"[..]));
    }
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2, "each request has a tunnel of its own");
    assert!(
        heads[0].starts_with(&format!("CONNECT other.example:{} HTTP/1.1\r\n", ehr.port)),
        "{}",
        heads[0]
    );
    let usual = TransportSettings::default().user_agent;
    assert!(
        heads[0].contains(&usual) && !heads[0].contains("/token"),
        "{}",
        heads[0]
    );
    assert!(!ehr.requests()[0].to_ascii_lowercase().contains("proxy-"));
}

#[tokio::test]
async fn without_the_right_credentials_nothing_is_sent() {
    let (ehr, proxy) = (
        ehr(),
        ConnectProxy::start(Behaviour {
            demands: Some("Basic bWU6cGFzcw=="),
            ..Behaviour::default()
        }),
    );
    let plain = ForwardProxy::new(proxy.address());
    for forward in [plain.clone(), plain.credentials("me", "wrong")] {
        let error = client(&forward).post(at(&ehr)).await.unwrap_err();
        assert_eq!(error, TransportError::ProxyRefused);
        assert!(error.was_not_sent());
    }
    assert_eq!((proxy.heads().len(), ehr.connections()), (2, 0));
}

#[test]
fn a_refusal_names_the_proxy_in_the_log_and_no_password() {
    let proxy = ConnectProxy::start(Behaviour {
        demands: Some("Basic nobody"),
        ..Behaviour::default()
    });
    let forward = ForwardProxy::new(proxy.address()).credentials("me", "marker");
    let logged = capture_logs(tracing::Level::TRACE, || {
        block_locally(async {
            let transport = on_this_thread(HttpClient::Reqwest, settings(&forward, &[]));
            let request = HttpRequest::get("https://other.example/".parse().unwrap(), Duration::from_secs(5));
            assert_eq!(transport.send(request).await.unwrap_err(), TransportError::ProxyRefused);
        });
    });
    let warning = logged.lines().find(|line| line.contains("WARN")).unwrap();
    assert!(
        warning.contains(&proxy.address()) && warning.contains("authorization"),
        "{warning}"
    );
    // In base64, too.
    assert!(
        !logged.contains("marker") && !logged.contains("bWU6bWFya2Vy"),
        "{logged}"
    );
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_was_not_sent() {
    let ehr = ehr();
    let refusing = ConnectProxy::start(Behaviour {
        answers: Some("403 Forbidden"),
        ..Behaviour::default()
    });
    let error = client(&ForwardProxy::new(refusing.address()))
        .post(at(&ehr))
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::ProxyRefused);

    let nobody = ClosedPort::new();
    let error = client(&ForwardProxy::new(format!("http://{}", nobody.address)))
        .post(at(&ehr))
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::Refused);

    let unknown = settings(&ForwardProxy::new("http://proxy.example:3128"), &[]);
    let error = client_with(HttpClient::Reqwest, unknown)
        .post(at(&ehr))
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::Dns);

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = ForwardProxy::new(format!("http://{}", silent.local_addr().unwrap()));
    let impatient = TransportSettings {
        connect_timeout: Duration::from_millis(200),
        ..settings(&silent, &[])
    };
    let error = client_with(HttpClient::Reqwest, impatient)
        .post(at(&ehr))
        .await
        .unwrap_err();
    assert!(error.was_not_sent(), "{error:?}");

    // The tunnel stands, and who is at its end is not the EHR.
    let (proxy, other) = (
        ConnectProxy::start(Behaviour::default()),
        Loopback::start_tls("server.pem", serve),
    );
    let error = client(&ForwardProxy::new(proxy.address()))
        .post(at(&other))
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::Tls);
    assert_eq!(ehr.connections() + other.requests().len(), 0);
}

#[tokio::test]
async fn a_proxy_is_spoken_to_in_tls_where_its_address_says_so() {
    let (ehr, proxy) = (
        ehr(),
        ConnectProxy::start(Behaviour {
            tls: true,
            ..Behaviour::default()
        }),
    );
    let encrypted = ForwardProxy::new(format!("https://localhost:{}", proxy.port));
    assert_eq!(client(&encrypted).post(at(&ehr)).await.unwrap().status, 200);
    assert_eq!(proxy.heads().len(), 1);

    // Its certificate is checked as well.
    let trusting_nobody = TransportSettings {
        extra_roots: Vec::new().into(),
        ..settings(&encrypted, &[&["127.0.0.1"]])
    };
    let error = client_with(HttpClient::Reqwest, trusting_nobody)
        .post(at(&ehr))
        .await
        .unwrap_err();
    assert_eq!(error, TransportError::Tls);
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn exceptions_and_this_machine_are_asked_past_the_proxy() {
    let proxy = ConnectProxy::start(Behaviour::default());
    let (named, local) = (ehr(), Loopback::start_tls("server.pem", serve));
    let forward = ForwardProxy::new(proxy.address()).except(["other.example"]);
    assert_eq!(client(&forward).get(at(&named)).await.unwrap().status, 200);
    assert_eq!(
        client(&ForwardProxy::new(proxy.address()))
            .get(https(&local))
            .await
            .unwrap()
            .status,
        200
    );
    let plain = Loopback::always(answer("200 OK", &[], "{}"));
    assert_eq!(
        client(&ForwardProxy::new(proxy.address()))
            .get(plain.url("/"))
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(proxy.heads().len(), 0);
}

fn guarded(url: url::Url, named: &[&str]) -> HttpRequest {
    let mut request = HttpRequest::get(url, Duration::from_secs(5));
    request.addresses = Addresses::Guarded(AddressGuard::new(named).unwrap());
    request
}

#[tokio::test]
async fn guarded_requests_go_through_a_proxy_to_hosts_that_are_allowed_by_name_only() {
    let (ehr, proxy) = (ehr(), ConnectProxy::start(Behaviour::default()));
    let client = client(&ForwardProxy::new(proxy.address()));
    assert_eq!(client.0.addresses(), AddressEnforcement::NotEnforced);
    let error = client.send(guarded(at(&ehr), &[])).await.unwrap_err();
    assert_eq!(error, TransportError::AddressRefused);
    assert_eq!(proxy.heads().len(), 0);
    assert_eq!(
        client.send(guarded(at(&ehr), &["other.example"])).await.unwrap().status,
        200
    );
    assert_eq!(proxy.heads().len(), 1);
}

/// What the application says of the proxy changes nothing about what a URL says, and what is asked past the proxy.
#[tokio::test]
async fn a_proxy_that_guards_addresses_is_believed_and_the_rest_is_guarded_as_ever() {
    let (ehr, proxy) = (ehr(), ConnectProxy::start(Behaviour::default()));
    let forward = ForwardProxy::new(proxy.address()).danger_proxy_guards_addresses();
    let trusting = client(&forward);
    assert_eq!(trusting.send(guarded(at(&ehr), &[])).await.unwrap().status, 200);
    assert_eq!(proxy.heads().len(), 1);
    for address in [
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[fd00::1]/",
    ] {
        let error = trusting.send(guarded(address.parse().unwrap(), &[])).await.unwrap_err();
        assert_eq!(error, TransportError::AddressRefused, "{address}");
    }
    let past_it = client(&forward.except(["other.example"]));
    let error = past_it.send(guarded(at(&ehr), &[])).await.unwrap_err();
    assert_eq!(error, TransportError::AddressRefused);
    assert_eq!((proxy.heads().len(), ehr.connections()), (1, 1));
}

/// Sends what is meant for a plain server of this machine through the proxy, in TLS up to there.
#[derive(Debug)]
struct Through(OnEngine);

impl HttpTransport for Through {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        self.0.send(through(request))
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        self.0.stream(through(request))
    }

    fn addresses(&self) -> AddressEnforcement {
        self.0.addresses()
    }
}

fn through(mut request: HttpRequest) -> HttpRequest {
    if request.url.scheme() == "http" && request.url.host_str() == Some("127.0.0.1") {
        let port = request.url.port();
        request.url.set_scheme("https").unwrap();
        request.url.set_host(Some("other.example")).unwrap();
        request.url.set_port(port).unwrap();
    }
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_promise_of_a_transport_is_kept_through_a_proxy_too() {
    let proxy = ConnectProxy::start(Behaviour {
        demands: Some("Basic bWU6cGFzcw=="),
        ends_tls: true,
        ..Behaviour::default()
    });
    let forward = ForwardProxy::new(proxy.address()).credentials("me", "pass");
    let make = |wanted: &acceptance::Wanted| {
        Through(OnEngine::new(
            HttpClient::Reqwest,
            TransportSettings {
                connect_timeout: wanted.connect_timeout,
                body_limit: wanted.body_limit,
                user_agent: wanted.user_agent.to_owned(),
                proxy: forward.check().unwrap(),
                ..trusting()
            },
        ))
    };
    // A server that is down is the proxy's to notice; it says so with a status. And here a root is trusted that nobody has.
    const OTHERS: [&str; 2] = [
        "connections::a_refused_connection_was_not_sent",
        "certificates::a_certificate_that_nobody_trusts_is_refused_and_nothing_is_sent",
    ];
    let others = acceptance::cases()
        .into_iter()
        .filter(|case| !OTHERS.contains(&case.name));
    let running: Vec<_> = others
        .map(|case| (case.name, tokio::spawn((case.run)(acceptance::Subject::new(make)))))
        .collect();
    for (name, case) in running {
        assert!(case.await.is_ok(), "{name}");
    }
    assert!(proxy.heads().len() > 50, "{}", proxy.heads().len());
}
