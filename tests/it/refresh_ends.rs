//! Definite answers: what ends a launch, what does not, and what a refresh response changes.

use std::time::Duration;

use actix_smart_auth::{
    EndReason,
    error::RefreshFailure,
    sandbox::{ExpiresIn, Fault, FaultPoint, RefreshTokens, Times, When},
};
use serde_json::Value;

use crate::support::{App, DUE, DUE_TO_UNUSABLE, Logs, Opened, UNUSABLE, all_are};

fn refuse(opened: &Opened, status: u16, error: &str) {
    let fault = Fault::OAuthError {
        status,
        error: error.to_owned(),
        description: None,
    };
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
}

#[actix_web::test]
async fn invalid_grant_ends_the_launch_whether_or_not_the_token_still_works() {
    for age in [DUE, UNUSABLE] {
        let opened = Opened::start().await;
        opened.app.sandbox.revoke_everything();
        opened.app.advance(age);
        let answers = opened.flood(20).await;
        for answer in &answers {
            // A follower with a token that still works has not waited for the verdict.
            assert!(
                answer.status == 401 || (age == DUE && answer.status == 200),
                "{}",
                answer.body
            );
        }
        let answer = opened.token().await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("ehr-session-ended"))
        );
        assert_eq!(opened.end_reason().await, EndReason::RefreshRefused);
        assert_eq!(opened.app.refreshes(), 1);
    }
}

#[actix_web::test]
async fn after_invalid_grant_a_browser_is_sent_to_the_launch_once_a_minute_then_gets_the_page() {
    let opened = Opened::start().await;
    opened.app.sandbox.revoke_everything();
    opened.app.advance(UNUSABLE);
    let page = opened.url("/patient");
    assert_eq!(opened.browser.get(&page).await.status, 303);
    for _ in 0..3 {
        let answer = opened.browser.get(&page).await;
        assert_eq!((answer.status, answer.location()), (401, ""));
        assert!(answer.body.contains("Start again"));
    }
    opened.app.clock.advance(Duration::from_millis(59_999));
    assert_eq!(opened.browser.get(&page).await.status, 401);
    opened.app.clock.advance(Duration::from_millis(1));
    assert_eq!(opened.browser.get(&page).await.status, 303);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn an_ehr_that_refuses_every_refresh_causes_no_loop() {
    let opened = Opened::start().await;
    // Tokens that are of no use from the beginning: every page needs a refresh, which is refused.
    opened.app.sandbox.set_token_lifetime(Duration::from_secs(1));
    refuse(&opened, 400, "invalid_grant");
    opened.app.advance(UNUSABLE);
    let mut url = opened.url("/patient");
    let mut steps = 0;
    let last = loop {
        let answer = opened.browser.get(&url).await;
        if answer.status != 303 && answer.status != 302 {
            break answer;
        }
        steps += 1;
        assert!(steps < 20, "a loop");
        url = url::Url::parse(&url)
            .unwrap()
            .join(answer.location())
            .unwrap()
            .to_string();
        if answer.location().contains("/~") {
            // The new launch's token runs out before its first page is opened.
            opened.app.advance(1);
        }
    };
    assert_eq!(last.status, 401, "{}", last.body);
    assert!(last.body.contains("Start again"));
    assert_eq!(opened.app.exchanges(), 2, "one automatic launch after the person's own");
}

#[actix_web::test]
async fn invalid_client_is_our_own_fault_the_launch_goes_on_and_is_well_when_the_registration_is() {
    let logs = Logs::collect();
    let opened = Opened::start().await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    refuse(&opened, 401, "invalid_client");
    let answers = opened.flood(10).await;
    all_are(&answers, 200);
    assert!(answers.iter().all(|answer| answer.body == old));
    assert_eq!(opened.app.refreshes(), 1);
    let ehr = opened.app.sandbox.fhir_base_url();
    let text = logs.text();
    let complaint = |line: &&str| line.contains(&ehr) && line.contains("the EHR refuses this application");
    let line = text.lines().find(complaint).unwrap();
    assert!(line.contains("ERROR"), "{line}");

    // It was not processed, so it is tried again while the token works.
    opened.app.advance(1);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 2);

    opened.app.advance(DUE_TO_UNUSABLE);
    let answers = opened.flood(10).await;
    all_are(&answers, 500);
    assert!(answers.iter().all(|answer| answer.json()["code"] == "client-refused"));
    assert_eq!(opened.browser.get(&opened.url("/patient")).await.status, 500);
    assert_eq!(opened.app.refreshes(), 3);
    assert_eq!(
        opened.record().await.0.refresh.last_failure,
        Some(RefreshFailure::ClientRefused)
    );

    opened.app.sandbox.clear_faults();
    opened.app.advance(4);
    let answer = opened.token().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.body, old);
}

const FINAL: [&str; 4] = [
    "invalid_request",
    "unsupported_grant_type",
    "unauthorized_client",
    "invalid_scope",
];

#[actix_web::test]
async fn other_refusals_end_the_launch_when_nothing_is_left_to_lose() {
    for error in FINAL {
        let opened = Opened::start().await;
        let old = opened.stored_token().await;
        opened.app.advance(DUE);
        refuse(&opened, 400, error);
        let answer = opened.token().await;
        assert_eq!((answer.status, answer.body), (200, old), "{error}");
        opened.app.advance(DUE_TO_UNUSABLE);
        assert_eq!(opened.token().await.status, 401, "{error}");
        assert_eq!(opened.end_reason().await, EndReason::RefreshRefused, "{error}");
        assert_eq!(opened.app.refreshes(), 2, "{error}");
    }
}

#[actix_web::test]
async fn other_refusals_after_a_lost_answer_mean_that_the_refresh_token_is_spent() {
    for error in FINAL.into_iter().chain(["invalid_grant"]) {
        let opened = Opened::start().await;
        opened.app.advance(DUE);
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
        assert_eq!(opened.token().await.status, 200, "{error}");
        refuse(&opened, 400, error);
        opened.app.advance(DUE_TO_UNUSABLE);
        assert_eq!(opened.token().await.status, 401, "{error}");
        assert_eq!(opened.end_reason().await, EndReason::RefreshAnswerLost, "{error}");
    }
}

#[actix_web::test]
async fn an_oauth_error_with_the_status_of_trouble_is_not_believed() {
    for status in [429, 500, 503] {
        let opened = Opened::start().await;
        opened.app.advance(UNUSABLE);
        refuse(&opened, status, "invalid_grant");
        assert_eq!(opened.token().await.status, 503, "{status}");
        opened.app.sandbox.clear_faults();
        opened.app.advance(1);
        assert_eq!(opened.token().await.status, 200, "{status}");
    }
    for (status, error) in [429, 500, 503]
        .into_iter()
        .flat_map(|status| FINAL.map(|error| (status, error)))
    {
        let opened = Opened::start().await;
        opened.app.advance(UNUSABLE);
        refuse(&opened, status, error);
        let status_of_page = opened.token().await.status;
        assert_eq!(status_of_page, 503, "{status} {error}: the launch is kept");
    }
    for status in [200, 401, 403] {
        let opened = Opened::start().await;
        opened.app.advance(UNUSABLE);
        refuse(&opened, status, "invalid_grant");
        assert_eq!(opened.token().await.status, 401, "{status}");
    }
}

#[actix_web::test]
async fn a_refresh_for_another_patient_ends_the_launch_with_a_page_and_without_a_redirect() {
    let opened = Opened::start().await;
    opened
        .app
        .sandbox
        .set_refresh_response_field("patient", "bruno-fixture");
    opened.app.advance(DUE);
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!((page.status, page.location()), (401, ""), "{}", page.body);
    assert!(page.body.contains("a different patient"), "{}", page.body);
    assert!(!page.body.contains("bruno-fixture"));
    let answer = opened.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("patient-changed"))
    );
    assert_eq!(opened.end_reason().await, EndReason::PatientChanged);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn the_same_patient_named_again_is_fine() {
    let opened = Opened::start().await;
    opened
        .app
        .sandbox
        .set_refresh_response_field("patient", "amber-testwood");
    opened.app.advance(UNUSABLE);
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!(page.body, "patient amber-testwood");
}

#[actix_web::test]
async fn what_a_refresh_response_leaves_out_stays_as_it_was() {
    let app = App::builder().sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable));
    let opened = Opened::with(app).await;
    let (before, _) = opened.record().await;
    opened.app.sandbox.set_refresh_response_field("scope", Value::Null);
    for _ in 0..2 {
        opened.app.advance(UNUSABLE);
        assert_eq!(opened.token().await.status, 200);
    }
    let (after, _) = opened.record().await;
    let secret = |record: &actix_smart_auth::store::LaunchRecord| {
        record.tokens.refresh_token().unwrap().expose_secret().to_owned()
    };
    assert_eq!(secret(&before), secret(&after));
    assert_eq!(after.tokens.granted_scopes(), before.tokens.granted_scopes());
    assert_eq!(after.tokens.context(), before.tokens.context());
    assert_ne!(
        after.tokens.access_token().expose_secret(),
        before.tokens.access_token().expose_secret()
    );
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn a_narrower_scope_of_a_refresh_is_taken_over() {
    let opened = Opened::start().await;
    opened
        .app
        .sandbox
        .set_refresh_response_field("scope", "launch/patient patient/Patient.rs");
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    let scopes = opened.record().await.0.tokens.granted_scopes().to_string();
    assert_eq!(scopes, "launch/patient patient/Patient.rs");
}

#[actix_web::test]
async fn a_token_without_a_stated_life_is_refreshed_by_the_default_and_one_in_text_by_what_it_says() {
    for (form, life) in [
        (ExpiresIn::Absent, 300),
        (ExpiresIn::Text, 3600),
        (ExpiresIn::Number, 3600),
    ] {
        let app = App::builder().sandbox(move |sandbox| sandbox.expires_in(form));
        let opened = Opened::with(app).await;
        for refreshes in 0..2 {
            let lifetime = opened.record().await.0.tokens.lifetime();
            assert_eq!(lifetime, Duration::from_secs(life), "{form:?}");
            let due = Duration::from_secs(life - 300.min(life / 2));
            opened.app.clock.advance(due);
            assert_eq!(opened.token().await.status, 200);
            assert_eq!(opened.app.refreshes(), refreshes, "{form:?}: too early");
            opened.app.clock.advance(Duration::from_millis(1));
            assert_eq!(opened.token().await.status, 200);
            assert_eq!(opened.app.refreshes(), refreshes + 1, "{form:?}");
        }
    }
}

#[actix_web::test]
async fn without_a_refresh_token_the_launch_works_until_its_token_has_run_out() {
    let app = App::builder().sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::None));
    let opened = Opened::with(app).await;
    opened.app.clock.advance(Duration::from_millis(3_569_999));
    assert_eq!(opened.token().await.status, 200);
    opened.app.clock.advance(Duration::from_millis(1));
    let answer = opened.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("ehr-session-ended"))
    );
    assert_eq!(opened.end_reason().await, EndReason::TokenExpired);
    assert_eq!(opened.browser.get(&opened.url("/patient")).await.status, 303);
    assert_eq!(opened.app.refreshes(), 0);
}
