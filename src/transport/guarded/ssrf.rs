//! A transport that resolves nothing itself gets the requests for named hosts and no others.

use std::{sync::Mutex, time::Duration};

use super::*;
use crate::{
    protocol::http::HttpResponse,
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    transport::{captured_logs::capture_logs, loopback::block_on},
};

/// An application's own: answers everything, and remembers what it was asked for and on which connection.
#[derive(Debug)]
struct Own {
    enforcement: Option<AddressEnforcement>,
    asked: Mutex<Vec<(String, Connection)>>,
}

impl HttpTransport for Own {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let asked = (request.url.to_string(), request.connection);
        self.asked.lock().unwrap().push(asked);
        Box::pin(std::future::ready(Ok(HttpResponse::new(200, Vec::new(), Vec::new()))))
    }

    fn addresses(&self) -> AddressEnforcement {
        // What a transport says that was written before this question existed.
        self.enforcement.unwrap_or_else(|| Silent.addresses())
    }
}

#[derive(Debug)]
struct Silent;

impl HttpTransport for Silent {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        Box::pin(std::future::ready(Err(TransportError::Refused)))
    }
}

struct Setup {
    own: Arc<Own>,
    engine: Engine,
}

fn setup(enforcement: Option<AddressEnforcement>) -> Setup {
    let own = Arc::new(Own {
        enforcement,
        asked: Mutex::default(),
    });
    let transport = Arc::clone(&own) as Arc<dyn HttpTransport>;
    let engine = Engine::new(EngineOptions {
        body_limit: 1024 * 1024,
        transport: TransportChoice::Custom(transport),
    });
    Setup { own, engine }
}

impl Setup {
    fn get(&self, url: &str, addresses: Addresses) -> Result<u16, TransportError> {
        let mut request = HttpRequest::get(url.parse().unwrap(), Duration::from_secs(5));
        request.addresses = addresses;
        let answer = block_on(self.engine.transport().send(request))?;
        Ok(answer.status)
    }

    fn asked(&self) -> Vec<(String, Connection)> {
        self.own.asked.lock().unwrap().clone()
    }
}

fn guarded(named: &[&str]) -> Addresses {
    Addresses::Guarded(AddressGuard::new(named).unwrap())
}

#[test]
fn behind_a_proxy_only_hosts_that_are_allowed_by_name_are_asked() {
    for not_enforced in [None, Some(AddressEnforcement::NotEnforced)] {
        let setup = setup(not_enforced);
        for refused in [
            "https://ehr.example/",
            "https://8.8.8.8/",
            "https://fhir.hospital.internal.evil.example/",
            "https://127.0.0.1/",
            "https://localhost/",
        ] {
            assert_eq!(
                setup.get(refused, guarded(&["fhir.hospital.internal"])),
                Err(TransportError::AddressRefused),
                "{refused}"
            );
        }
        assert_eq!(setup.asked(), []);
        let named = "https://fhir.hospital.internal/";
        assert_eq!(setup.get(named, guarded(&["fhir.hospital.internal"])), Ok(200));
        assert_eq!(setup.asked(), [(named.to_owned(), Connection::Fresh)]);
    }
}

#[test]
fn a_transport_that_looks_at_addresses_is_asked_for_names_but_not_for_what_a_url_gives_away() {
    let setup = setup(Some(AddressEnforcement::Enforced));
    for refused in [
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost./",
        "http://ehr.example/",
        "https://a:b@ehr.example/",
    ] {
        assert_eq!(
            setup.get(refused, guarded(&[])),
            Err(TransportError::AddressRefused),
            "{refused}"
        );
    }
    assert_eq!(setup.asked(), []);
    assert_eq!(setup.get("https://ehr.example/", guarded(&[])), Ok(200));
    assert_eq!(
        setup.asked(),
        [("https://ehr.example/".to_owned(), Connection::Fresh)],
        "a connection of the pool may lead elsewhere"
    );
}

#[test]
fn registrations_of_the_configuration_are_not_guarded() {
    let setup = setup(None);
    for url in ["https://ehr.example/", "https://10.0.0.1/", "http://localhost:8080/"] {
        assert_eq!(setup.get(url, Addresses::Any), Ok(200), "{url}");
    }
    let asked: Vec<_> = setup.asked().into_iter().map(|(_, connection)| connection).collect();
    assert_eq!(asked, [Connection::Any; 3]);
}

#[test]
fn a_refusal_was_not_sent_is_for_good_and_says_in_the_log_what_to_do() {
    let error = TransportError::AddressRefused;
    assert!(error.was_not_sent() && !error.is_temporary());
    let setup = setup(None);
    let by_url = capture_logs(tracing::Level::WARN, || {
        let _ = setup.get("https://10.0.0.1/fhir?code=marker", guarded(&[]));
    });
    assert!(
        by_url.contains("10.0.0.1") && by_url.contains("not a public address"),
        "{by_url}"
    );
    let by_name = capture_logs(tracing::Level::WARN, || {
        let _ = setup.get("https://ehr.example/fhir?code=marker", guarded(&[]));
    });
    assert!(
        by_name.contains("ehr.example") && by_name.contains("HttpTransport::addresses"),
        "{by_name}"
    );
    assert_eq!(by_url.lines().count() + by_name.lines().count(), 2);
    assert!(!by_url.contains("marker") && !by_name.contains("marker"));
}

#[test]
fn the_wrapper_says_of_itself_what_the_transport_says() {
    for enforcement in [AddressEnforcement::Enforced, AddressEnforcement::NotEnforced] {
        assert_eq!(setup(Some(enforcement)).engine.transport().addresses(), enforcement);
    }
}
