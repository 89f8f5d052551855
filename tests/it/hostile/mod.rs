//! What comes from outside and is wrong, on purpose or not: each row has its exact error and its exact answer, nothing
//! goes out that should not, and the application is alive afterwards.

mod callbacks;
mod launches;
mod metadata;
mod noise;
mod tokens;

use crate::support::{App, Browser, RawServer};

#[test]
fn the_tables_have_at_least_sixty_rows() {
    let rows = [
        (
            "launches",
            launches::rows("http://127.0.0.1:1/fhir", "http://127.0.0.1:2").len(),
        ),
        ("callbacks", callbacks::ROWS.len()),
        (
            "metadata documents",
            metadata::rows("http://127.0.0.1:1/fhir", "http://127.0.0.1:2").len(),
        ),
        ("token responses", tokens::rows("http://127.0.0.1:2").len()),
    ];
    let all: usize = rows.iter().map(|(_, count)| count).sum();
    println!("{all} hostile or broken inputs: {rows:?}");
    assert!(all >= 60, "{rows:?}");
}

/// The application still answers, and nobody was contacted who must not be.
async fn assert_unharmed(app: &App, canary: &RawServer, name: &str) {
    let alive = Browser::new().get(&app.url("/plain")).await;
    assert_eq!((alive.status, alive.body.as_str()), (200, "plain"), "{name}");
    assert_eq!(canary.connections(), 0, "{name}: a host was contacted that must not be");
}

/// Text as a value of a query.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
