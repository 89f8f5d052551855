//! A bundle that has lost most of what the last one had, and when it is believed.

use actix_smart_auth::brands::BrandsError;

use super::{Published, answer, bundle, endpoint, organization};
use crate::support::Logs;

fn hospitals(servers: usize) -> Vec<u8> {
    hospitals_with("", servers)
}

fn hospitals_with(headers: &str, servers: usize) -> Vec<u8> {
    let entries: Vec<_> = (0..servers)
        .flat_map(|number| {
            let id = format!("h{number}");
            let address = format!("https://{id}.example/fhir");
            [endpoint(&id, &address), organization(&id, &id, "Springfield", &id)]
        })
        .collect();
    answer(200, headers, &bundle(&entries))
}

#[actix_web::test]
async fn a_bundle_that_has_lost_most_of_its_servers_is_believed_when_it_has_been_so_for_long() {
    let logs = Logs::collect();
    let app = Published::start();
    let endpoints = async || endpoints(&app).await;
    app.server.answer(hospitals(10));
    assert_eq!(endpoints().await, Ok(10));
    app.server.answer(hospitals(5));
    assert_eq!(endpoints().await, Ok(5));
    app.server.answer(hospitals(2));
    for pause in [0, 59] {
        app.advance(pause);
        let error = endpoints().await.unwrap_err();
        assert!(
            matches!(error, BrandsError::Shrunk { before: 5, now: 2, .. }),
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

/// How many FHIR servers are used after another look.
async fn endpoints(app: &Published) -> Result<usize, BrandsError> {
    app.config.load_brands().await.map(|report| report.endpoints)
}

fn is_refused(outcome: &Result<usize, BrandsError>) -> bool {
    matches!(outcome, Err(BrandsError::Shrunk { before: 10, now: 2, .. }))
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
            let figures = matches!(doubted, BrandsError::Shrunk { before: b, now: n, .. } if (b, n) == (before, now));
            assert!(figures, "{doubted}");
        }
        app.advance(30);
        assert_eq!(endpoints().await, Ok(now));
    }
}
