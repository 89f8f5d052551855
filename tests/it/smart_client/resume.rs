//! Going on with a launch outside of a request.

use std::sync::Mutex;

use actix_smart_auth::{EndReason, LaunchHandle, RefreshNow, SmartClient, SmartSession, error::LaunchError};
use actix_web::{HttpResponse, web};

use crate::support::{App, Browser};

/// A page that begins a job and hands it the launch as text.
async fn begin_job(session: SmartSession) -> HttpResponse {
    HttpResponse::Ok().json(session.handle())
}

fn jobs(app: &mut web::ServiceConfig) {
    // Below a launch, but not in the scope: its own pattern.
    app.route("/~{smart_launch}/jobs/new", web::get().to(begin_job));
}

/// An application, a browser with a launch, its page, and the launch as text.
async fn job() -> (App, Browser, String, LaunchHandle) {
    let app = App::builder().routes(jobs).start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let text = browser.get(&page.url.replace("/patient", "/jobs/new")).await;
    assert_eq!(text.status, 200, "{}", text.body);
    (app, browser, page.url, serde_json::from_str(&text.body).unwrap())
}

#[actix_web::test]
async fn a_job_has_the_same_launch_with_a_token_that_is_refreshed_when_due() {
    let (app, browser, page, handle) = job().await;
    let client = SmartClient::new(&app.config).unwrap();
    let session = client.resume(&handle).await.unwrap();
    assert_eq!(session.patient(), Some("amber-testwood"));
    let token = session.access_token().expose_secret().to_owned();
    assert_eq!(browser.get(&page.replace("/patient", "/token")).await.body, token);

    app.advance(3400);
    let later = client.resume(&handle).await.unwrap();
    assert_ne!(later.access_token().expose_secret(), token);
    assert_eq!(app.refreshes(), 1);
    // The page finds what the job has fetched, and the first session learns of it.
    let of_page = browser.get(&page.replace("/patient", "/token")).await.body;
    assert_eq!(of_page, later.access_token().expose_secret());
    assert_eq!(session.current_token().await.unwrap().expose_secret(), of_page);
    assert_eq!(session.access_token().expose_secret(), token, "as it was when it began");
    assert_eq!(app.refreshes(), 1);

    app.advance(100);
    let RefreshNow::Refreshed(fresh) = later.refresh_now().await.unwrap() else {
        panic!("the pace allows one after a minute");
    };
    assert_ne!(fresh.access_token().expose_secret(), of_page);
    let again = fresh.refresh_now().await.unwrap();
    let RefreshNow::TooEarly { retry_after } = again else {
        panic!("{again:?}");
    };
    assert_eq!(retry_after.as_secs(), 60);
    assert_eq!(app.refreshes(), 2);
}

#[actix_web::test]
async fn a_job_is_told_when_its_launch_has_ended() {
    let (app, browser, page, handle) = job().await;
    let client = SmartClient::new(&app.config).unwrap();
    let session = client.resume(&handle).await.unwrap();
    browser.post(&page.replace("/patient", "/auth/logout")).await;
    let ended = LaunchError::Ended(EndReason::LoggedOut);
    assert_eq!(client.resume(&handle).await.unwrap_err(), ended);
    assert_eq!(session.current_token().await.unwrap_err(), ended);
    assert_eq!(session.refresh_now().await.unwrap_err(), ended);
    assert!(!session.end().await.unwrap(), "it was not open any more");
    app.advance(16 * 60);
    assert_eq!(client.resume(&handle).await.unwrap_err(), LaunchError::NotFound);
}

#[actix_web::test]
async fn a_job_can_end_the_launch() {
    let (app, browser, page, handle) = job().await;
    let session = SmartClient::new(&app.config).unwrap().resume(&handle).await.unwrap();
    assert!(session.end().await.unwrap());
    assert_eq!(browser.api(&page).await.status, 401);
}

#[actix_web::test]
async fn a_handle_is_text_that_can_be_stored_and_that_debug_does_not_show() {
    let (app, _, page, handle) = job().await;
    let text = serde_json::to_string(&handle).unwrap();
    let again: LaunchHandle = serde_json::from_str(&text).unwrap();
    assert!(SmartClient::new(&app.config).unwrap().resume(&again).await.is_ok());
    let id = &page.split_once("/~").unwrap().1[..22];
    assert!(!format!("{handle:?}").contains(id));
    for bad in ["\"\"", "\"AAAAAAAAAAAAAAAAAAAAAA\"", "\"../etc\""] {
        let bad: LaunchHandle = serde_json::from_str(bad).unwrap();
        let error = SmartClient::new(&app.config).unwrap().resume(&bad).await.unwrap_err();
        assert_eq!(error, LaunchError::NotFound);
    }
}

#[actix_web::test]
async fn a_session_moves_to_another_thread() {
    let (app, _, _, handle) = job().await;
    let session = SmartClient::new(&app.config).unwrap().resume(&handle).await.unwrap();
    let moved = Mutex::new(Some(session));
    let token = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let session = moved.lock().unwrap().take().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async { session.current_token().await.unwrap().expose_secret().to_owned() })
        });
        thread.join().unwrap()
    });
    assert!(!token.is_empty());
}
