//! When a bundle is fetched, and what is used when it cannot be.

use std::time::Duration;

use actix_smart_auth::{
    SmartClient, SmartConfig,
    brands::{BrandDirectory, BrandsError, MalformedBrands},
    error::{EhrLookupError, InvalidReason, ProblemKind, TransportError},
    resolver::FhirBaseUrl,
};

use super::{Published, answer, builder, endpoint, one, organization, registration};
use crate::support::{Logs, RawServer, clock, eventually};

#[actix_web::test]
async fn a_bundle_is_fetched_before_anybody_needs_it_or_when_somebody_does() {
    let app = Published::start();
    app.server.answer(answer(200, "", &one("North Hospital")));
    let report = app.config.load_brands().await.unwrap();
    assert_eq!((report.choices, report.endpoints, report.left_out), (1, 1, 0));
    assert_eq!(app.names(), ["North Hospital"]);
    // Whoever asks for it himself wants to know.
    app.config.load_brands().await.unwrap();
    assert_eq!(app.server.connections(), 2);

    let other = Published::start();
    other.server.answer(answer(200, "", &one("North Hospital")));
    assert!(
        SmartClient::for_ehr(&other.config, "https://north.example/fhir/")
            .await
            .is_ok()
    );
    let unknown = SmartClient::for_ehr(&other.config, "https://south.example/fhir").await;
    assert!(matches!(unknown, Err(EhrLookupError::NotRegistered)));
    assert_eq!(other.server.connections(), 1);
}

#[actix_web::test]
async fn a_newer_bundle_is_asked_for_by_the_etag_of_the_last() {
    let app = Published::start();
    let with_etag = answer(200, "etag: W/\"one\"\r\n", &one("Old Name"));
    app.server
        .answers([with_etag, answer(304, "", ""), answer(200, "", &one("New Name"))]);
    app.config.load_brands().await.unwrap();
    app.advance(59);
    app.needed(1).await;
    assert_eq!(app.server.connections(), 1);
    app.advance(1);
    app.needed(2).await;
    eventually("it is asked for", || app.server.connections() == 2).await;
    assert_eq!(
        (app.server.connections(), app.names()),
        (2, vec!["Old Name".to_owned()])
    );
    app.advance(60);
    // The first of them may join the question that is still under way.
    for _ in 0..100 {
        app.config.load_brands().await.unwrap();
        if app.server.connections() == 3 {
            break;
        }
    }
    assert_eq!(
        (app.server.connections(), app.names()),
        (3, vec!["New Name".to_owned()])
    );
    let asked = app.server.requests();
    let sent: Vec<bool> = asked
        .iter()
        .map(|request| request.to_ascii_lowercase().contains("if-none-match: w/\"one\""))
        .collect();
    assert_eq!(sent, [false, true, true]);
}

#[actix_web::test]
async fn nobody_waits_for_a_newer_bundle() {
    let app = Published::start();
    app.server.answer(answer(200, "", &one("Old Name")));
    app.config.load_brands().await.unwrap();
    app.server.answer(answer(200, "", &one("New Name")));
    app.advance(60);
    assert!(
        SmartClient::for_ehr(&app.config, "https://north.example/fhir")
            .await
            .is_ok()
    );
    eventually("the newer bundle is there", || app.names() == ["New Name"]).await;
}

#[actix_web::test]
async fn while_the_publisher_is_away_or_sends_nonsense_the_last_bundle_is_used_on() {
    let empty = super::bundle(&[endpoint("e", "https://north.example/fhir")]);
    let troubles = [
        (answer(503, "", ""), BrandsError::Status(503)),
        (answer(404, "", ""), BrandsError::Status(404)),
        (answer(304, "", ""), BrandsError::Status(304)),
        (answer(200, "", "<html>"), BrandsError::Malformed(MalformedBrands::Json)),
        (
            answer(200, "", "{}"),
            BrandsError::Malformed(MalformedBrands::NotABundle),
        ),
        (answer(200, "", &empty), BrandsError::Malformed(MalformedBrands::Empty)),
        (
            answer(302, "location: https://elsewhere.example/b.json?key=x\r\n", ""),
            BrandsError::Moved("https://elsewhere.example/b.json".to_owned()),
        ),
        (Vec::new(), BrandsError::Transport(TransportError::Disconnected)),
    ];
    for (trouble, expected) in troubles {
        let app = Published::start();
        app.server
            .answers([answer(200, "", &one("North Hospital")), trouble.clone()]);
        app.config.load_brands().await.unwrap();
        app.advance(60);
        assert_eq!(app.config.load_brands().await, Err(expected.clone()));
        assert_eq!(app.names(), ["North Hospital"]);
        // It is left alone for five minutes.
        app.advance(299);
        app.needed(1).await;
        assert_eq!(app.server.connections(), 2, "{expected}");
        app.advance(1);
        app.needed(2).await;
        eventually("it is asked for", || app.server.connections() == 3).await;
    }
}

#[actix_web::test]
async fn without_a_first_bundle_an_ehr_is_unavailable_and_not_unknown() {
    let app = Published::start();
    app.server.answer(answer(503, "", ""));
    let asked = async |url: &str| SmartClient::for_ehr(&app.config, url).await.map(|_| ());
    assert_eq!(
        asked("https://north.example/fhir").await,
        Err(EhrLookupError::Unavailable)
    );
    assert_eq!(app.server.connections(), 1);
    // A failing resolver is left alone for two seconds, a failing publisher for ten.
    app.advance(3);
    assert_eq!(
        asked("https://north.example/fhir").await,
        Err(EhrLookupError::Unavailable)
    );
    assert_eq!(app.server.connections(), 1);
    app.server.answer(answer(200, "", &one("North Hospital")));
    app.advance(10);
    assert_eq!(asked("https://north.example/fhir").await, Ok(()));
}

#[actix_web::test]
async fn a_bundle_that_is_too_large_is_refused() {
    let body = one("North Hospital");
    let fits = Published::with(|directory| directory.body_limit(body.len()));
    fits.server.answer(answer(200, "", &body));
    assert!(fits.config.load_brands().await.is_ok());
    let app = Published::with(|directory| directory.body_limit(body.len() - 1));
    app.server.answer(answer(200, "", &body));
    let error = app.config.load_brands().await.unwrap_err();
    assert_eq!(error, BrandsError::Transport(TransportError::BodyTooLarge));
}

#[actix_web::test]
async fn a_redirect_within_the_origin_is_followed_three_times() {
    let to = |path: &str| answer(301, &format!("location: {path}\r\n"), "");
    let app = Published::start();
    app.server
        .answers([to("/1"), to("/2"), to("/3"), answer(200, "", &one("North Hospital"))]);
    app.config.load_brands().await.unwrap();
    assert_eq!(app.server.connections(), 4);
    let round = Published::start();
    round.server.answer(to("/again"));
    assert!(matches!(round.config.load_brands().await, Err(BrandsError::Moved(_))));
    assert_eq!(round.server.connections(), 4);
}

#[actix_web::test]
async fn a_copy_that_came_with_the_application_is_used_until_a_newer_one_is_there() {
    let app = Published::with(|directory| directory.starting_with(one("Copy").as_bytes()).unwrap());
    app.server.answer(answer(503, "", ""));
    assert!(
        SmartClient::for_ehr(&app.config, "https://north.example/fhir")
            .await
            .is_ok()
    );
    assert_eq!(app.names(), ["Copy"]);
    eventually("it is asked for", || app.server.connections() == 1).await;
    app.config.load_brands().await.unwrap_err();
    assert_eq!(app.names(), ["Copy"]);
    app.server.answer(answer(200, "", &one("Newer")));
    app.advance(300);
    app.config.load_brands().await.unwrap();
    assert_eq!(app.names(), ["Newer"]);
    let directory = BrandDirectory::new("https://v.example/b", registration);
    assert_eq!(
        directory.starting_with(b"{}").map(|_| ()).unwrap_err(),
        MalformedBrands::NotABundle
    );
}

#[actix_web::test]
async fn of_several_bundles_the_first_says_what_a_server_is_called() {
    let (clock, first, second) = (clock(), RawServer::start(), RawServer::start());
    first.answer(answer(200, "", &one("By the EHR itself")));
    let vendors = super::bundle(&[
        endpoint("n", "https://north.example/fhir"),
        endpoint("s", "https://south.example/fhir"),
        organization("1", "By the vendor", "Springfield", "n"),
        organization("2", "South", "Springfield", "s"),
    ]);
    second.answer(answer(200, "", &vendors));
    let directory = BrandDirectory::new(&first.origin, registration).and_bundle(&second.origin);
    let config = builder(&clock).brands(directory.clone()).build().unwrap();
    assert_eq!(config.load_brands().await.unwrap().choices, 3);
    for (address, name) in [
        ("https://north.example/fhir", "By the EHR itself"),
        ("https://south.example/fhir", "South"),
    ] {
        assert!(SmartClient::for_ehr(&config, address).await.is_ok());
        let registration = directory.registration(&FhirBaseUrl::parse(address).unwrap());
        let shown = format!("{registration:?}");
        assert!(shown.contains(&format!("name: Some({name:?})")), "{shown}");
    }
}

#[actix_web::test]
async fn what_the_application_does_not_believe_is_not_registered() {
    let (clock, server) = (clock(), RawServer::start());
    let two = super::bundle(&[
        endpoint("n", "https://north.example/fhir"),
        endpoint("s", "https://south.example/fhir"),
        organization("1", "North", "Springfield", "n"),
        organization("2", "South", "Springfield", "s"),
    ]);
    server.answer(answer(200, "", &two));
    let directory = BrandDirectory::new(&server.origin, |brand| {
        registration(brand).filter(|_| brand.fhir_base_url().contains("north"))
    });
    let config = builder(&clock).brands(directory.clone()).build().unwrap();
    config.load_brands().await.unwrap();
    let found = directory.search("", 10);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].name.as_str(), found[0].place.as_deref()),
        ("North", Some("Springfield, IL"))
    );
    let south = SmartClient::for_ehr(&config, "https://south.example/fhir").await;
    assert!(matches!(south, Err(EhrLookupError::NotRegistered)));
}

#[test]
fn few_that_are_believed_are_found_among_many_that_are_not() {
    let mut entries = vec![
        endpoint("x", "https://x.example/fhir"),
        endpoint("n", "https://north.example/fhir"),
    ];
    for number in 0..1_500 {
        entries.push(organization(
            &format!("x{number}"),
            &format!("Hospital {number}"),
            "Springfield",
            "x",
        ));
    }
    entries.push(organization("n", "Hospital North", "Springfield", "n"));
    let directory = BrandDirectory::new("https://v.example/b", |brand| {
        registration(brand).filter(|_| brand.fhir_base_url().contains("north"))
    });
    let directory = directory.starting_with(super::bundle(&entries).as_bytes()).unwrap();
    // None of their words, the beginning of their names, and a word of their places.
    for search in ["", "hospital", "springfield"] {
        let found: Vec<_> = directory.search(search, 10).into_iter().map(|it| it.name).collect();
        assert_eq!(found, ["Hospital North"], "{search:?}");
    }
}

#[actix_web::test]
async fn the_key_in_the_address_of_a_bundle_is_not_in_the_log() {
    let logs = Logs::collect();
    let (clock, server) = (clock(), RawServer::start());
    server.answers([answer(200, "", &one("North Hospital")), answer(503, "", "")]);
    let directory = BrandDirectory::new(format!("{}/b.json?key=k-e-y", server.origin), registration);
    let config = builder(&clock)
        .brands(directory.refresh_after(Duration::from_secs(60)))
        .build()
        .unwrap();
    config.load_brands().await.unwrap();
    clock.advance(Duration::from_secs(60));
    config.load_brands().await.unwrap_err();
    let text = logs.text();
    let told = format!("bundle=\"{}/b.json\"", server.origin);
    assert_eq!(text.matches(&told).count(), 2, "{text}");
    assert!(!text.contains("k-e-y"), "{text}");
}

#[actix_web::test]
async fn an_application_that_ends_waits_for_no_bundle() {
    let app = Published::start();
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listening.local_addr().unwrap());
    let config = builder(&app.clock)
        .brands(BrandDirectory::new(silent, registration))
        .build()
        .unwrap();
    let waiting = {
        let config = config.clone();
        actix_web::rt::spawn(async move { config.load_brands().await })
    };
    listening.set_nonblocking(true).unwrap();
    eventually("it is asked for", || listening.accept().is_ok()).await;
    let began = std::time::Instant::now();
    let report = config.shutdown(Duration::from_secs(30)).await;
    assert_eq!(report.cut_off, 0);
    assert!(began.elapsed() < Duration::from_secs(10));
    waiting.abort();
}

#[actix_web::test]
async fn what_is_wrong_with_the_configuration_is_said() {
    let wrong = |directory: BrandDirectory| {
        let error = SmartConfig::builder()
            .redirect_uri("https://app.example/auth/callback")
            .brands(directory)
            .build()
            .unwrap_err();
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!(problem.field, "brands");
        problem.kind.clone()
    };
    let good = || BrandDirectory::new("https://v.example/b", registration);
    assert!(matches!(
        wrong(BrandDirectory::new("http://v.example/b", registration)),
        ProblemKind::Invalid(InvalidReason::Url(_))
    ));
    assert!(matches!(
        wrong(good().and_bundle("b.json")),
        ProblemKind::Invalid(InvalidReason::Url(_))
    ));
    let often = good().refresh_after(Duration::from_millis(59_999));
    assert_eq!(wrong(often), ProblemKind::Invalid(InvalidReason::RefreshedTooOften));
    let error = SmartConfig::builder().brands(good()).build().unwrap_err();
    assert_eq!(error.missing(), ["redirect_uri"]);
}
