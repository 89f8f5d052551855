//! Who is this browser? Each state that a browser can be in: who gets in, what a logout ends, what another user ends, and
//! what the page says.

mod at_once;
mod clocks;
mod first_visits;
mod lost_cookies;
mod many_cookies;
mod pile_up;
mod planted;
mod processes;
mod sessions;
mod upgrade;
mod used;

use actix_session::Session;
use actix_smart_auth::store::TokenStore;
use actix_web::{HttpResponse, web};

use crate::support::{Answer, App, Browser, open};

const AMBER: &str = "patient amber-testwood";
const SECOND_USER: &str = "Practitioner/otto-outline";

/// What an application does with its own session.
fn session_routes(app: &mut web::ServiceConfig) {
    app.route("/session/purge", web::post().to(purge))
        .route("/session/clear", web::post().to(clear))
        .route("/session/id", web::get().to(id))
        .route("/session/keep/{text}", web::post().to(keep))
        .route("/session/kept", web::get().to(kept));
}

async fn purge(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::NoContent().finish()
}

async fn clear(session: Session) -> HttpResponse {
    session.clear();
    HttpResponse::NoContent().finish()
}

/// The one value of ours in it.
async fn id(session: Session) -> String {
    session.get("smart_browser").unwrap().unwrap_or_default()
}

async fn keep(session: Session, text: web::Path<String>) -> HttpResponse {
    session.insert("kept", text.into_inner()).unwrap();
    HttpResponse::NoContent().finish()
}

async fn kept(session: Session) -> String {
    session.get("kept").unwrap().unwrap_or_default()
}

fn app() -> App {
    App::builder().routes(session_routes).start()
}

/// Up to the redirect back from the EHR, which is not opened.
async fn callback_of(app: &App, browser: &Browser) -> String {
    browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await
}

/// Finishes a sign-in; gives back the address of the launch.
async fn opened(browser: &Browser, callback: &str) -> String {
    let page = browser.navigate(callback).await;
    assert_eq!((page.status, page.body.as_str()), (200, AMBER), "{}", page.url);
    page.url.strip_suffix("/patient").unwrap().to_owned()
}

/// Status and code of what a script gets for a page of a launch.
async fn state(browser: &Browser, base: &str) -> (u16, String) {
    let answer = browser.api(&format!("{base}/patient")).await;
    match answer.status {
        200 => (200, String::new()),
        status => (status, code(&answer)),
    }
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap().to_owned()
}

/// Signing out of all ends each of these, and says so.
async fn logout_ends(app: &App, browser: &Browser, launches: &[String]) {
    for base in launches {
        assert_eq!(state(browser, base).await.0, 200, "{base}");
    }
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("You have signed out"), "{}", answer.body);
    for base in launches {
        assert_eq!(state(browser, base).await, (401, "signed-out".to_owned()), "{base}");
    }
}

/// A second user who signs in ends each of these.
async fn another_user_ends(app: &App, browser: &Browser, launches: &[String]) {
    for base in launches {
        assert_eq!(state(browser, base).await.0, 200, "{base}");
    }
    app.sandbox.set_automatic_user(SECOND_USER);
    let theirs = open(app, browser).await;
    for base in launches {
        assert_eq!(state(browser, base).await, (401, "other-user".to_owned()), "{base}");
    }
    assert_eq!(state(browser, &theirs).await.0, 200);
    logout_ends(app, browser, &[theirs]).await;
}

/// Forgets the cookie of the session, as a browser does in which it has run out.
fn lose_session(browser: &Browser) {
    let (name, _) = browser.cookie("id").unwrap();
    browser.forget(&name);
}
