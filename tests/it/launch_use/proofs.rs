//! A request is a use of its launch only when its cookie proves the launch.

use actix_smart_auth::{ClientAuth, Ehr, EndReason, SmartConfig, store::TokenStore};

use super::{IDLE, ask, opened};
use crate::support::{Browser, CLIENT_ID, Op, Opened, SCOPES, pages};

/// A browser with this secret for the launch.
fn with_secret(opened: &Opened, origin: &str, secret: &str) -> Browser {
    let browser = Browser::new();
    let cookie = format!("{}.{secret}", opened.id().as_str());
    browser.plant(origin, "/", "smart_launch", &cookie);
    browser
}

fn right_secret(opened: &Opened) -> String {
    let jar = opened.browser.jar();
    let (_, _, cookie) = jar.iter().find(|(_, name, _)| name == "smart_launch").unwrap();
    cookie.split_once('.').unwrap().1.to_owned()
}

async fn loads(opened: &Opened, browser: &Browser, url: &str, expected: u16) -> usize {
    let before = opened.store.calls(Op::Load);
    assert_eq!(ask(browser, url).await, expected, "{url}");
    opened.store.calls(Op::Load) - before
}

#[actix_web::test]
async fn whoever_knows_an_id_and_invents_a_secret_keeps_no_launch_open() {
    let opened = opened(pages).await;
    let stranger = with_secret(&opened, &opened.app.origin, "invented");
    // Also where the right secret has been seen here.
    assert_eq!(loads(&opened, &opened.browser, &opened.url("/patient"), 200).await, 1);
    opened.app.advance(IDLE - 1);
    for _ in 0..2 {
        assert_eq!(loads(&opened, &stranger, &opened.url("/patient"), 401).await, 1);
    }
    opened.record().await;
    opened.app.advance(1);
    assert_eq!(ask(&opened.browser, &opened.url("/patient")).await, 401);
    assert_eq!(opened.end_reason().await, EndReason::Idle);
}

#[actix_web::test]
async fn the_right_secret_beside_an_invented_one_is_a_use() {
    let opened = opened(pages).await;
    let invented = format!("{}.invented", opened.id().as_str());
    opened.browser.plant(&opened.app.origin, "/", "smart_launch", &invented);
    for _ in 0..3 {
        opened.app.advance(IDLE - 1);
        assert_eq!(loads(&opened, &opened.browser, &opened.url("/patient"), 200).await, 1);
    }
}

#[actix_web::test]
async fn a_process_that_has_not_seen_the_secret_looks_twice_once_and_its_requests_are_uses_from_the_first_on() {
    let opened = opened(pages).await;
    let ehr = Ehr::builder(opened.app.sandbox.fhir_base_url())
        .client_id(CLIENT_ID)
        .client_auth(ClientAuth::public())
        .redirect_uri(opened.app.url("/auth/callback"))
        .scopes(SCOPES);
    let config = SmartConfig::builder()
        .ehr(ehr)
        .clock(opened.app.clock.clone())
        .idle_lifetime(std::time::Duration::from_secs(IDLE))
        .store(TokenStore::new(opened.store.clone()));
    let (origin, _server) = opened.app.another_process(config.build().unwrap(), pages);
    let (same, stranger) = (
        with_secret(&opened, &origin, &right_secret(&opened)),
        with_secret(&opened, &origin, "invented"),
    );
    let url = format!("{origin}/~{}/patient", opened.id().as_str());
    assert_eq!(loads(&opened, &stranger, &url, 401).await, 1);
    opened.app.advance(IDLE - 1);
    assert_eq!(loads(&opened, &same, &url, 200).await, 2);
    opened.app.advance(IDLE - 1);
    assert_eq!(loads(&opened, &same, &url, 200).await, 1);
    opened.app.advance(IDLE - 1);
    assert_eq!(loads(&opened, &stranger, &url, 401).await, 1);
    opened.app.advance(1);
    assert_eq!(ask(&same, &url).await, 401);
    assert_eq!(opened.end_reason().await, EndReason::Idle);
}
