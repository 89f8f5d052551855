//! Revocation endpoints in trouble: the launch ends all the same, nobody waits, and the log tells no token.

use std::time::{Duration, Instant};

use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};

use super::{Tokens, answered, launched, revocations, settled};
use crate::support::{App, Browser, Logs, RawServer};

/// Logs out of a new launch while the revocation endpoint does this to both requests.
async fn logout_with(app: &App, fault: impl FnOnce(&Tokens) -> Fault) -> Tokens {
    let browser = Browser::new();
    let (base, tokens) = launched(app, &browser).await;
    app.sandbox
        .inject(FaultPoint::Revocation, When::Before, fault(&tokens), Times::N(2));
    app.sandbox.clear_received_requests();
    let answer = browser.post(&format!("{base}/auth/logout")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("This chart is closed"), "{}", answer.body);
    for token in [&tokens.refresh, &tokens.access] {
        assert!(!answer.body.contains(token.as_str()));
    }
    assert_eq!(browser.api(&format!("{base}/patient")).await.status, 401);
    tokens
}

/// The lines of the log that are about this application's EHR.
fn lines(logs: &Logs, app: &App, text: &str) -> Vec<String> {
    let ehr = app.sandbox.fhir_base_url();
    let all = logs.text();
    let about = |line: &&str| line.contains(&ehr) && line.contains(text);
    all.lines().filter(about).map(str::to_owned).collect()
}

fn oauth(status: u16, error: &str, description: String) -> Fault {
    Fault::OAuthError {
        status,
        error: error.to_owned(),
        description: Some(description),
    }
}

const FAILED: &str = "a token could not be revoked";

#[actix_web::test]
async fn a_failure_is_logged_without_the_token_and_not_tried_again() {
    let logs = Logs::collect();
    let app = App::start();
    let canary = RawServer::canary();
    let elsewhere = format!("{}/revoke", canary.origin);
    let raw = |status, body: String| Fault::Raw {
        status,
        content_type: "text/plain".to_owned(),
        body: body.into_bytes(),
    };
    type Make<'a> = Box<dyn FnOnce(&Tokens) -> Fault + 'a>;
    let faults: [(&str, Make<'_>); 11] = [
        ("status 500", Box::new(|_| Fault::Status(500))),
        (
            "status 503",
            Box::new(|_| Fault::Unavailable {
                retry_after: Some("1".to_owned()),
            }),
        ),
        (
            "status 302",
            Box::new(|_| Fault::Redirect {
                status: 302,
                location: elsewhere.clone(),
            }),
        ),
        (
            "status 307",
            Box::new(|_| Fault::Redirect {
                status: 307,
                location: elsewhere.clone(),
            }),
        ),
        (
            "status 308",
            Box::new(|_| Fault::Redirect {
                status: 308,
                location: elsewhere.clone(),
            }),
        ),
        ("an HTML page", Box::new(|_| Fault::HtmlBody { status: 200 })),
        (
            "status 400 and text",
            Box::new(|tokens| raw(400, format!("no such token {}", tokens.refresh))),
        ),
        (
            "(unknown, status 400)",
            Box::new(|tokens| oauth(400, &tokens.refresh, tokens.access.clone())),
        ),
        (
            "(invalid_client, status 401)",
            Box::new(|tokens| oauth(401, "invalid_client", format!("{} {}", tokens.refresh, tokens.access))),
        ),
        ("the connection broke", Box::new(|_| Fault::Reset)),
        ("larger than the limit", Box::new(|_| Fault::HugeBody(2_000_000))),
    ];
    let mut all = Vec::new();
    for (number, (text, fault)) in faults.into_iter().enumerate() {
        all.push(logout_with(&app, fault).await);
        crate::support::eventually(text, || lines(&logs, &app, FAILED).len() == 2 * (number + 1)).await;
        let said = lines(&logs, &app, FAILED);
        let last = &said[2 * number..];
        assert!(
            last.iter().all(|line| line.contains(text) && line.contains("WARN")),
            "{text}: {last:?}"
        );
        assert!(
            last[0].contains("refresh token") && last[1].contains("access token"),
            "{last:?}"
        );
        assert_eq!(revocations(&app).len(), 2, "{text}: each is tried once");
    }
    settled(&app).await;
    assert_eq!(canary.connections(), 0);
    let text = logs.text();
    for tokens in all {
        for token in [tokens.refresh, tokens.access] {
            let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            assert!(
                !text.contains(&token) && !text.contains(&encoded),
                "a token is in the log"
            );
        }
    }
}

#[actix_web::test]
async fn an_ehr_that_revokes_tokens_of_one_kind_only_is_no_failure() {
    let logs = Logs::collect();
    let app = App::start();
    logout_with(&app, |_| oauth(400, "unsupported_token_type", "not these".to_owned())).await;
    answered(&app, 2).await;
    settled(&app).await;
    assert_eq!(lines(&logs, &app, FAILED), Vec::<String>::new());
    assert_eq!(lines(&logs, &app, "does not revoke tokens of this kind").len(), 2);
}

#[actix_web::test]
async fn nobody_waits_for_an_endpoint_that_hangs_and_a_shutdown_does_so_for_its_deadline_only() {
    let app = App::builder()
        .config(|config| config.request_timeout(Duration::from_secs(4)))
        .start();
    let hang = |_: &Tokens| Fault::Hang(Duration::from_secs(30));
    logout_with(&app, hang).await;
    // The logout has been answered, and the first request has not.
    crate::support::eventually("it is under way", || revocations(&app).len() == 1).await;
    assert_eq!(revocations(&app)[0].status, None);
    let report = app.config.shutdown(Duration::from_millis(50)).await;
    assert_eq!((report.finished, report.cut_off), (0, 1));
    // Each of the two requests has its own deadline.
    let began = Instant::now();
    let report = app.config.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.finished, report.cut_off), (1, 0));
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!(revocations(&app).len(), 2);
}

#[actix_web::test]
async fn a_shutdown_waits_for_what_is_being_revoked() {
    let app = App::start();
    logout_with(&app, |_| Fault::Delay(Duration::from_millis(300))).await;
    let report = app.config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(report.cut_off, 0);
    assert_eq!(super::revoked_grants(&app), [true]);
    let statuses: Vec<_> = revocations(&app).iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(200), Some(200)]);
}

#[actix_web::test]
async fn after_a_shutdown_a_logout_still_ends_the_launch_and_the_log_says_that_nothing_was_revoked() {
    let logs = Logs::collect();
    let app = App::start();
    let browser = Browser::new();
    let (one, _) = launched(&app, &browser).await;
    let (two, _) = launched(&app, &browser).await;
    settled(&app).await;
    for url in [format!("{one}/auth/logout"), app.url("/auth/logout")] {
        assert_eq!(browser.post(&url).await.status, 200);
    }
    for base in [one, two] {
        assert_eq!(
            browser.api(&format!("{base}/patient")).await.json()["code"],
            "signed-out"
        );
    }
    assert_eq!(revocations(&app).len(), 0);
    assert_eq!(
        lines(&logs, &app, "tokens are not revoked, as the application stops").len(),
        2
    );
}
