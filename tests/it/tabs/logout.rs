//! One tab, or all of them.

use actix_session::Session;
use actix_web::{HttpResponse, web};

use super::{AMBER, BRUNO, Tab};
use crate::support::{App, Browser};

/// Data of the application in its own session, and the crate's value there.
fn colours(app: &mut web::ServiceConfig) {
    app.route("/remember/{colour}", web::get().to(remember))
        .route("/recall/{name}", web::get().to(recall));
}

async fn remember(session: Session, colour: web::Path<String>) -> HttpResponse {
    session.insert("colour", colour.into_inner()).unwrap();
    HttpResponse::NoContent().finish()
}

async fn recall(session: Session, name: web::Path<String>) -> String {
    session.get(&name).unwrap().unwrap_or_else(|| "nothing".to_owned())
}

#[actix_web::test]
async fn logging_out_of_one_tab_ends_that_one() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let bruno = Tab::open(&app, &browser, BRUNO, "visit-201").await;
    let answer = browser.post(&amber.url("/auth/logout")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("This chart is closed"), "{}", answer.body);
    // The cookie stays: it lets the page say that this person has signed out, instead of "who are you?".
    let cookies = answer.set_cookies();
    assert!(
        cookies.iter().all(|cookie| cookie.starts_with("smart_launch_probe=")),
        "{cookies:?}"
    );
    amber.is_closed(&browser).await;
    bruno.see(&browser).await;
}

#[actix_web::test]
async fn a_logged_out_page_stays_closed_and_says_so() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    browser.post(&amber.url("/auth/logout")).await;
    let answer = browser.api(&amber.url("/two")).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("signed-out"))
    );
    // A person reads that, instead of being sent to launch again.
    let page = browser.get(&amber.url("/two")).await;
    assert_eq!(page.status, 401);
    assert!(page.body.contains("Code: signed-out"), "{}", page.body);
}

#[actix_web::test]
async fn one_cannot_log_out_a_launch_without_its_cookie() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let stranger = Browser::new();
    // Says nothing about whether there was one, and claims nothing.
    assert_eq!(stranger.post(&amber.url("/auth/logout")).await.status, 401);
    assert_eq!(stranger.post(&app.url("/auth/logout")).await.status, 401);
    amber.see(&browser).await;
}

#[actix_web::test]
async fn another_site_cannot_log_anybody_out() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    for url in [amber.url("/auth/logout"), app.url("/auth/logout")] {
        for foreign in [
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ] {
            let answer = browser.send(awc::http::Method::POST, &url, foreign, Some("")).await;
            assert_eq!(answer.status, 403, "{foreign:?}");
        }
        let page = browser.get(&url).await;
        assert!(
            page.body.contains("Code: signed-in"),
            "a link must not do it either: {}",
            page.body
        );
    }
    amber.see(&browser).await;
}

#[actix_web::test]
async fn logging_out_of_all_ends_this_browsers_launches_and_leaves_the_applications_data() {
    let app = App::builder().routes(colours).start();
    let (browser, colleague) = (Browser::new(), Browser::new());
    browser.get(&app.url("/remember/green")).await;
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let bruno = Tab::open(&app, &browser, BRUNO, "visit-201").await;
    let elsewhere = Tab::open(&app, &colleague, AMBER, "visit-102").await;
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 200);
    amber.is_closed(&browser).await;
    bruno.is_closed(&browser).await;
    elsewhere.see(&colleague).await;
    assert_eq!(browser.get(&app.url("/recall/colour")).await.body, "green");
    // And the browser can launch again.
    Tab::open(&app, &browser, BRUNO, "visit-202").await.see(&browser).await;
}

#[actix_web::test]
async fn a_script_gets_204_for_logging_out() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let headers = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
    let answer = browser
        .send(awc::http::Method::POST, &amber.url("/auth/logout"), &headers, Some(""))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    amber.is_closed(&browser).await;
}

#[actix_web::test]
async fn the_browser_id_stays_the_same_whatever_happens() {
    let app = App::builder().routes(colours).start();
    let browser = Browser::new();
    let id = async || browser.get(&app.url("/recall/smart_browser")).await.body;
    assert_eq!(id().await, "nothing");
    browser.get(&app.url("/auth/launch")).await;
    let first = id().await;
    assert_eq!(first.len(), 43, "{first}");
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    assert_eq!(id().await, first);
    browser.get(&app.url("/remember/green")).await;
    app.advance(3400);
    amber.see(&browser).await;
    browser.post(&app.url("/auth/logout")).await;
    assert_eq!(id().await, first);
    Tab::open(&app, &browser, BRUNO, "visit-201").await;
    assert_eq!(id().await, first);
    assert_eq!(browser.get(&app.url("/recall/colour")).await.body, "green");
}
