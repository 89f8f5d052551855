//! Requests that are no sign that anybody is there: they leave the time that a launch may be unused as it is.

mod guards;
mod proofs;
mod routes;
mod sessions;

use std::time::Duration;

use actix_smart_auth::EndReason;
use actix_web::web;

use crate::support::{App, Browser, Opened};

/// Seconds that a launch may be unused here: less than a token lives.
const IDLE: u64 = 600;

/// One launch with these routes.
async fn opened(routes: fn(&mut web::ServiceConfig)) -> Opened {
    let app = App::builder()
        .routes(routes)
        .config(|config| config.idle_lifetime(Duration::from_secs(IDLE)));
    Opened::with(app).await
}

/// Whether a call of the path is a use: five minutes after the launch it is called, and by the end of the ten minutes from
/// the launch it has made a difference, or has not.
async fn counts(routes: fn(&mut web::ServiceConfig), path: &str, headers: &[(&str, &str)]) -> bool {
    let opened = opened(routes).await;
    opened.app.advance(IDLE / 2);
    let answer = opened
        .browser
        .send(awc::http::Method::GET, &opened.url(path), headers, None)
        .await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    opened.app.advance(IDLE / 2 - 1);
    opened.record().await;
    opened.app.advance(1);
    let open = opened.browser.api(&opened.url("/patient")).await;
    match open.status {
        200 => true,
        _ => {
            assert_eq!(opened.end_reason().await, EndReason::Idle);
            false
        }
    }
}

/// A script that asks by itself.
async fn ask(browser: &Browser, url: &str) -> u16 {
    browser.api(url).await.status
}
