//! What a handler, a stream and a job can ask of a session about its token.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    EndReason, RefreshNow, SmartClient, SmartSession,
    error::{LaunchError, RefreshFailure},
    sandbox::{Fault, FaultPoint, RefreshTokens, Times, When},
    time::Clock as _,
};
use actix_web::web;
use tokio::sync::Semaphore;

use crate::support::{App, DUE, Opened, UNUSABLE, eventually};

async fn session(opened: &Opened) -> SmartSession {
    let client = SmartClient::new(&opened.app.config).unwrap();
    client.resume(&opened.handle()).await.unwrap()
}

#[track_caller]
fn too_early(outcome: Result<RefreshNow, LaunchError>) -> Duration {
    match outcome.unwrap() {
        RefreshNow::TooEarly { retry_after } => retry_after,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refreshed(outcome: Result<RefreshNow, LaunchError>) -> SmartSession {
    match outcome.unwrap() {
        RefreshNow::Refreshed(session) => session,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn refresh_now_succeeds_at_most_once_a_minute_while_the_token_works() {
    let opened = Opened::start().await;
    let old = opened.stored_token().await;
    let session = session(&opened).await;
    let fresh = refreshed(session.refresh_now().await);
    assert_ne!(fresh.access_token().expose_secret(), old);
    assert_eq!(fresh.access_token().expose_secret(), opened.stored_token().await);
    assert_eq!(session.access_token().expose_secret(), old, "a session does not change");

    assert_eq!(too_early(session.refresh_now().await), Duration::from_secs(60));
    opened.app.clock.advance(Duration::from_millis(59_999));
    assert_eq!(too_early(session.refresh_now().await), Duration::from_millis(1));
    assert_eq!(opened.app.refreshes(), 1);
    opened.app.clock.advance(Duration::from_millis(1));
    refreshed(session.refresh_now().await);
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn the_pace_of_a_short_lived_token_is_half_its_life() {
    let app = App::builder().sandbox(|sandbox| sandbox.token_lifetime(Duration::from_secs(40)));
    let opened = Opened::with(app).await;
    let session = session(&opened).await;
    refreshed(session.refresh_now().await);
    assert_eq!(too_early(session.refresh_now().await), Duration::from_secs(20));
    opened.app.advance(20);
    refreshed(session.refresh_now().await);
}

#[actix_web::test]
async fn many_who_ask_for_a_refresh_at_once_share_one() {
    let opened = Rc::new(Opened::start().await);
    let fault = Fault::Delay(Duration::from_secs(2));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
    let mut running = Vec::new();
    for _ in 0..20 {
        let session = session(&opened).await;
        running.push(actix_web::rt::spawn(async move { session.refresh_now().await }));
    }
    for outcome in running {
        refreshed(outcome.await.unwrap());
    }
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn refresh_now_in_a_handler_answers_for_itself() {
    let opened = Opened::start().await;
    assert_eq!(opened.browser.post(&opened.url("/refresh")).await.body, "refreshed");
    let answer = opened.browser.post(&opened.url("/refresh")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "too early, 60 s"));
}

#[actix_web::test]
async fn a_failed_refresh_now_is_an_error_and_the_next_one_waits_for_the_pace() {
    let opened = Opened::start().await;
    let session = session(&opened).await;
    let fault = Fault::OAuthError {
        status: 401,
        error: "invalid_client".to_owned(),
        description: None,
    };
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
    assert_eq!(session.refresh_now().await.unwrap_err(), LaunchError::ClientRefused);
    assert_eq!(too_early(session.refresh_now().await), Duration::from_secs(1));
    assert_eq!(opened.token().await.status, 200, "the present token serves");
    opened.app.advance(1);
    refreshed(session.refresh_now().await);
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn after_a_lost_answer_refresh_now_does_not_send_the_token_again_while_the_access_token_works() {
    let opened = Opened::start().await;
    let session = session(&opened).await;
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
    let error = session.refresh_now().await.unwrap_err();
    let unavailable = LaunchError::Unavailable {
        cause: RefreshFailure::EhrUnavailable,
        retry_after: Duration::from_secs(1),
        failures: 1,
    };
    assert_eq!(error, unavailable);
    assert_eq!(too_early(session.refresh_now().await), Duration::from_secs(3570));
    opened.app.clock.advance(Duration::from_millis(3_569_999));
    assert_eq!(too_early(session.refresh_now().await), Duration::from_millis(1));
    assert_eq!(opened.app.refreshes(), 1);
    opened.app.clock.advance(Duration::from_millis(1));
    let error = session.refresh_now().await.unwrap_err();
    assert_eq!(error, LaunchError::Ended(EndReason::RefreshAnswerLost));
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn without_a_refresh_token_refresh_now_says_so_and_the_end_of_the_token_ends_the_launch() {
    let app = App::builder().sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::None));
    let opened = Opened::with(app).await;
    let session = session(&opened).await;
    assert_eq!(too_early(session.refresh_now().await), Duration::from_secs(3600));
    opened.app.advance(UNUSABLE);
    let error = session.refresh_now().await.unwrap_err();
    assert_eq!(error, LaunchError::Ended(EndReason::TokenExpired));
    assert_eq!(opened.app.refreshes(), 0);
}

/// The long handler tells that it has begun, and is told to go on.
static BEGUN: Semaphore = Semaphore::const_new(0);
static GO_ON: Semaphore = Semaphore::const_new(0);

fn long(app: &mut web::ServiceConfig) {
    app.route("/~{smart_launch}/long", web::get().to(long_handler));
}

async fn long_handler(session: SmartSession) -> Result<String, LaunchError> {
    let mut seen = vec![session.access_token().expose_secret().to_owned()];
    for _ in 0..2 {
        BEGUN.add_permits(1);
        GO_ON.acquire().await.unwrap().forget();
        seen.push(session.current_token().await?.expose_secret().to_owned());
    }
    assert_eq!(session.access_token().expose_secret(), seen[0]);
    Ok(seen.join(" "))
}

#[actix_web::test]
async fn current_token_in_a_long_handler_is_right_across_the_end_of_the_first_token() {
    let opened = Opened::with(App::builder().routes(long)).await;
    let first = opened.stored_token().await;
    let running = {
        let (browser, url) = (Rc::clone(&opened.browser), opened.url("/long"));
        actix_web::rt::spawn(async move { browser.api(&url).await })
    };
    BEGUN.acquire().await.unwrap().forget();
    // Nothing is due: the same token, and the EHR is not asked.
    GO_ON.add_permits(1);
    BEGUN.acquire().await.unwrap().forget();
    assert_eq!(opened.app.refreshes(), 0);
    opened.app.advance(UNUSABLE);
    GO_ON.add_permits(1);
    let answer = running.await.unwrap();
    let second = opened.stored_token().await;
    assert_eq!((answer.status, answer.body), (200, format!("{first} {first} {second}")));
    assert_ne!(first, second);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn the_life_of_a_token_counts_from_before_it_was_asked_for() {
    let opened = Rc::new(Opened::start().await);
    let opening = session(&opened).await;
    assert_eq!(opening.expires_in(), Duration::from_secs(3600));
    opened.app.advance(DUE);
    assert_eq!(opening.expires_in(), Duration::from_secs(200));
    let asked_at = opened.app.clock.now();
    let fault = Fault::Delay(Duration::from_millis(1_500));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
    let running = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { session(&opened).await })
    };
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    opened.app.advance(30);
    let fresh = running.await.unwrap();
    assert_eq!(
        fresh.expires_at(),
        asked_at.saturating_add(Duration::from_secs(3600)),
        "not from when the answer came"
    );
    assert_eq!(fresh.expires_in(), Duration::from_secs(3570));
}

#[actix_web::test]
async fn a_session_that_is_ended_is_over_for_everybody_who_holds_it() {
    let opened = Opened::start().await;
    let (one, other) = (session(&opened).await, session(&opened).await);
    assert!(one.end().await.unwrap());
    assert!(!other.end().await.unwrap(), "it was not open any more");
    let ended = LaunchError::Ended(EndReason::LoggedOut);
    assert_eq!(other.current_token().await.unwrap_err(), ended);
    assert_eq!(other.refresh_now().await.unwrap_err(), ended);
    let answer = opened.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("signed-out"))
    );
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!(page.status, 401, "who signed out is not sent to sign in again");
    assert_eq!(opened.app.refreshes(), 0);
}
