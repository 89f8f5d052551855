//! Browsers that go away in the middle.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use url::Url;

use crate::support::{App, Browser, Gate, Opened, UNUSABLE, all_are, eventually, without_reference};

fn slow(app: &App, on: FaultPoint, millis: u64) {
    let fault = Fault::Delay(Duration::from_millis(millis));
    app.sandbox.inject(on, When::Before, fault, Times::Once);
}

/// Sends a navigation with the browser's cookies and does not read.
pub(crate) async fn begin(browser: &Browser, address: &str) -> TcpStream {
    let url = Url::parse(address).unwrap();
    let path = &url[url::Position::BeforePath..];
    let cookies = browser.cookies_for(address).unwrap_or_default();
    let authority = url.authority();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nsec-fetch-mode: navigate\r\ncookie: {cookies}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Closes with a TCP reset.
pub(crate) fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

#[actix_web::test]
async fn the_first_of_sixty_resets_its_connection_mid_refresh_and_the_others_get_the_new_token() {
    let opened = Rc::new(Opened::with(App::builder().workers(4)).await);
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    slow(&opened.app, FaultPoint::Refresh, 500);
    let first = begin(&opened.browser, &opened.url("/token")).await;
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    let others = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.flood(59).await })
    };
    actix_web::rt::task::yield_now().await;
    reset(first);
    let others = others.await.unwrap();
    assert_eq!(others.len(), 59);
    all_are(&others, 200);
    let new = opened.stored_token().await;
    assert_ne!(new, old);
    assert!(others.iter().all(|answer| answer.body == new));
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

#[actix_web::test]
async fn a_refresh_that_nobody_waits_for_any_more_is_finished_and_saved() {
    let opened = Opened::with(App::builder().workers(2)).await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    slow(&opened.app, FaultPoint::Refresh, 300);
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(begin(&opened.browser, &opened.url("/token")).await);
    }
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    streams.into_iter().for_each(reset);
    let new = opened.saved_other_than(&old).await;
    assert_eq!(opened.token().await.body, new);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

/// Signs in at the EHR and stops before the callback is opened.
async fn callback_of(app: &App, browser: &Browser) -> String {
    browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await
}

/// The launch cookie that an answer sets, as `name=value`.
fn launch_cookie(answer: &crate::support::Answer) -> String {
    let path = answer.location().rsplit_once('/').unwrap().0;
    let cookies = answer.set_cookies();
    let cookie = cookies
        .iter()
        .find(|cookie| cookie.contains(&format!("Path={path};")) || cookie.ends_with(&format!("Path={path}")));
    cookie
        .unwrap_or_else(|| panic!("{cookies:?} for {path}"))
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

#[actix_web::test]
async fn a_callback_reset_during_the_exchange_and_reloaded_lands_with_one_exchange() {
    let app = App::builder().workers(2).start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    slow(&app, FaultPoint::Exchange, 400);
    let stream = begin(&browser, &callback).await;
    eventually("the exchange is under way", || app.exchanges() == 1).await;
    reset(stream);
    let answer = browser.get(&callback).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().starts_with("/~") && answer.location().ends_with("/patient"));
    let page = browser.get(&app.url(answer.location())).await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient amber-testwood"));
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_callback_reset_and_reloaded_after_the_exchange_lands_with_one_exchange() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    slow(&app, FaultPoint::Exchange, 50);
    let stream = begin(&browser, &callback).await;
    eventually("the exchange is under way", || app.exchanges() == 1).await;
    reset(stream);
    eventually("the exchange is answered", || {
        app.sandbox.token_requests()[0].status.is_some()
    })
    .await;
    let page = browser.navigate(&callback).await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient amber-testwood"));
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_reload_joins_the_running_callback_and_gets_the_same_answer() {
    let app = App::builder().workers(2).start();
    let browser = Rc::new(Browser::new());
    let callback = callback_of(&app, &browser).await;
    slow(&app, FaultPoint::Exchange, 300);
    let mut running = Vec::new();
    for _ in 0..5 {
        let (browser, callback) = (Rc::clone(&browser), callback.clone());
        running.push(actix_web::rt::spawn(async move { browser.get(&callback).await }));
    }
    let mut answers = Vec::new();
    for answer in running {
        answers.push(answer.await.unwrap());
    }
    all_are(&answers, 303);
    for answer in &answers {
        assert_eq!(answer.location(), answers[0].location());
        assert_eq!(launch_cookie(answer), launch_cookie(&answers[0]));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_finished_callback_is_answered_the_same_again_without_a_second_exchange() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let first = browser.get(&callback).await;
    let again = browser.get(&callback).await;
    assert_eq!((first.status, again.status), (303, 303));
    assert_eq!(first.location(), again.location());
    assert_eq!(launch_cookie(&first), launch_cookie(&again));
    assert_eq!(app.exchanges(), 1);
    // As long as the pending authorization would have lived.
    app.advance(599);
    assert_eq!(browser.get(&callback).await.status, 303);
    app.advance(1);
    assert_eq!(browser.get(&callback).await.status, 401);
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn the_callback_of_another_browser_is_refused_and_consumes_nothing() {
    let app = App::start();
    let (right, stranger, neighbour) = (Browser::new(), Browser::new(), Browser::new());
    let callback = callback_of(&app, &right).await;
    // One that has a launch under way of its own, and one that has never been here.
    let own = callback_of(&app, &neighbour).await;
    for browser in [&stranger, &neighbour] {
        let answer = browser.get(&callback).await;
        assert_eq!(answer.status, 401, "{}", answer.body);
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("Path=/~")));
        assert_eq!(answer.location(), "");
    }
    let answer = neighbour.api(&callback).await;
    assert_eq!(answer.json()["code"], "sign-in-expired");
    assert_eq!(app.exchanges(), 0);
    assert_eq!(right.navigate(&callback).await.body, "patient amber-testwood");
    assert_eq!(neighbour.navigate(&own).await.body, "patient amber-testwood");
    assert_eq!(app.exchanges(), 2);
    // Nor does the right answer leak afterwards.
    assert_eq!(neighbour.get(&callback).await.status, 401);
}

#[actix_web::test]
async fn a_code_that_was_certainly_not_sent_may_be_tried_again_with_the_same_callback() {
    let app = App::start();
    let mut gate = Gate::before(&app.sandbox.origin());
    app.sandbox
        .set_metadata_field("token_endpoint", format!("{}/token", gate.origin()));
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    for _ in 0..2 {
        let answer = browser.get(&callback).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
        let answer = browser.api(&callback).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (503, Some("ehr-unavailable"))
        );
    }
    assert_eq!(app.exchanges(), 0);
    gate.open();
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_code_that_may_have_been_processed_is_not_sent_again() {
    for (when, fault) in [
        (When::After, Fault::Reset),
        (When::Before, Fault::Reset),
        (When::After, Fault::Status(500)),
        (When::After, Fault::Hang(Duration::from_secs(20))),
        (When::After, Fault::Truncated),
    ] {
        let app = App::builder()
            .config(|config| config.token_deadline(Duration::from_secs(2)))
            .start();
        let browser = Browser::new();
        let callback = callback_of(&app, &browser).await;
        app.sandbox
            .inject(FaultPoint::Exchange, when, fault.clone(), Times::Once);
        let first = browser.get(&callback).await;
        let again = browser.get(&callback).await;
        assert!([502, 503].contains(&first.status), "{fault:?}: {}", first.body);
        let (told, before) = (without_reference(&again.body), without_reference(&first.body));
        assert_eq!((again.status, told), (first.status, before), "{fault:?}");
        assert_eq!(app.exchanges(), 1, "{fault:?}");
    }
}
