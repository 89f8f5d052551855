//! Refreshes that fail before the EHR has done anything: the launch lives, and the EHR is left in peace.

use std::{net::TcpListener, time::Duration};

use actix_smart_auth::{
    sandbox::{Fault, FaultPoint, Times, When},
    time::Clock as _,
};

use crate::support::{App, DUE, DUE_TO_UNUSABLE, Gate, Opened, UNUSABLE, all_are};

/// What an EHR does on a bad day, and the wait that it asks for in seconds (1 when it does not).
fn troubles(elsewhere: &str) -> Vec<(Fault, u64)> {
    let text = |text: &str| Some(text.to_owned());
    vec![
        (Fault::Status(500), 1),
        (Fault::Unavailable { retry_after: None }, 1),
        (
            Fault::Unavailable {
                retry_after: text("30"),
            },
            30,
        ),
        (Fault::TooManyRequests { retry_after: None }, 1),
        (Fault::TooManyRequests { retry_after: text("7") }, 7),
        (Fault::Reset, 1),
        (Fault::Hang(Duration::from_secs(20)), 1),
        (Fault::HtmlBody { status: 502 }, 1),
        (Fault::HtmlBody { status: 200 }, 1),
        (Fault::HugeBody(2_000_000), 1),
        (Fault::Truncated, 1),
        (Fault::EmptyBody, 1),
        (Fault::OperationOutcome { status: 500 }, 1),
        (oauth(503, "temporarily_unavailable"), 1),
        (oauth(500, "invalid_grant"), 1),
        (
            Fault::Redirect {
                status: 307,
                location: elsewhere.to_owned(),
            },
            1,
        ),
    ]
}

fn oauth(status: u16, error: &str) -> Fault {
    Fault::OAuthError {
        status,
        error: error.to_owned(),
        description: None,
    }
}

/// A server that must not be asked.
fn forbidden() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    (listener, url)
}

fn fail(opened: &Opened, when: When, fault: &Fault) {
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, when, fault.clone(), Times::Always);
}

async fn impatient() -> Opened {
    let app = App::builder().config(|config| {
        config
            .token_deadline(Duration::from_secs(4))
            .refresh_wait_due(Duration::from_secs(20))
            .refresh_wait_unusable(Duration::from_secs(20))
    });
    Opened::with(app).await
}

#[actix_web::test]
async fn a_working_token_keeps_serving_through_every_trouble_and_the_refresh_succeeds_afterwards() {
    let (listener, elsewhere) = forbidden();
    for (fault, _) in troubles(&elsewhere) {
        let opened = impatient().await;
        let old = opened.stored_token().await;
        opened.app.advance(DUE);
        fail(&opened, When::Before, &fault);
        for seconds in [0, 60] {
            opened.app.advance(seconds);
            let answers = opened.flood(20).await;
            all_are(&answers, 200);
            assert!(answers.iter().all(|answer| answer.body == old), "{fault:?}");
        }
        // The EHR may have processed it, so the same refresh token is kept back while the access token works.
        assert_eq!(opened.app.refreshes(), 1, "{fault:?}");
        opened.app.sandbox.clear_faults();
        opened.app.advance(DUE_TO_UNUSABLE - 60);
        let answer = opened.token().await;
        assert_eq!(answer.status, 200, "{fault:?}: {}", answer.body);
        assert_ne!(answer.body, old, "{fault:?}");
        assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (2, 0));
        assert_eq!(opened.record().await.0.refresh.failures, 0, "{fault:?}");
    }
    assert!(listener.accept().is_err(), "a redirect was followed");
}

#[actix_web::test]
async fn without_a_working_token_every_trouble_is_5xx_and_a_flood_makes_one_attempt_per_pace() {
    let (listener, elsewhere) = forbidden();
    for (fault, wait) in troubles(&elsewhere) {
        let opened = impatient().await;
        opened.app.advance(UNUSABLE);
        fail(&opened, When::Before, &fault);
        let (status, code) = match &fault {
            Fault::HtmlBody { status: 200 } | Fault::HugeBody(_) | Fault::EmptyBody => (502, "ehr-error"),
            Fault::Redirect { .. } => (502, "ehr-error"),
            _ => (503, "ehr-unavailable"),
        };
        let answers = opened.flood(40).await;
        all_are(&answers, status);
        for answer in &answers {
            assert_eq!(answer.header("retry-after"), wait.to_string(), "{fault:?}");
            assert_eq!(answer.json()["code"], code, "{fault:?}");
        }
        assert_eq!(opened.app.refreshes(), 1, "{fault:?}");
        let page = opened.browser.get(&opened.url("/patient")).await;
        assert_eq!((page.status, page.header("retry-after")), (status, &*wait.to_string()));
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");

        opened.app.clock.advance(Duration::from_millis(wait * 1000 - 1));
        all_are(&opened.flood(5).await, status);
        assert_eq!(opened.app.refreshes(), 1, "{fault:?}");
        opened.app.sandbox.clear_faults();
        opened.app.clock.advance(Duration::from_millis(1));
        all_are(&opened.flood(5).await, 200);
        assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (2, 0));
    }
    assert!(listener.accept().is_err(), "a redirect was followed");
}

#[actix_web::test]
async fn attempts_are_one_two_four_up_to_sixty_seconds_apart_and_a_success_forgets_that() {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    fail(&opened, When::Before, &Fault::Status(500));
    all_are(&opened.flood(100).await, 503);
    let mut attempts = 1;
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(opened.app.refreshes(), attempts);
        opened.app.clock.advance(Duration::from_millis(pause * 1000 - 1));
        let answers = opened.flood(10).await;
        all_are(&answers, 503);
        assert!(answers.iter().all(|answer| answer.header("retry-after") == "1"));
        assert_eq!(opened.app.refreshes(), attempts, "too early by a millisecond");
        opened.app.clock.advance(Duration::from_millis(1));
        all_are(&opened.flood(10).await, 503);
        attempts += 1;
    }
    assert_eq!(opened.app.refreshes(), attempts);
    opened.app.sandbox.clear_faults();
    opened.app.advance(60);
    assert_eq!(opened.token().await.status, 200);
    // The next trouble begins with one second again.
    opened.app.advance(UNUSABLE);
    fail(&opened, When::Before, &Fault::Status(500));
    assert_eq!(opened.token().await.header("retry-after"), "1");
}

#[actix_web::test]
async fn a_retry_after_with_a_date_is_kept_to() {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    // A date has whole seconds: from a whole second on, the wait is exact.
    let millis = opened.app.clock.now().as_millis() % 1000;
    opened.app.clock.advance(Duration::from_millis((1000 - millis) % 1000));
    let then = opened.app.clock.now().saturating_add(Duration::from_secs(90));
    let fault = Fault::Unavailable {
        retry_after: Some(httpdate::fmt_http_date(then.into())),
    };
    fail(&opened, When::Before, &fault);
    assert_eq!(opened.token().await.header("retry-after"), "90");
    opened.app.sandbox.clear_faults();
    opened.app.advance(89);
    assert_eq!(opened.token().await.header("retry-after"), "1");
    assert_eq!(opened.app.refreshes(), 1);
    opened.app.advance(1);
    assert_eq!(opened.token().await.status, 200);
}

#[actix_web::test]
async fn a_retry_after_of_a_day_is_believed_for_five_minutes() {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    let fault = Fault::Unavailable {
        retry_after: Some("86400".to_owned()),
    };
    fail(&opened, When::Before, &fault);
    assert_eq!(opened.token().await.header("retry-after"), "300");
}

/// A launch whose token endpoint is behind a gate.
async fn gated() -> (Opened, Gate) {
    let mut gate = None;
    let opened = Opened::with_gate(App::builder(), |app| {
        let mut open = Gate::before(&app.sandbox.origin());
        open.open();
        app.sandbox
            .set_metadata_field("token_endpoint", format!("{}/token", open.origin()));
        gate = Some(open);
    })
    .await;
    (opened, gate.unwrap())
}

#[actix_web::test]
async fn a_refused_connection_is_tried_again_at_the_pace_while_the_token_works() {
    let (opened, mut gate) = gated().await;
    let old = opened.stored_token().await;
    gate.close().await;
    opened.app.advance(DUE);
    for (attempt, pause) in (1_u32..).zip([1, 2, 4, 8]) {
        let answers = opened.flood(25).await;
        all_are(&answers, 200);
        assert!(answers.iter().all(|answer| answer.body == old));
        assert_eq!(opened.record().await.0.refresh.failures, attempt);
        opened.app.clock.advance(Duration::from_millis(pause * 1000 - 1));
        assert_eq!(opened.token().await.status, 200);
        assert_eq!(opened.record().await.0.refresh.failures, attempt, "too early");
        opened.app.clock.advance(Duration::from_millis(1));
    }
    gate.open();
    assert_eq!(opened.app.refreshes(), 0);
    assert_ne!(
        opened.token().await.body,
        old,
        "nothing was sent, so nothing has to be waited for"
    );
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_refused_connection_without_a_working_token_is_503_until_it_is_back() {
    let (opened, mut gate) = gated().await;
    gate.close().await;
    opened.app.advance(UNUSABLE);
    let answers = opened.flood(100).await;
    all_are(&answers, 503);
    assert!(answers.iter().all(|answer| answer.header("retry-after") == "1"));
    assert_eq!(opened.record().await.0.refresh.failures, 1);
    gate.open();
    assert_eq!(opened.token().await.status, 503, "not before its time");
    opened.app.advance(1);
    all_are(&opened.flood(10).await, 200);
    assert_eq!(opened.app.refreshes(), 1);
}
