#![cfg(feature = "actix")]

mod broken;
mod openid;
mod refetch;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{cache::log_failure, entries::Answer, *};
use crate::{
    protocol::{
        http::{HttpRequest, HttpResponse},
        metadata::{MetadataError, ServerMetadata},
        transport_error::TransportError,
        urls::FhirBaseUrl,
    },
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    time::ManualClock,
    transport::{
        HttpClient, HttpTransport, TransportFuture,
        captured_logs::capture_logs,
        loopback::{Loopback, answer, block_on, gate},
        settings::TransportSettings,
    },
};

const DOCUMENT: &str = r#"{"token_endpoint":"https://ehr.example/token"}"#;

pub(super) const SETTINGS: DiscoverySettings = DiscoverySettings {
    ttl: Duration::from_secs(60 * 60),
    timeout: Duration::from_secs(10),
};

struct Setup {
    engine: Engine,
    clock: ManualClock,
    cache: DocumentCache<ServerMetadata>,
}

fn setup() -> Setup {
    setup_with(
        TransportChoice::shipped(HttpClient::Awc, TransportSettings::default()),
        SETTINGS,
    )
}

fn setup_with(transport: TransportChoice, settings: DiscoverySettings) -> Setup {
    let engine = Engine::new(EngineOptions {
        transport,
        body_limit: 1024 * 1024,
    });
    let clock = ManualClock::default();
    let cache = DocumentCache::new(&engine, Arc::new(clock.clone()), settings);
    Setup { engine, clock, cache }
}

impl Setup {
    fn get(&self, server: &Loopback) -> Answer<ServerMetadata> {
        block_on(self.cache.get(&DocumentRequest::metadata_of(&server.fhir_base())))
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn endpoint(server: &Loopback) -> String {
    server.url("/fhir/.well-known/smart-configuration").to_string()
}

fn good() -> Vec<u8> {
    answer("200 OK", &["Content-Type: application/json"], DOCUMENT)
}

/// Answers request number n (from 0, over all connections) with the n-th of these, and with the last ever after.
fn in_turn(answers: Vec<Vec<u8>>) -> Loopback {
    let next = std::sync::atomic::AtomicUsize::new(0);
    Loopback::start(move |conn| {
        while conn.request().is_some() {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            conn.send(&answers[number.min(answers.len() - 1)]);
        }
    })
}

#[test]
fn nothing_is_fetched_before_it_is_asked_for_and_then_once() {
    let server = Loopback::always(good());
    let setup = setup();
    assert_eq!(server.connections(), 0);
    let first = setup.get(&server).unwrap();
    let second = setup.get(&server).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET /fhir/.well-known/smart-configuration HTTP/1.1\r\n"));
    assert!(
        requests[0]
            .to_ascii_lowercase()
            .contains("\r\naccept: application/json, application/fhir+json;q=0.9, */*;q=0.1\r\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_ask_at_once_share_one_request() {
    let (open, wait) = gate();
    let server = Loopback::start(move |conn| {
        while conn.request().is_some() {
            wait();
            conn.send(&good());
        }
    });
    let setup = setup();
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let (cache, base) = (setup.cache.clone(), DocumentRequest::metadata_of(&server.fhir_base()));
            tokio::spawn(async move { cache.get(&base).await })
        })
        .collect();
    server.wait_for_requests(1);
    open.send(()).unwrap();
    for answer in asking {
        assert!(answer.await.unwrap().is_ok());
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn fifty_who_ask_at_once_share_one_failure() {
    let server = Loopback::always(answer("503 Busy", &[], ""));
    let setup = setup();
    let results: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..50).map(|_| scope.spawn(|| setup.get(&server))).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    for result in results {
        assert_eq!(result.unwrap_err().status(), Some(503));
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_fetch_goes_on_when_the_one_who_asked_is_gone() {
    let (open, wait) = gate();
    let server = Loopback::start(move |conn| {
        while conn.request().is_some() {
            wait();
            conn.send(&good());
        }
    });
    let setup = setup();
    let base = DocumentRequest::metadata_of(&server.fhir_base());
    let mut asking = Box::pin(setup.cache.get(&base));
    block_on(std::future::poll_fn(|cx| {
        assert!(asking.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    }));
    drop(asking);
    server.wait_for_requests(1);
    open.send(()).unwrap();
    assert!(setup.get(&server).is_ok());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_document_is_kept_for_the_configured_time() {
    let server = Loopback::always(good());
    let setup = setup();
    setup.get(&server).unwrap();
    setup.advance(3599);
    setup.get(&server).unwrap();
    assert_eq!(server.requests().len(), 1);
    setup.advance(1);
    setup.get(&server).unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn cache_control_shortens_the_time_but_not_below_the_floor_and_never_lengthens_it() {
    for (headers, seconds) in [
        (vec!["Cache-Control: max-age=60"], 60),
        (vec!["Cache-Control: public, MAX-AGE=\"60\""], 60),
        (vec!["Cache-Control: max-age=60", "Age: 20"], 40),
        (vec!["Cache-Control: max-age=60", "Cache-Control: max-age=30"], 30),
        (vec!["Cache-Control: max-age=5"], 10),
        (vec!["Cache-Control: max-age=0"], 10),
        (vec!["Cache-Control: no-store"], 10),
        (vec!["Cache-Control: no-cache, max-age=600"], 10),
        (vec!["Cache-Control: max-age=soon"], 10),
        (vec!["Cache-Control: max-age=-1"], 10),
        (vec!["Cache-Control: max-age=86400"], 3600),
        (vec!["Cache-Control: public, s-maxage=5"], 3600),
        (vec!["Age: 100"], 3600),
    ] {
        let server = Loopback::always(answer("200 OK", &headers, DOCUMENT));
        let setup = setup();
        setup.get(&server).unwrap();
        setup.advance(seconds - 1);
        setup.get(&server).unwrap();
        assert_eq!(server.requests().len(), 1, "{headers:?}");
        setup.advance(1);
        setup.get(&server).unwrap();
        assert_eq!(server.requests().len(), 2, "{headers:?}");
    }
}

#[test]
fn a_failure_is_remembered_for_five_seconds() {
    let server = in_turn(vec![answer("500 Oops", &[], ""), good()]);
    let setup = setup();
    let error = setup.get(&server).unwrap_err();
    assert_eq!(
        error,
        DiscoveryError::Status {
            document: DocumentKind::ServerMetadata,
            endpoint: endpoint(&server),
            status: 500
        }
    );
    setup.clock.advance(Duration::from_millis(4999));
    assert_eq!(setup.get(&server).unwrap_err(), error);
    assert_eq!(server.requests().len(), 1);
    setup.clock.advance(Duration::from_millis(1));
    assert!(setup.get(&server).is_ok());
}

#[test]
fn the_last_good_document_is_served_while_fetching_fails() {
    let html = answer("200 OK", &[], "<html>");
    let changed = answer("200 OK", &[], r#"{"token_endpoint":"https://new.example/token"}"#);
    let server = in_turn(vec![good(), answer("503 Down", &[], ""), html, changed]);
    let setup = setup();
    let first = setup.get(&server).unwrap();
    for fetched in [2, 3] {
        setup.advance(3600);
        assert!(Arc::ptr_eq(&setup.get(&server).unwrap(), &first));
        assert!(Arc::ptr_eq(&setup.get(&server).unwrap(), &first), "within the pause");
        assert_eq!(server.requests().len(), fetched);
    }
    setup.advance(5);
    let renewed = setup.get(&server).unwrap();
    assert_eq!(renewed.token_endpoint().unwrap().as_str(), "https://new.example/token");
}

#[test]
fn each_fhir_base_url_has_an_entry_of_its_own() {
    let (one, two) = (Loopback::always(good()), Loopback::always(answer("404 No", &[], "")));
    let setup = setup();
    assert!(setup.get(&one).is_ok());
    assert!(setup.get(&two).is_err());
    assert!(setup.get(&one).is_ok());
}

#[test]
fn a_wrong_content_type_does_not_matter_when_the_body_is_right() {
    for content_type in ["Content-Type: text/html", "Content-Type: application/fhir+json", "X: y"] {
        let server = Loopback::always(answer("200 OK", &[content_type], DOCUMENT));
        assert!(setup().get(&server).is_ok(), "{content_type}");
    }
}

#[test]
fn a_bad_document_says_what_it_is_and_where() {
    for (body, source) in [
        ("", MetadataError::Empty),
        ("<html></html>", MetadataError::Html),
        ("[]", MetadataError::NotAnObject),
        ("{\"a\":", MetadataError::Truncated),
        ("nope", MetadataError::NotJson { line: 1, column: 2 }),
    ] {
        let server = Loopback::always(answer("200 OK", &["Content-Type: application/json"], body));
        let error = setup().get(&server).unwrap_err();
        let endpoint = endpoint(&server);
        assert!(error.to_string().contains(&endpoint), "{error}");
        assert_eq!(error, DiscoveryError::Document { endpoint, source });
    }
}

#[test]
fn a_body_that_is_cut_off_too_large_or_compressed_and_broken_is_an_error() {
    let cut = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"token_endpoint\":");
    });
    let error = setup().get(&cut).unwrap_err();
    assert!(error.is_temporary(), "{error:?}");

    let huge = Loopback::always(answer("200 OK", &[], "x".repeat(1024 * 1024 + 1)));
    assert!(matches!(
        setup().get(&huge).unwrap_err(),
        DiscoveryError::Transport {
            source: TransportError::BodyTooLarge,
            ..
        }
    ));

    let gzip = Loopback::always(answer("200 OK", &["Content-Encoding: gzip"], [0x1f, 0x8b, 8, 0]));
    assert!(matches!(
        setup().get(&gzip).unwrap_err(),
        DiscoveryError::Transport {
            source: TransportError::DamagedBody,
            ..
        }
    ));
}

#[test]
fn a_server_that_does_not_answer_is_given_up_in_time() {
    let server = Loopback::start(|conn| {
        conn.request();
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        std::thread::sleep(Duration::from_secs(10));
    });
    let settings = DiscoverySettings {
        timeout: Duration::from_secs(1),
        ..SETTINGS
    };
    let setup = setup_with(
        TransportChoice::shipped(HttpClient::Awc, TransportSettings::default()),
        settings,
    );
    let start = Instant::now();
    let error = setup.get(&server).unwrap_err();
    assert_eq!(
        error,
        DiscoveryError::Transport {
            endpoint: endpoint(&server),
            source: TransportError::Timeout
        }
    );
    assert!(error.is_temporary());
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_status_says_what_to_do_and_whether_to_try_again() {
    for (line, temporary, hint) in [
        ("404 Not Found", false, "does not end in the name of a resource"),
        ("401 Unauthorized", false, "a path too many or too few"),
        ("403 Forbidden", false, "without signing in"),
        ("429 Slow", true, "fewer requests"),
        ("500 Oops", true, "try again later"),
        ("599 Odd", true, "try again later"),
        ("304 Not Modified", false, "304"),
        ("400 Bad", false, "400"),
    ] {
        let server = Loopback::always(answer(line, &[], ""));
        let error = setup().get(&server).unwrap_err();
        assert!(line.starts_with(&error.status().unwrap().to_string()), "{line}");
        assert_eq!(error.is_temporary(), temporary, "{line}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

fn redirect(status: &str, to: &str) -> Vec<u8> {
    answer(status, &[&format!("Location: {to}")], "")
}

#[test]
fn three_redirects_within_the_origin_are_followed_and_a_fourth_is_not() {
    let hops = |count: usize| {
        let statuses = ["301 M", "302 F", "307 T", "308 P"];
        let mut answers: Vec<_> = (0..count)
            .map(|hop| redirect(statuses[hop], &format!("/r{hop}/.well-known/smart-configuration")))
            .collect();
        answers.push(good());
        in_turn(answers)
    };
    for count in 0..=3 {
        let server = hops(count);
        assert!(setup().get(&server).is_ok(), "{count}");
        assert_eq!(server.requests().len(), count + 1);
    }
    let server = hops(4);
    assert_eq!(
        setup().get(&server).unwrap_err(),
        DiscoveryError::Redirect {
            document: DocumentKind::ServerMetadata,
            endpoint: server.url("/r2/.well-known/smart-configuration").to_string(),
            problem: RedirectProblem::TooMany,
            configure: server.url("/r3").to_string(),
        }
    );
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_redirect_that_is_not_followed_prints_the_url_to_configure() {
    let elsewhere = Loopback::always(good());
    let other = elsewhere.url("/r4").to_string();
    for (location, problem, configure) in [
        (
            format!("{other}/.well-known/smart-configuration"),
            RedirectProblem::Elsewhere,
            other.as_str(),
        ),
        (
            "https://ehr.example/r4/.well-known/smart-configuration?x=1#y".to_owned(),
            RedirectProblem::Elsewhere,
            "https://ehr.example/r4",
        ),
        (
            "https://ehr.example/.well-known/smart-configuration".to_owned(),
            RedirectProblem::Elsewhere,
            "https://ehr.example",
        ),
        (
            "http://ehr.example/r4/.well-known/smart-configuration".to_owned(),
            RedirectProblem::Insecure,
            "https://ehr.example/r4",
        ),
        (
            "//ehr.example/login".to_owned(),
            RedirectProblem::Insecure,
            "https://ehr.example/login",
        ),
        (
            "https://user:secret@ehr.example/r4".to_owned(),
            RedirectProblem::Elsewhere,
            "https://ehr.example/r4",
        ),
    ] {
        let server = Loopback::always(redirect("302 Found", &location));
        let error = setup().get(&server).unwrap_err();
        assert!(error.to_string().contains(configure), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(
            error,
            DiscoveryError::Redirect {
                document: DocumentKind::ServerMetadata,
                endpoint: endpoint(&server),
                problem,
                configure: configure.to_owned()
            },
            "{location}"
        );
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(
        elsewhere.connections(),
        0,
        "nothing is fetched from a host that nobody allowed"
    );
}

#[test]
fn a_redirect_without_a_usable_location_is_an_error() {
    let nowhere = answer("302 Found", &[], "");
    let script = redirect("302 Found", "javascript:alert(1)");
    let broken = redirect("302 Found", "https://[");
    for bytes in [nowhere, script, broken] {
        let server = Loopback::always(bytes);
        assert!(matches!(
            setup().get(&server).unwrap_err(),
            DiscoveryError::Redirect {
                problem: RedirectProblem::Unusable,
                ..
            }
        ));
    }
    let server = in_turn(vec![good()]);
    let credentials = format!("http://user:secret@127.0.0.1:{}/x", server.port);
    let at_itself = Loopback::start(move |conn| {
        conn.request();
        conn.send(&redirect("302 Found", &credentials));
    });
    assert!(setup().get(&at_itself).is_err());
    assert_eq!(server.connections(), 0);
}

/// An EHR on https, played by a transport, since https to http is what has to be refused.
#[derive(Debug)]
struct Scripted(&'static str);

impl HttpTransport for Scripted {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        assert_eq!(request.url.host_str(), Some("ehr.example"));
        let location = vec![("Location".to_owned(), self.0.to_owned())];
        Box::pin(std::future::ready(Ok(HttpResponse::new(302, location, Vec::new()))))
    }
}

#[test]
fn https_never_becomes_http_not_even_on_loopback() {
    for (location, problem, configure) in [
        (
            "http://ehr.example/r4",
            RedirectProblem::Insecure,
            "https://ehr.example/r4",
        ),
        (
            "http://localhost:8080/r4",
            RedirectProblem::Insecure,
            "http://localhost:8080/r4",
        ),
        (
            "https://ehr.example:8443/r4",
            RedirectProblem::Elsewhere,
            "https://ehr.example:8443/r4",
        ),
        (
            "https://a:b@ehr.example/r4",
            RedirectProblem::Unusable,
            "https://ehr.example/r4",
        ),
    ] {
        let transport = TransportChoice::Custom(Arc::new(Scripted(location)));
        let setup = setup_with(transport, SETTINGS);
        let base = DocumentRequest::metadata_of(&FhirBaseUrl::parse("https://ehr.example/fhir").unwrap());
        assert_eq!(
            block_on(setup.cache.get(&base)).unwrap_err(),
            DiscoveryError::Redirect {
                document: DocumentKind::ServerMetadata,
                endpoint: "https://ehr.example/fhir/.well-known/smart-configuration".to_owned(),
                problem,
                configure: configure.to_owned()
            }
        );
    }
}

#[test]
fn after_a_shutdown_asking_says_so_and_what_is_cached_is_served() {
    let (one, two) = (Loopback::always(good()), Loopback::always(good()));
    let setup = setup();
    setup.get(&one).unwrap();
    block_on(setup.engine.shutdown(Duration::from_secs(5)));
    assert!(setup.get(&one).is_ok());
    for _ in 0..2 {
        let error = setup.get(&two).unwrap_err();
        assert_eq!(
            error,
            DiscoveryError::Interrupted {
                endpoint: endpoint(&two)
            }
        );
    }
    assert_eq!(two.connections(), 0);
}

/// Panics the first time.
#[derive(Debug, Default)]
struct Fragile(std::sync::atomic::AtomicBool);

impl HttpTransport for Fragile {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        let again = self.0.swap(true, std::sync::atomic::Ordering::SeqCst);
        assert!(again, "on purpose");
        let body = DOCUMENT.as_bytes().to_vec();
        Box::pin(std::future::ready(Ok(HttpResponse::new(200, Vec::new(), body))))
    }
}

#[test]
fn a_fetch_that_panics_fails_those_who_wait_and_nobody_else() {
    let transport = TransportChoice::Custom(Arc::new(Fragile::default()));
    let setup = setup_with(transport, SETTINGS);
    let base = DocumentRequest::metadata_of(&FhirBaseUrl::parse("https://ehr.example/fhir").unwrap());
    assert!(matches!(
        block_on(setup.cache.get(&base)),
        Err(DiscoveryError::Interrupted { .. })
    ));
    assert!(block_on(setup.cache.get(&base)).is_ok());
}

#[test]
fn endpoints_that_are_not_named_are_errors_where_they_are_needed() {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    let metadata = ServerMetadata::parse(DOCUMENT.as_bytes(), &base).unwrap();
    assert_eq!(token_endpoint(&metadata).unwrap().as_str(), "https://ehr.example/token");
    assert_eq!(
        authorization_endpoint(&metadata).unwrap_err(),
        DiscoveryError::MissingEndpoint {
            field: "authorization_endpoint"
        }
    );
}

#[test]
fn a_failure_is_one_error_line_and_a_warning_when_an_earlier_document_serves() {
    let error = DiscoveryError::Status {
        document: DocumentKind::ServerMetadata,
        endpoint: "https://ehr.example/x".to_owned(),
        status: 503,
    };
    for (earlier, level) in [(false, "ERROR"), (true, " WARN")] {
        let logged = capture_logs(tracing::Level::INFO, || {
            log_failure(DocumentKind::ServerMetadata, &error, earlier)
        });
        assert_eq!(logged.lines().count(), 1, "{logged}");
        assert!(logged.contains(level), "{logged}");
        assert!(
            logged.contains("status=503") && logged.contains("https://ehr.example/x"),
            "{logged}"
        );
    }
}

#[test]
fn the_future_can_be_sent_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let setup = setup();
    let base = DocumentRequest::metadata_of(&FhirBaseUrl::parse("https://ehr.example/fhir").unwrap());
    is_send(&setup.cache.get(&base));
}
