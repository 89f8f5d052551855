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
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::TcpStream,
    rc::Rc,
    time::Duration,
};

use actix_smart_auth::store::{MemoryStore, TokenStore};
use actix_web::web;
use support::{App, Browser};
use tokio::sync::Semaphore;

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

/// Seconds after which a token of an hour counts as one that does not work any more, and a launch not yet as idle.
const RUN_OUT: u64 = 3570;

#[actix_web::test]
async fn a_thousand_launches_that_are_due_together_make_a_thousand_token_requests_for_ten_thousand_requests() {
    const LAUNCHES: usize = 1_000;
    const REQUESTS: usize = 10;
    /// Requests that are under way at once.
    const HANDS: usize = 400;
    let app = App::builder().workers(CONNECTIONS).start();
    let mut opened = Vec::new();
    for _ in 0..LAUNCHES {
        let browser = Browser::new();
        let page = browser.navigate(&app.url("/auth/launch")).await;
        let launch = page.url.strip_suffix("/patient").unwrap().to_owned();
        opened.push((Rc::new(browser), format!("{launch}/token")));
    }
    app.advance(RUN_OUT);
    let hands = Rc::new(Semaphore::new(HANDS));
    let mut answers = Vec::new();
    // The first request of each launch, then the second of each: they are due together.
    for _ in 0..REQUESTS {
        for (number, (browser, page)) in opened.iter().enumerate() {
            let (browser, page, hands) = (Rc::clone(browser), page.clone(), Rc::clone(&hands));
            answers.push(actix_web::rt::spawn(async move {
                let _hand = hands.acquire().await.unwrap();
                (number, until_there_is_room(&browser, &page).await)
            }));
        }
    }
    let mut tokens = BTreeSet::new();
    for answer in answers {
        tokens.insert(answer.await.unwrap());
    }
    assert_eq!(tokens.len(), LAUNCHES, "all requests of a launch have its new token");
    assert_eq!(app.refreshes(), LAUNCHES);
    assert_eq!(app.sandbox.reuse_detections(), 0);
}

/// The EHR gets so many requests at once, and whoever comes beyond that is told to come again.
async fn until_there_is_room(browser: &Browser, page: &str) -> String {
    loop {
        let answer = browser.api(page).await;
        match answer.status {
            200 => return answer.body,
            503 => actix_web::rt::time::sleep(Duration::from_millis(20)).await,
            other => panic!("{other}: {}", answer.body),
        }
    }
}
