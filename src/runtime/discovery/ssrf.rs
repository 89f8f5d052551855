//! Redirects of metadata requests: each hop is judged on its own, and nothing that is refused gets a connection.
#![cfg(feature = "actix")]

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use super::{tests::SETTINGS, *};
use crate::{
    protocol::{
        metadata::ServerMetadata,
        network_guard::{AddressGuard, Addresses},
        transport_error::TransportError,
        urls::FhirBaseUrl,
    },
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    time::ManualClock,
    transport::{
        HttpClient,
        loopback::{Loopback, answer, block_on},
        settings::TransportSettings,
        shipped::ssrf::{LyingDns, settings},
    },
};

const DOCUMENT: &str = r#"{"token_endpoint":"https://ehr.example/token"}"#;

fn get(awc: TransportSettings, base: &str, addresses: &Addresses) -> Result<Arc<ServerMetadata>, DiscoveryError> {
    let engine = Engine::new(EngineOptions {
        body_limit: 1024 * 1024,
        transport: TransportChoice::shipped(HttpClient::Awc, awc),
    });
    let clock = Arc::new(ManualClock::default());
    let cache = DocumentCache::new(&engine, clock, SETTINGS);
    let base = FhirBaseUrl::parse(base).unwrap();
    block_on(cache.get(&DocumentRequest::metadata_of(&base).reaching(addresses.clone())))
}

/// An EHR on https that answers each request with a redirect, the last location for good; `None` is the document.
fn ehr(certificate: &str, locations: Vec<Option<String>>) -> Loopback {
    let next = Mutex::new(locations.into_iter());
    Loopback::start_tls(certificate, move |conn| {
        while conn.request().is_some() {
            let location = next.lock().unwrap().next().flatten();
            let bytes = location.map_or_else(
                || answer("200 OK", &[], DOCUMENT),
                |location| answer("302 Found", &[&format!("Location: {location}")], ""),
            );
            conn.send(&bytes);
        }
    })
}

#[test]
fn a_redirect_to_anywhere_else_is_refused_and_nobody_comes_there() {
    let elsewhere = Loopback::canary((Ipv4Addr::LOCALHOST, 0).into());
    let other = elsewhere.port;
    let v6 = Loopback::canary_v6(other);
    for (location, problem) in [
        ("http://localhost:{own}/x", RedirectProblem::Insecure),
        ("http://localhost:{other}/x", RedirectProblem::Insecure),
        ("http://127.0.0.1:{other}/x", RedirectProblem::Insecure),
        ("HTTP://LOCALHOST:{other}/x", RedirectProblem::Insecure),
        ("http:\\\\localhost:{other}\\x", RedirectProblem::Insecure),
        ("http://[::1]:{other}/x", RedirectProblem::Insecure),
        ("http://169.254.169.254/latest/meta-data/", RedirectProblem::Insecure),
        ("http://2130706433:{other}/", RedirectProblem::Insecure),
        ("https://localhost:{other}/x", RedirectProblem::Elsewhere),
        ("https://localhost.:{own}/x", RedirectProblem::Elsewhere),
        ("https://localhost/x", RedirectProblem::Elsewhere),
        ("https://127.0.0.1:{own}/x", RedirectProblem::Elsewhere),
        ("https://127.0.0.1:{other}/x", RedirectProblem::Elsewhere),
        ("https://0x7f000001:{other}/x", RedirectProblem::Elsewhere),
        ("https://127.1:{other}/x", RedirectProblem::Elsewhere),
        ("https://[::1]:{other}/x", RedirectProblem::Elsewhere),
        ("https://[::ffff:127.0.0.1]:{other}/x", RedirectProblem::Elsewhere),
        ("https://10.0.0.1/x", RedirectProblem::Elsewhere),
        ("//localhost:{other}/x", RedirectProblem::Elsewhere),
        ("/\\localhost:{other}/x", RedirectProblem::Elsewhere),
        ("///localhost:{other}/x", RedirectProblem::Unusable),
        ("https:\\\\localhost:{other}/x", RedirectProblem::Elsewhere),
        (
            "https://localhost:{own}@localhost:{other}/x",
            RedirectProblem::Elsewhere,
        ),
        ("https://a:b@localhost:{own}/x", RedirectProblem::Unusable),
        ("file:///etc/passwd", RedirectProblem::Unusable),
        ("gopher://localhost:{other}/x", RedirectProblem::Unusable),
        ("ftp://localhost:{other}/x", RedirectProblem::Unusable),
        ("https://[::1/x", RedirectProblem::Unusable),
    ] {
        let ehr = {
            // The location names the EHR's own port, which is known once it listens.
            let other = other.to_string();
            Loopback::start_tls("server.pem", move |conn| {
                while let Some(request) = conn.request() {
                    let host = request.to_ascii_lowercase();
                    let own = host.split_once("host: localhost:").unwrap().1;
                    let own: String = own.chars().take_while(char::is_ascii_digit).collect();
                    let location = location.replace("{own}", &own).replace("{other}", &other);
                    conn.send(&answer("302 Found", &[&format!("Location: {location}")], ""));
                }
            })
        };
        let base = format!("https://localhost:{}/fhir", ehr.port);
        let named = Addresses::Guarded(AddressGuard::new(["localhost", "127.0.0.1", "::1"]).unwrap());
        for addresses in [Addresses::Any, named] {
            let awc = settings(LyingDns::new(&[&["127.0.0.1"]]));
            let error = get(awc, &base, &addresses).unwrap_err();
            assert!(
                matches!(&error, DiscoveryError::Redirect { problem: is, .. } if *is == problem),
                "{location}: {error:?}"
            );
        }
        assert_eq!(ehr.connections(), 2, "{location}");
    }
    assert_eq!(
        elsewhere.connections() + v6.as_ref().map_or(0, Loopback::connections),
        0
    );
}

#[test]
fn the_guard_sees_every_hop_and_not_only_the_first() {
    let within = |path: &str| Some(path.to_owned());
    let playing_public = Addresses::Guarded(AddressGuard::playing_public([Ipv4Addr::LOCALHOST.into()]));
    for hops in 0..=3 {
        let mut locations = vec![within("next"); hops];
        locations.push(None);
        let ehr = ehr("other-name.pem", locations);
        let dns = LyingDns::new(&[&["127.0.0.1"]]);
        let base = format!("https://other.example:{}/fhir", ehr.port);
        get(settings(dns.clone()), &base, &playing_public).unwrap();
        assert_eq!(dns.asked(), vec!["other.example"; hops + 1]);

        // The name leads elsewhere from the last hop on.
        let mut answers = vec![&["127.0.0.1"] as &[_]; hops];
        answers.push(&["127.0.0.2"]);
        let mut locations = vec![within("next"); hops];
        locations.push(None);
        let (ehr, before) = (self::ehr("other-name.pem", locations), hops);
        let elsewhere = Loopback::canary((Ipv4Addr::new(127, 0, 0, 2), ehr.port).into());
        let base = format!("https://other.example:{}/fhir", ehr.port);
        let error = get(settings(LyingDns::new(&answers)), &base, &playing_public).unwrap_err();
        assert!(
            matches!(
                &error,
                DiscoveryError::Transport {
                    source: TransportError::AddressRefused,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(!error.is_temporary());
        assert_eq!((ehr.connections(), elsewhere.connections()), (before, 0), "{hops}");
    }
}

#[test]
fn a_guarded_registration_on_this_machine_is_refused_and_an_unguarded_one_is_not() {
    let ehr = ehr("server.pem", vec![None]);
    let base = format!("https://localhost:{}/fhir", ehr.port);
    let awc = || settings(LyingDns::new(&[&["127.0.0.1"]]));
    let guarded = |hosts: &[&str]| Addresses::Guarded(AddressGuard::new(hosts).unwrap());
    assert!(get(awc(), &base, &guarded(&[])).is_err());
    assert!(get(awc(), &base, &guarded(&["ehr.example"])).is_err());
    assert_eq!(ehr.connections(), 0);
    assert!(get(awc(), &base, &guarded(&["localhost"])).is_ok());
    assert!(get(awc(), &base, &Addresses::Any).is_ok());
    assert_eq!(ehr.connections(), 2);
}
