//! Refreshes that the EHR carried out and whose answer got lost: the refresh token is spent, and the EHR takes a second
//! use for theft.

use std::{net::TcpListener, time::Duration};

use actix_smart_auth::{
    EndReason,
    sandbox::{Fault, FaultPoint, Times, When},
};

use crate::support::{App, DUE, DUE_TO_UNUSABLE, Opened, UNUSABLE, all_are};

fn losses(elsewhere: &str) -> Vec<Fault> {
    vec![
        Fault::Reset,
        Fault::Status(500),
        Fault::Unavailable { retry_after: None },
        Fault::TooManyRequests { retry_after: None },
        Fault::Hang(Duration::from_secs(5)),
        Fault::HtmlBody { status: 200 },
        Fault::HugeBody(2_000_000),
        Fault::Truncated,
        Fault::EmptyBody,
        Fault::OmitFields(vec!["access_token".to_owned()]),
        Fault::SetFields(serde_json::Map::from_iter([("token_type".to_owned(), "mac".into())])),
        Fault::Redirect {
            status: 307,
            location: elsewhere.to_owned(),
        },
    ]
}

/// A launch whose next refresh is carried out without an answer.
async fn losing(fault: &Fault, app: fn(crate::support::AppBuilder) -> crate::support::AppBuilder) -> Opened {
    let builder = App::builder().config(|config| config.token_deadline(Duration::from_millis(1_500)));
    let opened = Opened::with(app(builder)).await;
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::After, fault.clone(), Times::Once);
    opened
}

#[actix_web::test]
async fn the_token_is_not_sent_again_while_the_access_token_works_then_once_then_the_launch_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let elsewhere = format!("http://{}/token", listener.local_addr().unwrap());
    for fault in losses(&elsewhere) {
        let opened = losing(&fault, |app| app).await;
        let old = opened.stored_token().await;
        opened.app.advance(DUE);
        for seconds in [0, 1, 60, DUE_TO_UNUSABLE - 62] {
            opened.app.advance(seconds);
            let answers = opened.flood(10).await;
            all_are(&answers, 200);
            assert!(answers.iter().all(|answer| answer.body == old), "{fault:?}");
            assert_eq!(opened.app.refreshes(), 1, "{fault:?}");
        }
        opened.app.advance(1);
        let answers = opened.flood(10).await;
        all_are(&answers, 401);
        for answer in &answers {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.json()["code"], "refresh-answer-lost", "{fault:?}");
        }
        assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (2, 1));
        assert_eq!(opened.end_reason().await, EndReason::RefreshAnswerLost, "{fault:?}");
        opened.app.advance(60);
        all_are(&opened.flood(10).await, 401);
        assert_eq!(opened.app.refreshes(), 2, "{fault:?}");
    }
    assert!(listener.accept().is_err(), "a redirect was followed");
}

#[actix_web::test]
async fn when_the_access_token_has_run_out_the_token_is_sent_again_once_at_the_pace() {
    let opened = losing(&Fault::Reset, |app| app).await;
    opened.app.advance(UNUSABLE);
    all_are(&opened.flood(10).await, 503);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
    opened.app.advance(1);
    all_are(&opened.flood(10).await, 401);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (2, 1));
    assert_eq!(opened.end_reason().await, EndReason::RefreshAnswerLost);
}

#[actix_web::test]
async fn a_person_is_sent_to_a_new_launch_once_and_then_sees_a_page() {
    let opened = losing(&Fault::Reset, |app| app).await;
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    opened.app.advance(DUE_TO_UNUSABLE);
    let first = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!(first.status, 303, "{}", first.body);
    assert!(
        first.location().starts_with("/auth/launch?return_to=%2F%7E"),
        "{}",
        first.location()
    );
    let second = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!(second.status, 401);
    assert!(second.body.contains("Start again"), "{}", second.body);
    assert_eq!(second.header("cache-control"), "no-store");
    // The way back works.
    let page = opened.browser.navigate(&opened.app.url(first.location())).await;
    assert_eq!(page.body, "patient amber-testwood");
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn a_launch_that_began_in_the_ehr_is_not_begun_anew_by_itself() {
    let opened = losing(&Fault::Reset, |app| app).await;
    let page = opened
        .browser
        .navigate(&opened.app.ehr_launch_url("bruno-fixture", None))
        .await;
    assert_eq!(page.body, "patient bruno-fixture");
    opened.app.advance(DUE);
    assert_eq!(opened.browser.get(&page.url).await.status, 200);
    opened.app.advance(DUE_TO_UNUSABLE);
    let answer = opened.browser.get(&page.url).await;
    assert_eq!((answer.status, answer.location()), (401, ""));
    assert!(
        answer.body.contains("from the patient&#39;s chart") || answer.body.contains("chart"),
        "{}",
        answer.body
    );
    assert_eq!(opened.app.sandbox.reuse_detections(), 1);
}

#[actix_web::test]
async fn an_ehr_that_does_not_rotate_gives_the_new_token_at_the_second_time() {
    use actix_smart_auth::sandbox::RefreshTokens;
    let opened = losing(&Fault::Reset, |app| {
        app.sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable))
    })
    .await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.body, old);
    opened.app.advance(DUE_TO_UNUSABLE);
    let answers = opened.flood(10).await;
    all_are(&answers, 200);
    assert_ne!(answers[0].body, old);
    assert_eq!(opened.app.refreshes(), 2);
    assert_eq!(opened.record().await.0.refresh.unanswered_since, None);
}
