//! So many requests to one EHR go at once. Whoever cannot be served soon hears so at once, and nothing is sent.

mod neighbours;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    Authorized, SmartClient, StartOptions,
    error::{FinishError, IntrospectError, LaunchError, RefreshError, RefreshFailure, TokenError},
    sandbox::{Endpoint, Fault, FaultPoint, Times, When},
};
use actix_web::rt::task::JoinHandle;

use crate::{
    smart_client::sign_in,
    support::{Answer, App, Browser, Opened, UNUSABLE, eventually},
};

/// How long the EHR of these tests keeps a request and then hangs up.
const HANG: Duration = Duration::from_secs(4);
/// What is said at once takes less than this, also on a machine that has other things to do.
const AT_ONCE: Duration = Duration::from_secs(2);

/// The next `count` requests hang.
fn hang(app: &App, on: FaultPoint, count: u32) {
    app.sandbox.inject(on, When::Before, Fault::Hang(HANG), Times::N(count));
}

/// Runs all of it at once, and goes on when all but `running` have ended: these hang or wait. Gives back what the others
/// came to.
async fn crowd<T: 'static>(calls: Vec<impl Future<Output = T> + 'static>, running: usize) -> Vec<T> {
    let calls: Vec<JoinHandle<T>> = calls.into_iter().map(actix_web::rt::spawn).collect();
    let ended = calls.len() - running;
    eventually("the rest has ended", || {
        calls.iter().filter(|call| call.is_finished()).count() == ended
    })
    .await;
    let mut results = Vec::new();
    for call in calls.into_iter().filter(JoinHandle::is_finished) {
        results.push(call.await.unwrap());
    }
    results
}

async fn authorized(client: &SmartClient) -> Authorized {
    let (pending, query) = sign_in(client, StartOptions::standalone()).await;
    client.finish(pending, &query).await.unwrap()
}

/// 64 refreshes hang, 64 wait, and one more of each is refused.
async fn full_of_refreshes(app: &App) {
    let client = SmartClient::new(&app.config).unwrap();
    let authorized = authorized(&client).await;
    let before = app.refreshes();
    hang(app, FaultPoint::Refresh, 64);
    let refresh = |_| {
        let (client, authorized) = (client.clone(), authorized.clone());
        async move { client.refresh(&authorized).await }
    };
    for error in crowd((0..130).map(refresh).collect(), 128).await {
        let error = error.unwrap_err();
        let RefreshError::Token(error @ TokenError::Busy { .. }) = &error else {
            panic!("{error:?}")
        };
        assert!(!error.may_have_been_processed());
        assert!(error.retry_after().is_some());
    }
    eventually("64 hang", || app.refreshes() == before + 64).await;
}

/// 32 exchanges of made-up codes hang, 32 wait, and more are refused.
async fn full_of_exchanges(app: &App) {
    let client = SmartClient::new(&app.config).unwrap();
    hang(app, FaultPoint::Exchange, 32);
    let mut calls = Vec::new();
    for number in 0..66 {
        let (_, pending) = client.start(StartOptions::standalone()).await.unwrap();
        let query = format!("code=made-up-{number}&state={}", pending.state().expose_secret());
        let client = client.clone();
        calls.push(async move { client.finish(pending, &query).await });
    }
    let before = app.exchanges();
    for error in crowd(calls, 64).await {
        let error = error.unwrap_err().error;
        assert!(
            matches!(error, FinishError::Token(TokenError::Busy { .. })),
            "{error:?}"
        );
    }
    eventually("32 hang", || app.exchanges() == before + 32).await;
}

#[track_caller]
fn assert_busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert!(!answer.body.contains("does not answer"), "{}", answer.body);
}

#[actix_web::test]
async fn at_a_full_ehr_a_due_launch_is_answered_at_once_and_its_refresh_token_is_not_sent() {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    full_of_refreshes(&opened.app).await;
    let (before, sent) = (opened.record().await.1, opened.app.refreshes());

    let began = Instant::now();
    let api = opened.token().await;
    let page = opened.browser.get(&opened.url("/patient")).await;
    let resumed = SmartClient::new(&opened.app.config)
        .unwrap()
        .resume(&opened.handle())
        .await;
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_busy(&api);
    assert_eq!(api.json()["code"], "busy");
    assert_busy(&page);
    let words =
        "Your health record system has more requests waiting than it can answer just now. You are still signed in.";
    assert!(page.body.contains(words), "{}", page.body);
    let Err(LaunchError::Unavailable { cause, .. }) = resumed else {
        panic!("{resumed:?}")
    };
    assert_eq!(cause, RefreshFailure::Busy);
    assert_eq!(opened.app.refreshes(), sent);
    assert_eq!(opened.record().await.1, before, "nothing was noted in the launch");

    // Once the EHR answers again, it goes on.
    let mut answer = opened.token().await;
    let began = Instant::now();
    while answer.status != 200 {
        assert_busy(&answer);
        assert!(began.elapsed() < 5 * HANG, "it does not go on");
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        answer = opened.token().await;
    }
}

#[actix_web::test]
async fn a_token_that_still_works_is_used_meanwhile() {
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::from_millis(200)));
    let opened = Opened::with(app).await;
    opened.app.advance(crate::support::DUE);
    full_of_refreshes(&opened.app).await;
    let old = opened.stored_token().await;
    let answer = opened.token().await;
    assert_eq!((answer.status, answer.body), (200, old));
}

#[actix_web::test]
async fn a_callback_that_is_turned_away_keeps_its_code_and_opens_when_it_is_loaded_again() {
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    full_of_exchanges(&app).await;
    let sent = app.exchanges();

    let began = Instant::now();
    let page = browser.get(&callback).await;
    let api = browser.api(&callback).await;
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_busy(&page);
    assert!(page.body.contains("<h1>Please try again shortly</h1>"), "{}", page.body);
    assert!(
        page.body
            .contains("than it can answer just now. You are almost signed in. Wait a little, then try again."),
        "{}",
        page.body
    );
    // The link leads to the page itself, whose address is not repeated in it.
    assert!(
        page.body.contains("<a class=\"action\" href=\"\">Try again</a>"),
        "{}",
        page.body
    );
    let code = callback.split("code=").nth(1).unwrap().split('&').next().unwrap();
    assert!(!page.body.contains(code) && !api.body.contains(code));
    assert_busy(&api);
    assert_eq!(api.json()["code"], "busy");
    assert_eq!(api.json()["launch_url"], "/auth/launch");
    assert_eq!(app.exchanges(), sent, "the code was not sent");

    actix_web::rt::time::sleep(HANG).await;
    let opened = browser.navigate(&callback).await;
    assert_eq!((opened.status, opened.body.as_str()), (200, "patient amber-testwood"));
}

#[actix_web::test]
async fn an_answer_that_needs_no_exchange_is_given_at_a_full_ehr_too() {
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let opened = browser.get(&callback).await;
    let other = Browser::new();
    let refused = other
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let state = refused.split("state=").nth(1).unwrap().split('&').next().unwrap();
    full_of_exchanges(&app).await;
    let again = browser.get(&callback).await;
    assert_eq!((again.status, again.location()), (303, opened.location()));
    let denied = app.url(&format!("/auth/callback?error=access_denied&state={state}"));
    assert_eq!(other.get(&denied).await.status, 403);
}

#[actix_web::test]
async fn a_flood_of_made_up_callbacks_leaves_refreshes_as_fast_as_before() {
    let opened = Opened::start().await;
    full_of_exchanges(&opened.app).await;
    opened.app.advance(UNUSABLE);
    let began = Instant::now();
    assert_eq!(opened.token().await.status, 200);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn introspections_wait_for_each_other_and_nobody_waits_for_them() {
    let opened = Opened::start().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    let authorized = authorized(&client).await;
    hang(&opened.app, FaultPoint::Introspection, 16);
    let introspect = |_| {
        let (client, authorized) = (client.clone(), authorized.clone());
        async move { client.introspect(&authorized).await }
    };
    for error in crowd((0..1_042).map(introspect).collect(), 1_040).await {
        let error = error.unwrap_err();
        assert!(matches!(error, IntrospectError::Busy { .. }), "{error:?}");
    }
    let asked = || {
        let all = opened.app.sandbox.received_requests();
        all.iter().filter(|it| it.endpoint == Endpoint::Introspection).count()
    };
    eventually("16 hang", || asked() == 16).await;
    opened.app.advance(UNUSABLE);
    let began = Instant::now();
    assert_eq!(opened.token().await.status, 200);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}
