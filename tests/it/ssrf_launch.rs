//! What somebody may write as `iss` to have the application knock elsewhere: 400, and no listener that stands where a
//! client would go that believes the address sees a connection. What names the registered server starts a launch, and
//! what is asked is the registered address.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use actix_smart_auth::{
    Ehr,
    transport::{HttpRequest, HttpResponse, HttpTransport, TransportFuture},
};
use url::{Host, Url};

use crate::support::{App, Browser, RawServer};

const SAME: u16 = 303;
const UNKNOWN: u16 = 400;

/// `{host}` is the registered server's, with its port `{port}`; at `{other}` is somebody else.
#[rustfmt::skip]
const ON_LOOPBACK: [(&str, u16); 58] = [
    ("http://{host}/fhir", SAME),
    ("http://{host}/fhir/", SAME),
    ("HTTP://{host}/fhir", SAME),
    ("hTtP://{host}/fhir/", SAME),
    // The registered machine, in other words.
    ("http://localhost:{port}/fhir", UNKNOWN),
    ("http://LOCALHOST:{port}/fhir", UNKNOWN),
    ("http://localhost.:{port}/fhir", UNKNOWN),
    ("http://x.localhost:{port}/fhir", UNKNOWN),
    ("http://127.0.0.1.:{port}/fhir", UNKNOWN),
    ("http://127.1:{port}/fhir", UNKNOWN),
    ("http://2130706433:{port}/fhir", UNKNOWN),
    ("http://0x7f000001:{port}/fhir", UNKNOWN),
    ("http://0x7f.0.0.1:{port}/fhir", UNKNOWN),
    ("http://0177.0.0.1:{port}/fhir", UNKNOWN),
    ("http://017700000001:{port}/fhir", UNKNOWN),
    ("http://127.0.0.001:{port}/fhir", UNKNOWN),
    ("http://0.0.0.0:{port}/fhir", UNKNOWN),
    ("http://[::1]:{port}/fhir", UNKNOWN),
    ("http://[::]:{port}/fhir", UNKNOWN),
    ("http://[0:0:0:0:0:0:0:1]:{port}/fhir", UNKNOWN),
    ("http://[::ffff:127.0.0.1]:{port}/fhir", UNKNOWN),
    ("http://[::ffff:7f00:1]:{port}/fhir", UNKNOWN),
    ("http://１２７.0.0.1:{port}/fhir", UNKNOWN),
    ("http://①②⑦.0.0.1:{port}/fhir", UNKNOWN),
    ("http://127。0。0。1:{port}/fhir", UNKNOWN),
    ("http://%31%32%37.0.0.1:{port}/fhir", UNKNOWN),
    ("http://127%2E0.0.1:{port}/fhir", UNKNOWN),
    ("http://127.0.0.1:0{port}/fhir", UNKNOWN),
    ("http:{host}/fhir", UNKNOWN),
    ("http:/{host}/fhir", UNKNOWN),
    ("http:///{host}/fhir", UNKNOWN),
    ("http:\\\\{host}\\fhir", UNKNOWN),
    ("http://{host}\\fhir", UNKNOWN),
    ("ht\ttp://{host}/fhir", UNKNOWN),
    ("http://127.0.\n0.1:{port}/fhir", UNKNOWN),
    ("http://{host}/fh\rir", UNKNOWN),
    (" http://{host}/fhir", UNKNOWN),
    ("http://{host}/fhir ", UNKNOWN),
    ("http://{host}//fhir", UNKNOWN),
    ("http://{host}/fhir//", UNKNOWN),
    ("http://{host}/fhir/.", UNKNOWN),
    ("http://{host}/%66hir", UNKNOWN),
    ("http://{host}/fhir#", UNKNOWN),
    ("http://{host}/fhir#x", UNKNOWN),
    ("http://{host}/fhir?", UNKNOWN),
    ("http://{host}/fhir;x", UNKNOWN),
    ("https://{host}/fhir", UNKNOWN),
    ("ws://{host}/fhir", UNKNOWN),
    ("ftp://{host}/fhir", UNKNOWN),
    ("//{host}/fhir", UNKNOWN),
    // Somebody else.
    ("http://127.0.0.1:{other}/fhir", UNKNOWN),
    ("http://[::1]:{other}/fhir", UNKNOWN),
    ("http://{host}@127.0.0.1:{other}/fhir", UNKNOWN),
    ("http://user:secret@{host}/fhir", UNKNOWN),
    ("http://127.0.0.1:{other}#@{host}/fhir", UNKNOWN),
    ("http://127.0.0.1:{other}\\@{host}/fhir", UNKNOWN),
    ("http://127.0.0.1:{other}/?http://{host}/fhir", UNKNOWN),
    ("http://127.0.0.1:{other}/{host}/fhir", UNKNOWN),
];

#[actix_web::test]
async fn only_the_registered_server_is_asked_however_an_iss_is_written() {
    let app = App::start();
    let host = app.sandbox.origin().trim_start_matches("http://").to_owned();
    let port: u16 = host.rsplit_once(':').unwrap().1.parse().unwrap();
    let canary = RawServer::canary();
    let other: u16 = canary.origin.rsplit_once(':').unwrap().1.parse().unwrap();
    let canaries: Vec<_> = [RawServer::canary_v6(port), RawServer::canary_v6(other)]
        .into_iter()
        .flatten()
        .chain([canary])
        .collect();
    let mut believed = BTreeSet::new();
    for (form, status) in ON_LOOPBACK {
        let iss = form
            .replace("{host}", &host)
            .replace("{port}", &port.to_string())
            .replace("{other}", &other.to_string());
        if leads_to(&iss).is_some_and(|address| [port, other].contains(&address.port())) {
            believed.insert(form);
        }
        let before = app.sandbox.received_requests().len();
        let answer = launch(&app, &iss).await;
        assert_eq!(answer, status, "{iss:?}");
        if status == UNKNOWN {
            assert_eq!(app.sandbox.received_requests().len(), before, "{iss:?}");
        }
        for canary in &canaries {
            assert_eq!(canary.connections(), 0, "{iss:?} at {}", canary.origin);
        }
    }
    let asked: Vec<_> = app.sandbox.received_requests().into_iter().map(|it| it.path).collect();
    assert_eq!(asked, ["/fhir/.well-known/smart-configuration"]);
    let refused = ON_LOOPBACK.iter().filter(|(_, status)| *status == UNKNOWN).count();
    println!(
        "{refused} forms refused; a URL parser takes {} of all for one of the listeners",
        believed.len()
    );
    assert!(refused >= 25 && believed.len() >= 25, "{believed:?}");
}

/// Where a client connects that believes the address; the names of this machine resolve to it.
fn leads_to(iss: &str) -> Option<SocketAddr> {
    let url = Url::parse(iss).ok()?;
    let address = match url.host()? {
        Host::Domain(name) if name.trim_end_matches('.').ends_with("localhost") => Ipv4Addr::LOCALHOST.into(),
        Host::Domain(_) => return None,
        Host::Ipv4(Ipv4Addr::LOCALHOST | Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        Host::Ipv6(Ipv6Addr::LOCALHOST | Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => address.to_canonical(),
    };
    address
        .is_loopback()
        .then(|| Some(SocketAddr::new(address, url.port_or_known_default()?)))?
}

/// Against a registration at `https://ehr.example/fhir`.
#[rustfmt::skip]
const BY_NAME: [(&str, u16); 40] = [
    ("https://ehr.example/fhir", SAME),
    ("https://ehr.example/fhir/", SAME),
    ("HTTPS://ehr.example/fhir", SAME),
    ("https://EHR.Example/fhir", SAME),
    ("https://ehr.example:443/fhir", SAME),
    ("HTTPS://EHR.EXAMPLE:443/fhir/", SAME),
    ("https://ehr.example./fhir", UNKNOWN),
    ("https://ehr.example../fhir", UNKNOWN),
    ("https://.ehr.example/fhir", UNKNOWN),
    ("https://ehr.example:0443/fhir", UNKNOWN),
    ("https://ehr.example:/fhir", UNKNOWN),
    ("https://ehr.example:8443/fhir", UNKNOWN),
    ("https://ehr.example:80/fhir", UNKNOWN),
    ("http://ehr.example/fhir", UNKNOWN),
    ("http://ehr.example:443/fhir", UNKNOWN),
    ("https://еhr.example/fhir", UNKNOWN),             // a Cyrillic letter
    ("https://xn--hr-nlc.example/fhir", UNKNOWN),
    ("https://ｅhr.example/fhir", UNKNOWN),            // a full-width one, which is the same host
    ("https://ehr。example/fhir", UNKNOWN),            // an ideographic full stop
    ("https://eh\u{ad}r.example/fhir", UNKNOWN),       // a soft hyphen, which is dropped
    ("https://eh\u{200b}r.example/fhir", UNKNOWN),
    ("https://eh%72.example/fhir", UNKNOWN),
    ("https://ehr%2Eexample/fhir", UNKNOWN),
    ("https://ehr.exa\tmple/fhir", UNKNOWN),
    ("https://ehr.example\\fhir", UNKNOWN),
    ("https:\\\\ehr.example\\fhir", UNKNOWN),
    ("https:ehr.example/fhir", UNKNOWN),
    ("https:////ehr.example/fhir", UNKNOWN),
    ("https://ehr.example/FHIR", UNKNOWN),
    ("https://ehr.example/./fhir", UNKNOWN),
    ("https://ehr.example/x/../fhir", UNKNOWN),
    ("https://ehr.example/fhir/Patient", UNKNOWN),
    ("https://user@ehr.example/fhir", UNKNOWN),
    ("https://:@ehr.example/fhir", UNKNOWN),
    ("https://ehr.example@evil.example/fhir", UNKNOWN),
    ("https://ehr.example:443@evil.example/fhir", UNKNOWN),
    ("https://ehr.example.evil.example/fhir", UNKNOWN),
    ("https://evil.example/fhir#https://ehr.example/fhir", UNKNOWN),
    ("https://evil.example/?https://ehr.example/fhir", UNKNOWN),
    ("https://169.254.169.254/latest/meta-data/", UNKNOWN),
];

/// Plays `https://ehr.example`, and remembers what it was asked for.
#[derive(Debug, Clone, Default)]
struct Wire(Arc<Mutex<Vec<String>>>);

impl HttpTransport for Wire {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        self.0.lock().unwrap().push(request.url.to_string());
        let document =
            br#"{"authorization_endpoint":"https://ehr.example/a","token_endpoint":"https://ehr.example/t"}"#;
        Box::pin(std::future::ready(Ok(HttpResponse::new(
            200,
            Vec::new(),
            document.to_vec(),
        ))))
    }
}

#[actix_web::test]
async fn only_the_registered_name_is_asked_however_an_iss_is_written() {
    for (iss, status) in BY_NAME {
        let wire = Wire::default();
        let transport = wire.clone();
        let app = App::builder()
            .config(|config| config.transport(transport))
            .ehr(|_| {
                Ehr::builder("https://ehr.example/fhir")
                    .client_id("app")
                    .redirect_uri("http://127.0.0.1:1/auth/callback")
                    .scopes("launch openid")
            })
            .start();
        assert_eq!(launch(&app, iss).await, status, "{iss:?}");
        let asked = wire.0.lock().unwrap().clone();
        match status {
            SAME => assert_eq!(
                asked,
                ["https://ehr.example/fhir/.well-known/smart-configuration"],
                "{iss:?}"
            ),
            _ => assert_eq!(asked, [] as [&str; 0], "{iss:?}"),
        }
    }
}

/// The status of a launch from that EHR.
async fn launch(app: &App, iss: &str) -> u16 {
    let iss: String = url::form_urlencoded::byte_serialize(iss.as_bytes()).collect();
    let answer = Browser::new()
        .get(&app.url(&format!("/auth/launch?iss={iss}&launch=x")))
        .await;
    if answer.status == UNKNOWN {
        assert!(answer.body.contains("unknown-ehr"), "{iss}: {}", answer.body);
        assert!(answer.set_cookies().is_empty(), "{iss}");
    }
    answer.status
}
