//! A refresh token that is refused in another form than OAuth's: twice in a row, a pace step apart and without a usable access
//! token, ends the launch. Nothing else does.

use std::time::Duration;

use actix_smart_auth::{
    EndReason,
    error::{LaunchError, RefreshFailure},
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::json as value;

use super::{json, raw};
use crate::support::{App, Browser, DUE, DUE_TO_UNUSABLE, Opened, UNUSABLE, all_are};

/// What servers and gateways answer to a dead refresh token.
fn refusals() -> Vec<Fault> {
    vec![
        raw(400, "text/plain", "Invalid refresh token"),
        json(400, &value!({"error": "Refresh token has expired"})),
        json(401, &value!({"message": "Unauthorized"})),
        json(401, &value!({"error": {"message": "dead"}})),
        json(400, &value!({"error": "refresh_token_expired"})),
        json(401, &value!(["no"])),
        Fault::Status(400),
        Fault::Status(401),
        Fault::OperationOutcome { status: 401 },
    ]
}

fn refuse(opened: &Opened, fault: &Fault, times: Times) {
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault.clone(), times);
}

#[actix_web::test]
async fn the_second_refusal_in_a_row_ends_the_launch_and_the_person_is_sent_to_a_new_one() {
    for fault in refusals() {
        let opened = Opened::start().await;
        refuse(&opened, &fault, Times::Always);
        opened.app.advance(UNUSABLE);
        let answers = opened.flood(20).await;
        all_are(&answers, 503);
        assert!(
            answers.iter().all(|answer| answer.json()["code"] == "not-renewed"),
            "{fault:?}"
        );
        let page = opened.browser.get(&opened.url("/patient")).await;
        assert!(page.body.contains("You are still signed in."), "{}", page.body);
        assert!(page.body.contains("Try again") && !page.body.contains("Start again"));
        assert!(!page.body.contains("does not answer"), "{}", page.body);
        // Not before the pace allows it.
        opened.app.clock.advance(Duration::from_millis(999));
        assert_eq!(opened.token().await.status, 503, "{fault:?}");
        assert_eq!(opened.app.refreshes(), 1, "{fault:?}");
        opened.app.clock.advance(Duration::from_millis(1));
        let answer = opened.token().await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("ehr-session-ended")),
            "{fault:?}"
        );
        assert_eq!(opened.end_reason().await, EndReason::RefreshRefused, "{fault:?}");
        // Whoever opens the page comes without the count of a page that has loaded itself again.
        opened.browser.forget("_reloads");
        assert_eq!(
            opened.browser.get(&opened.url("/patient")).await.status,
            303,
            "{fault:?}"
        );
        assert_eq!(opened.app.refreshes(), 2, "{fault:?}");
    }
}

#[actix_web::test]
async fn a_token_of_two_seconds_with_a_dead_refresh_token_is_503_and_a_second_later_401() {
    let app = App::builder().sandbox(|sandbox| sandbox.token_lifetime(Duration::from_secs(2)));
    let opened = Opened::with(app).await;
    refuse(&opened, &raw(400, "text/plain", "Invalid refresh token"), Times::Always);
    opened.app.clock.advance(Duration::from_millis(2_300));
    assert_eq!(opened.token().await.status, 503);
    opened.app.advance(1);
    assert_eq!(opened.token().await.status, 401);
}

#[actix_web::test]
async fn a_refusal_while_the_token_works_costs_nothing_and_does_not_count() {
    for fault in refusals() {
        let opened = Opened::start().await;
        let old = opened.stored_token().await;
        refuse(&opened, &fault, Times::N(2));
        opened.app.advance(DUE);
        for _ in 0..3 {
            let answer = opened.token().await;
            assert_eq!((answer.status, answer.body.as_str()), (200, old.as_str()), "{fault:?}");
            opened.app.advance(30);
        }
        assert_eq!(
            opened.app.refreshes(),
            1,
            "{fault:?}: it is not sent again while the token works"
        );
        opened.app.advance(DUE_TO_UNUSABLE - 90);
        assert_eq!(opened.token().await.status, 503, "{fault:?}: the first that counts");
        opened.app.advance(60);
        assert_eq!(opened.token().await.status, 200, "{fault:?}: an incident that is over");
        assert_eq!(opened.record().await.0.refresh.refused_at, None);
    }
}

#[actix_web::test]
async fn an_incident_at_a_gateway_that_is_over_at_the_second_attempt_ends_nothing() {
    for fault in refusals() {
        let opened = Opened::start().await;
        refuse(&opened, &fault, Times::Once);
        opened.app.advance(UNUSABLE);
        assert_eq!(opened.token().await.status, 503, "{fault:?}");
        opened.app.advance(1);
        assert_eq!(opened.token().await.status, 200, "{fault:?}");
        // The next one counts from the beginning.
        refuse(&opened, &fault, Times::Once);
        opened.app.advance(UNUSABLE);
        assert_eq!(opened.token().await.status, 503, "{fault:?}");
    }
}

#[actix_web::test]
async fn what_comes_in_between_begins_the_count_anew() {
    let opened = Opened::start().await;
    opened.app.advance(UNUSABLE);
    let refusal = raw(401, "application/json", "{}");
    let (page, reset) = (Fault::HtmlBody { status: 401 }, Fault::Reset);
    for (fault, status) in [
        (&refusal, 503),
        (&page, 502),
        (&refusal, 503),
        (&reset, 503),
        (&refusal, 503),
        (&refusal, 401),
    ] {
        refuse(&opened, fault, Times::Once);
        assert_eq!(opened.token().await.status, status, "{fault:?}");
        opened.app.advance(60);
    }
}

#[actix_web::test]
async fn pages_trouble_and_other_statuses_never_end_a_launch_and_the_page_offers_a_new_start() {
    for fault in [
        Fault::HtmlBody { status: 400 },
        Fault::HtmlBody { status: 401 },
        Fault::Status(402),
        Fault::Status(403),
        raw(404, "text/plain", "Invalid refresh token"),
        json(403, &value!({"message": "Forbidden"})),
        json(403, &value!({"error": "access_denied"})),
        json(200, &value!({"error": "session_ended"})),
        Fault::Status(500),
        Fault::TooManyRequests { retry_after: None },
        Fault::Reset,
    ] {
        let opened = Opened::start().await;
        refuse(&opened, &fault, Times::Always);
        opened.app.advance(UNUSABLE);
        for attempt in 1..=4 {
            let page = opened.browser.get(&opened.url("/patient")).await;
            assert!(matches!(page.status, 502 | 503), "{fault:?}: {}", page.status);
            let start = page.body.contains(">Start again</a>");
            assert_eq!(
                start,
                attempt > 1 || page.status == 502,
                "{fault:?}, {attempt}: {}",
                page.body
            );
            assert!(page.body.contains(">Try again</a>"), "{fault:?}");
            opened.app.advance(61);
        }
        opened.app.sandbox.clear_faults();
        assert_eq!(opened.token().await.status, 200, "{fault:?}");
    }
}

#[actix_web::test]
async fn starting_again_from_an_open_launch_leads_back_to_its_page() {
    let opened = Opened::start().await;
    refuse(&opened, &Fault::Status(500), Times::Always);
    opened.app.advance(UNUSABLE);
    opened.token().await;
    opened.app.advance(1);
    let page = opened.browser.get(&opened.url("/scopes")).await;
    assert!(
        page.body.contains("If that does not help, please start again."),
        "{}",
        page.body
    );
    let href = page
        .body
        .split("href=\"/auth/launch")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let landed = opened
        .browser
        .navigate(&opened.app.url(&format!("/auth/launch{}", href.replace("&amp;", "&"))))
        .await;
    assert!(
        landed.url.ends_with("/scopes") && landed.url != opened.url("/scopes"),
        "{}",
        landed.url
    );
    assert_eq!(landed.status, 200);
    let script = opened.token().await.json();
    assert!(
        script["launch_url"].as_str().unwrap().starts_with("/auth/launch"),
        "{script}"
    );
    assert_eq!(script.get("return_url"), None);
}

#[actix_web::test]
async fn a_launch_from_the_ehr_is_to_be_opened_from_the_chart_after_the_second_failure() {
    let (app, browser) = (App::start(), Browser::new());
    let landing = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await.url;
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, Fault::Status(500), Times::Always);
    app.advance(UNUSABLE);
    let chart = "open the application again from the patient&#39;s chart";
    assert!(!browser.get(&landing).await.body.contains(chart));
    app.advance(1);
    let page = browser.get(&landing).await;
    assert!(
        page.body.contains(chart) && !page.body.contains("Start again"),
        "{}",
        page.body
    );
}

#[actix_web::test]
async fn two_processes_count_together_and_followers_learn_what_the_record_says() {
    let opened = Opened::start().await;
    let other = opened.other_process(|config| config);
    refuse(&opened, &raw(400, "text/plain", "dead"), Times::Always);
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 503);
    let (record, _) = opened.record().await;
    assert_eq!(record.refresh.last_failure, Some(RefreshFailure::Refused));
    assert!(record.refresh.refused_at.is_some());
    let waiting = other.resume(&opened.handle()).await.unwrap_err();
    let expected = LaunchError::Unavailable {
        cause: RefreshFailure::Refused,
        retry_after: Duration::from_secs(1),
        failures: 1,
    };
    assert_eq!(waiting, expected);
    opened.app.advance(1);
    let ended = other.resume(&opened.handle()).await.unwrap_err();
    assert_eq!(ended, LaunchError::Ended(EndReason::RefreshRefused));
}
