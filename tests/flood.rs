//! Strangers who begin sign-ins by the thousand push nobody out. A binary of its own: the tests of `it` collect every log
//! line, and this makes millions.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "helpers of a test may fail the test, and can do more than is needed here"
)]

#[path = "support"]
mod support {
    mod app;
    mod browser;
    mod jar;
    mod serving;
    mod sessions;
    mod time;

    pub use app::App;
    pub use browser::Browser;
    pub use time::clock;
}

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use actix_smart_auth::store::{MemoryStore, TokenStore};
use actix_web::web;
use support::{App, Browser};

const LAUNCHES: usize = 105_000;
const AT_ONCE: usize = 250;
/// As many as the server has workers.
const CONNECTIONS: usize = 2;

/// So many requests without cookies over one connection, many at a time.
fn flood(app: &App, requests: usize) {
    let address = app.origin.strip_prefix("http://").unwrap();
    let request = format!("GET /auth/launch HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut stream = TcpStream::connect(address).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let mut left = requests;
    while left > 0 {
        let batch = left.min(AT_ONCE);
        stream.write_all(request.repeat(batch).as_bytes()).unwrap();
        let mut answers = 0;
        let mut tail = Vec::new();
        while answers < batch {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the server closed the connection");
            tail.extend_from_slice(&buffer[..read]);
            answers += count(&tail);
            let keep = tail.len().min("HTTP/1.1 303".len() - 1);
            tail.drain(..tail.len() - keep);
        }
        left -= batch;
    }
}

fn count(bytes: &[u8]) -> usize {
    bytes
        .windows("HTTP/1.1 303".len())
        .filter(|window| *window == b"HTTP/1.1 303")
        .count()
}

#[actix_web::test]
async fn twenty_who_began_before_a_flood_of_105_000_launches_all_get_in_and_the_store_keeps_nothing_of_it() {
    let store = MemoryStore::new();
    let kept = TokenStore::new(store.clone());
    let app = App::builder()
        .workers(CONNECTIONS)
        .config(move |config| config.store(kept))
        .start();
    let mut honest = Vec::new();
    for _ in 0..20 {
        let browser = Browser::new();
        let callback = browser
            .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
            .await;
        honest.push((browser, callback));
    }
    let app = std::sync::Arc::new(app);
    let floods: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let flooded = std::sync::Arc::clone(&app);
            web::block(move || flood(&flooded, LAUNCHES / CONNECTIONS))
        })
        .collect();
    for flood in floods {
        flood.await.unwrap();
    }
    assert_eq!(
        format!("{store:?}"),
        "MemoryStore { browsers: 0, launches: 0, ended: 0, pending: 0, lists: 0 }"
    );
    for (browser, callback) in honest {
        let page = browser.navigate(&callback).await;
        assert_eq!((page.status, page.body.as_str()), (200, "patient amber-testwood"));
    }
}
