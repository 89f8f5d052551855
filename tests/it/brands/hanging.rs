//! A publisher that accepts connections and never answers.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    time::Duration,
};

use actix_smart_auth::{
    SmartClient, SmartConfig,
    brands::{BrandDirectory, BrandLogos, EhrNames},
    error::EhrLookupError,
    sandbox::SandboxServer,
};
use actix_web::rt::time::timeout;

use super::{answer, builder, bundle, chooser::page, endpoint, linked::ehr, one, organization, registration};
use crate::support::{Logs, RawServer, clock, eventually};

/// Far less than the 120 s that a fetch may take, far more than what is done at once.
const SOON: Duration = Duration::from_secs(60);

struct Hanging {
    publisher: TcpListener,
    address: String,
}

impl Hanging {
    fn start() -> Self {
        let publisher = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hanging.json", publisher.local_addr().unwrap());
        Self { publisher, address }
    }

    /// Answers the one who waits longest after all.
    fn answers(&self, answer: &[u8]) {
        let (mut waiting, _) = self.publisher.accept().unwrap();
        let mut request = [0; 1_024];
        assert!(waiting.read(&mut request).unwrap() > 0);
        waiting.write_all(answer).unwrap();
    }
}

fn config(directory: BrandDirectory) -> SmartConfig {
    builder(&clock()).brands(directory).build().unwrap()
}

#[actix_web::test]
async fn a_hanging_bundle_takes_nothing_away_of_another_wherever_it_stands() {
    for hanging_first in [false, true] {
        let (good, hanging) = (RawServer::start(), Hanging::start());
        good.answer(answer(200, "", &one("North Hospital")));
        let (first, second) = match hanging_first {
            true => (&hanging.address, &good.origin),
            false => (&good.origin, &hanging.address),
        };
        let config = config(BrandDirectory::new(first, registration).and_bundle(second));
        let (status, body) = timeout(SOON, page(&config, "")).await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("North Hospital"), "{body}");
        let found = timeout(SOON, SmartClient::for_ehr(&config, "https://north.example/fhir")).await;
        assert!(found.unwrap().is_ok());
        assert_eq!(good.connections(), 1);
    }
}

#[actix_web::test]
async fn an_ehr_that_may_be_in_a_hanging_bundle_is_unavailable_and_the_log_names_the_bundle() {
    let logs = Logs::collect();
    let (good, hanging) = (RawServer::start(), Hanging::start());
    good.answer(answer(200, "", &one("North Hospital")));
    let secret = format!("{}?key=k-e-y", hanging.address);
    let config = config(BrandDirectory::new(&good.origin, registration).and_bundle(secret));
    let asked = timeout(SOON, SmartClient::for_ehr(&config, "https://south.example/fhir")).await;
    assert!(matches!(asked.unwrap(), Err(EhrLookupError::Unavailable)));
    let (status, body) = timeout(SOON, page(&config, "south")).await.unwrap();
    assert_eq!(status, 503, "{body}");
    let text = logs.text();
    assert!(text.contains(&hanging.address) && !text.contains("k-e-y"), "{text}");
}

fn config_of_names(server: &SandboxServer) -> SmartConfig {
    SmartConfig::builder()
        .ehr(ehr(&server.fhir_base_url(), "EHR 17"))
        .ehr(ehr("http://127.0.0.1:9/fhir", "Silent"))
        .allow_hosts(["127.0.0.1"])
        .ehr_names(EhrNames::Brands(BrandLogos::LeftOut))
        .build()
        .unwrap()
}

/// One EHR under the name of the bundle that it links, and those of a directory.
fn config_with_both(server: &SandboxServer, directory: BrandDirectory) -> SmartConfig {
    builder(&clock())
        .ehr(ehr(&server.fhir_base_url(), "EHR 17"))
        .brands(directory)
        .allow_hosts(["127.0.0.1"])
        .ehr_names(EhrNames::Brands(BrandLogos::LeftOut))
        .build()
        .unwrap()
}

/// How long a person waits for the page, which has the configured name.
async fn waited(config: &SmartConfig) -> Duration {
    let began = tokio::time::Instant::now();
    let (status, body) = page(config, "").await;
    assert!(status == 200 && body.contains("EHR 17"), "{body}");
    began.elapsed()
}

#[actix_web::test]
async fn a_linked_bundle_and_another_that_both_hang_are_waited_for_at_once() {
    let (linked, other, server) = (
        Hanging::start(),
        Hanging::start(),
        crate::support::strict_ehr().start().unwrap(),
    );
    server.set_metadata_field("user_access_brand_bundle", linked.address.as_str());
    let config = config_with_both(&server, BrandDirectory::new(&other.address, registration));
    let waited = waited(&config).await;
    // One after the other it would be six.
    assert!((3..6).contains(&waited.as_secs()), "{waited:?}");
}

#[actix_web::test]
async fn who_loads_all_bundles_has_them_asked_for_at_once() {
    let (linked, other, server) = (
        Hanging::start(),
        RawServer::start(),
        crate::support::strict_ehr().start().unwrap(),
    );
    other.answer(answer(200, "", &one("North Hospital")));
    server.set_metadata_field("user_access_brand_bundle", linked.address.as_str());
    let directory = BrandDirectory::new(&other.origin, registration);
    let config = config_with_both(&server, directory.clone());
    let loading = actix_web::rt::spawn(async move { config.load_brands().await });
    eventually("the other one is there", || directory.report().choices == 1).await;
    loading.abort();
}

#[actix_web::test]
async fn no_person_waits_for_a_linked_bundle_that_the_application_has_waited_for_in_vain() {
    let (hanging, server) = (Hanging::start(), crate::support::strict_ehr().start().unwrap());
    server.set_metadata_field("user_access_brand_bundle", hanging.address.as_str());
    let config = config_of_names(&server);
    tokio::time::pause();
    config.load_brands().await.unwrap();
    assert!(waited(&config).await < Duration::from_secs(1));
}

#[actix_web::test]
async fn a_linked_bundle_that_hangs_is_waited_for_at_one_page_only_and_shown_when_it_is_there() {
    let (hanging, server) = (Hanging::start(), crate::support::strict_ehr().start().unwrap());
    server.set_metadata_field("user_access_brand_bundle", hanging.address.as_str());
    let config = config_of_names(&server);
    // Only who waits here lets the time go on.
    tokio::time::pause();
    assert!(waited(&config).await >= Duration::from_secs(3));
    for _ in 0..3 {
        assert!(waited(&config).await < Duration::from_secs(1));
    }
    tokio::time::resume();
    let own = endpoint("own", &server.fhir_base_url());
    let north = organization("n", "North Hospital", "Springfield", "own");
    hanging.answers(&answer(200, "", &bundle(&[own, north])));
    for _ in 0..1_000 {
        let (_, body) = page(&config, "").await;
        if body.contains("North Hospital") {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it is never shown");
}

/// Who finds theirs among the EHRs of the configuration need not wait for a publisher.
#[actix_web::test]
async fn the_ehrs_of_the_configuration_are_shown_while_a_bundle_is_away() {
    let away = RawServer::start();
    away.answer(answer(503, "", "later"));
    let config = builder(&clock())
        .ehr(ehr("https://conf.example/fhir", "Conf Clinic"))
        .brands(BrandDirectory::new(&away.origin, registration))
        .build()
        .unwrap();
    for (search, told) in [("", "search for its name"), ("conf", "There may be more")] {
        let (status, body) = page(&config, search).await;
        assert_eq!(status, 200, "{search}: {body}");
        assert!(body.contains("Conf Clinic"), "{search}: {body}");
        assert!(body.contains(told), "{search}: {body}");
    }
    assert_eq!(page(&config, "springfield").await.0, 503);
}
