//! A bundle that lacks half of the servers of the last one, or more, and when it is believed.

use std::ops::Range;

use actix_smart_auth::brands::BrandsError;

use super::{Published, answer, builder, bundle, endpoint, organization};
use crate::support::Logs;

fn hospitals(servers: usize) -> Vec<u8> {
    hospitals_with("", servers)
}

fn hospitals_with(headers: &str, servers: usize) -> Vec<u8> {
    numbered(headers, 0..servers)
}

fn numbered(headers: &str, numbers: Range<usize>) -> Vec<u8> {
    answer(200, headers, &bundle_of(numbers))
}

fn bundle_of(numbers: Range<usize>) -> String {
    let entries: Vec<_> = numbers
        .flat_map(|number| {
            let id = format!("h{number}");
            let address = format!("https://{id}.example/fhir");
            [endpoint(&id, &address), organization(&id, &id, "Springfield", &id)]
        })
        .collect();
    bundle(&entries)
}

#[actix_web::test]
async fn a_bundle_that_has_lost_half_of_its_servers_or_more_is_believed_when_it_has_been_so_for_long() {
    let logs = Logs::collect();
    let app = Published::start();
    let endpoints = async || endpoints(&app).await;
    app.server.answer(hospitals(9));
    assert_eq!(endpoints().await, Ok(9));
    app.server.answer(hospitals(5));
    assert_eq!(endpoints().await, Ok(5));
    app.server.answer(hospitals(2));
    for pause in [0, 59] {
        app.advance(pause);
        let error = endpoints().await.unwrap_err();
        assert!(
            matches!(error, BrandsError::ServersGone { before: 5, now: 2, .. }),
            "{error}"
        );
        assert_eq!(app.names().len(), 5);
    }
    let told = format!("{}/brands.json", app.server.origin);
    let told = logs
        .text()
        .lines()
        .any(|line| line.contains("ERROR") && line.contains(&told));
    assert!(told, "{}", logs.text());
    // A good one in between, and it is a matter of a new beginning.
    app.server.answer(hospitals(5));
    assert_eq!(endpoints().await, Ok(5));
    app.server.answer(hospitals(2));
    app.advance(1);
    endpoints().await.unwrap_err();
    app.advance(59);
    endpoints().await.unwrap_err();
    app.advance(1);
    assert_eq!(endpoints().await, Ok(2));
}

#[actix_web::test]
async fn a_bundle_is_judged_by_how_many_of_the_known_servers_are_still_there_and_not_by_how_many_it_has() {
    for (others, expected) in [
        // As many, and wholly other ones.
        (10..20, Err((10, 0))),
        // More than before, and half of those before are gone.
        (5..30, Err((10, 5))),
        (4..14, Ok(10)),
        (0..5, Err((10, 5))),
        (0..6, Ok(6)),
        (0..100, Ok(100)),
    ] {
        let app = Published::start();
        app.server.answer(hospitals(10));
        assert_eq!(endpoints(&app).await, Ok(10));
        app.server.answer(numbered("", others.clone()));
        let judged = endpoints(&app).await.map_err(|error| match error {
            BrandsError::ServersGone { before, now, .. } => (before, now),
            other => panic!("{others:?}: {other}"),
        });
        assert_eq!(judged, expected, "{others:?}");
    }
}

/// How many FHIR servers are used after another look.
async fn endpoints(app: &Published) -> Result<usize, BrandsError> {
    app.config.load_brands().await.map(|report| report.endpoints)
}

fn is_refused(outcome: &Result<usize, BrandsError>) -> bool {
    matches!(outcome, Err(BrandsError::ServersGone { before: 10, now: 2, .. }))
}

#[actix_web::test]
async fn a_small_bundle_has_to_come_three_times() {
    let app = Published::start();
    app.server.answer(hospitals(10));
    assert_eq!(endpoints(&app).await, Ok(10));
    app.server.answer(hospitals(2));
    assert!(is_refused(&endpoints(&app).await));
    app.advance(60);
    assert!(
        is_refused(&endpoints(&app).await),
        "two that are far apart are not enough"
    );
    assert_eq!(app.names().len(), 10);
    assert_eq!(endpoints(&app).await, Ok(2));
}

#[actix_web::test]
async fn a_small_bundle_is_not_believed_when_the_publisher_says_in_between_that_the_good_one_has_not_changed() {
    let app = Published::start();
    app.server.answers([
        hospitals_with("etag: \"good\"\r\n", 10),
        hospitals(2),
        answer(304, "", ""),
        hospitals(2),
    ]);
    assert_eq!(endpoints(&app).await, Ok(10));
    assert!(is_refused(&endpoints(&app).await));
    assert_eq!(endpoints(&app).await, Ok(10));
    app.advance(60);
    for _ in 0..3 {
        assert!(is_refused(&endpoints(&app).await), "it begins anew");
    }
    app.advance(59);
    assert!(is_refused(&endpoints(&app).await));
    app.advance(1);
    assert_eq!(endpoints(&app).await, Ok(2));
}

#[actix_web::test]
async fn a_publisher_that_sends_both_in_turn_is_believed_with_the_good_one() {
    let app = Published::start();
    for _ in 0..10 {
        app.server.answer(hospitals(10));
        assert_eq!(endpoints(&app).await, Ok(10));
        app.advance(60);
        app.server.answer(hospitals(2));
        assert!(is_refused(&endpoints(&app).await));
        app.advance(60);
    }
}

#[actix_web::test]
async fn a_look_that_fails_neither_counts_nor_begins_anew() {
    let app = Published::start();
    let away = || answer(503, "", "");
    app.server
        .answers([hospitals(10), hospitals(2), away(), hospitals(2), away(), hospitals(2)]);
    assert_eq!(endpoints(&app).await, Ok(10));
    assert!(is_refused(&endpoints(&app).await));
    assert_eq!(endpoints(&app).await, Err(BrandsError::Status(503)));
    app.advance(60);
    assert!(is_refused(&endpoints(&app).await));
    assert_eq!(endpoints(&app).await, Err(BrandsError::Status(503)));
    assert_eq!(endpoints(&app).await, Ok(2));
}

#[actix_web::test]
async fn one_that_shrinks_once_more_after_it_was_believed_has_to_come_three_times_again() {
    let app = Published::start();
    let endpoints = async || endpoints(&app).await;
    app.server.answer(hospitals(10));
    assert_eq!(endpoints().await, Ok(10));
    for (before, now) in [(10, 4), (4, 1)] {
        app.server.answer(hospitals(now));
        for pause in [0, 30] {
            app.advance(pause);
            let doubted = endpoints().await.unwrap_err();
            let figures =
                matches!(doubted, BrandsError::ServersGone { before: b, now: n, .. } if (b, n) == (before, now));
            assert!(figures, "{doubted}");
        }
        app.advance(30);
        assert_eq!(endpoints().await, Ok(now));
    }
}

/// Else an application that is restarted within the time for which such a bundle has to come would never believe it.
#[actix_web::test]
async fn a_copy_that_came_with_the_application_gives_way_to_the_first_bundle_however_few_of_its_servers_that_has() {
    let copy = bundle_of(0..10);
    let app = Published::with(|directory| directory.starting_with(copy.as_bytes()).unwrap());
    assert_eq!(app.names().len(), 10);
    app.server.answer(hospitals(2));
    assert_eq!(endpoints(&app).await, Ok(2));
    // That one was fetched, and is what the next one is compared with.
    app.server.answer(hospitals(1));
    let doubted = endpoints(&app).await.unwrap_err();
    let figures = matches!(doubted, BrandsError::ServersGone { before: 2, now: 1, .. });
    assert!(figures, "{doubted}");
}

#[actix_web::test]
async fn what_one_configuration_has_fetched_is_no_copy_to_another_with_the_same_directory() {
    let app = Published::start();
    app.server.answer(hospitals(10));
    assert_eq!(endpoints(&app).await, Ok(10));
    let config = builder(&app.clock).brands(app.directory.clone()).build().unwrap();
    app.server.answer(hospitals(2));
    let doubted = config.load_brands().await.unwrap_err();
    let figures = matches!(doubted, BrandsError::ServersGone { before: 10, now: 2, .. });
    assert!(figures, "{doubted}");
}
