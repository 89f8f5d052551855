//! The end of the process.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    ShutdownReport, SmartClient,
    sandbox::{Fault, FaultPoint, Times, When},
};

use crate::support::{App, Browser, DUE, DUE_TO_UNUSABLE, Logs, Opened, eventually, open};

/// A launch whose token is due, and a refresh that takes a while and that no request waits for.
async fn refreshing(millis: u64) -> Opened {
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::ZERO));
    let opened = Opened::with(app).await;
    opened.app.advance(DUE);
    let fault = Fault::Delay(Duration::from_millis(millis));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::After, fault, Times::Always);
    assert_eq!(opened.token().await.status, 200);
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    opened
}

#[actix_web::test]
async fn a_graceful_stop_during_a_refresh_saves_the_new_token() {
    let mut opened = refreshing(5_000).await;
    let old = opened.stored_token().await;
    opened.app.stop_server().await;
    assert_eq!(opened.stored_token().await, old, "the refresh is still running");
    let report = opened.app.config.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.finished, report.cut_off), (1, 0));
    let new = opened.stored_token().await;
    assert_ne!(new, old);
    let session = SmartClient::new(&opened.app.config)
        .unwrap()
        .resume(&opened.handle())
        .await
        .unwrap();
    assert_eq!(session.access_token().expose_secret(), new);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_request_that_waits_for_its_refresh_is_answered_before_the_server_stops() {
    let opened = Opened::start().await;
    opened.app.advance(DUE + DUE_TO_UNUSABLE);
    let fault = Fault::Delay(Duration::from_millis(400));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
    let mut opened = opened;
    let waiting = {
        let (browser, url) = (Rc::clone(&opened.browser), opened.url("/token"));
        actix_web::rt::spawn(async move { browser.api(&url).await })
    };
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    opened.app.stop_server().await;
    let answer = waiting.await.unwrap();
    assert_eq!((answer.status, answer.body), (200, opened.stored_token().await));
    let report = opened.app.config.shutdown(Duration::from_secs(10)).await;
    assert_eq!(report.cut_off, 0);
}

#[actix_web::test]
async fn a_shutdown_that_runs_out_of_time_says_how_much_it_left() {
    let opened = refreshing(5_000).await;
    let old = opened.stored_token().await;
    let ShutdownReport { finished, cut_off, .. } = opened.app.config.shutdown(Duration::from_millis(50)).await;
    assert_eq!((finished, cut_off), (0, 1));
    // It goes on as long as the process does, and may be waited for again.
    let report = opened.app.config.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.finished, report.cut_off), (1, 0));
    assert_ne!(opened.stored_token().await, old);
}

#[actix_web::test]
async fn a_shutdown_without_running_work_waits_for_nothing() {
    let opened = Opened::start().await;
    // The launch was answered a moment ago; on a busy machine its last step may still be under way.
    let hour = opened.app.config.shutdown(Duration::from_secs(3600));
    let report = tokio::time::timeout(Duration::from_secs(60), hour).await.unwrap();
    assert_eq!(report.cut_off, 0);
}

#[actix_web::test]
async fn without_a_shutdown_the_log_says_how_many_operations_were_cut_off() {
    let logs = Logs::collect();
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::ZERO));
    let mut opened = Opened::with(app).await;
    let mut bases = vec![opened.base.clone()];
    // Eleven, because no other test leaves that many behind.
    while bases.len() < 11 {
        bases.push(open(&opened.app, &opened.browser).await);
    }
    opened.app.advance(DUE);
    // Longer than the server takes to stop on a busy machine.
    let fault = Fault::Delay(Duration::from_secs(20));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
    for base in &bases {
        assert_eq!(opened.browser.api(&format!("{base}/token")).await.status, 200);
    }
    eventually("all refreshes are under way", || opened.app.refreshes() == 11).await;
    opened.app.stop_server().await;
    // The EHR outlives the application: its end would be the end of what is under way there.
    let ehr = std::mem::replace(&mut opened.app.sandbox, crate::support::strict_ehr().start().unwrap());
    drop(opened);
    let line = "11 token operations were still running when the application ended";
    eventually("the log has it", || logs.text().contains(line)).await;
    drop(ehr);
    let text = logs.text();
    let line = text.lines().find(|it| it.contains(line)).unwrap();
    assert!(
        line.contains("WARN") && line.contains("SmartConfig::shutdown"),
        "{line}"
    );
    assert!(line.contains("refresh"), "{line}");
}

#[actix_web::test]
async fn after_a_shutdown_a_working_token_goes_on_and_one_that_ran_out_gives_503() {
    let opened = Opened::start().await;
    let old = opened.stored_token().await;
    opened.app.config.shutdown(Duration::ZERO).await;
    assert_eq!(opened.token().await.status, 200);
    opened.app.advance(DUE);
    let answer = opened.token().await;
    assert_eq!((answer.status, answer.body), (200, old));
    opened.app.advance(DUE_TO_UNUSABLE);
    let answer = opened.token().await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "1");
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "1"));
    assert_eq!(opened.app.refreshes(), 0);
    opened.record().await;
}

#[actix_web::test]
async fn a_callback_after_the_shutdown_is_asked_to_come_again_and_consumes_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    app.config.shutdown(Duration::from_secs(1)).await;
    let page = browser.get(&callback).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    assert_eq!(app.exchanges(), 0);
}
