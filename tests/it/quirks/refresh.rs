//! Refreshing: `scope`, pace, and what says that a refresh token is dead.

use std::time::Duration;

use actix_smart_auth::{
    EndReason, LAUNCH_USE_HEADER, LaunchUse, Quirks, RefreshOptions, SmartClient, StartOptions,
    error::RefreshError,
    options::{ActivityOnRefresh, RefreshScope},
    sandbox::{Fault, FaultPoint, Peculiarity, RefreshTokens, Times, When},
};

use super::{knowing, last, peculiar, refresh_statuses};
use crate::{
    smart_client::sign_in,
    support::{App, DUE, Opened, SCOPES},
};

#[actix_web::test]
async fn a_server_that_wants_scope_on_refresh_gets_what_was_granted_or_what_was_requested() {
    let refused = Opened::with(peculiar(Peculiarity::RefreshWithScope)).await;
    refused.app.advance(DUE);
    assert_eq!(refused.token().await.status, 200, "the token still works");
    assert_eq!(refresh_statuses(&refused.app), [400]);

    for policy in [RefreshScope::Granted, RefreshScope::Requested] {
        let quirks = Quirks::none().refresh_scope(policy);
        let opened = Opened::with(knowing(Peculiarity::RefreshWithScope, quirks)).await;
        for _ in 0..2 {
            opened.app.advance(DUE);
            assert_eq!(opened.token().await.status, 200);
        }
        assert_eq!(refresh_statuses(&opened.app), [200, 200], "{policy:?}");
        let sent = last(opened.app.sandbox.token_requests_of("refresh_token")).parameter("scope");
        assert_eq!(
            sent.as_deref(),
            Some("openid fhirUser launch/patient patient/*.rs offline_access")
        );
    }
}

/// The EHR grants a part: the two policies differ, and only one of them keeps to RFC 6749.
#[actix_web::test]
async fn what_was_granted_is_what_may_be_named() {
    for (policy, expected) in [(RefreshScope::Granted, 200), (RefreshScope::Requested, 400)] {
        let quirks = Quirks::none().refresh_scope(policy);
        let app = peculiar(Peculiarity::RefreshWithScope).ehr(move |ehr| {
            // The sandbox leaves `system/` out of a grant.
            ehr.scopes(format!("{SCOPES} system/Patient.rs")).quirks(quirks)
        });
        let opened = Opened::with(app).await;
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
        assert_eq!(refresh_statuses(&opened.app), [expected], "{policy:?}");
    }
}

#[actix_web::test]
async fn a_server_that_wants_no_scope_on_refresh_gets_none_by_default() {
    let quirks = Quirks::none().refresh_scope(RefreshScope::Granted);
    let refused = Opened::with(knowing(Peculiarity::RefreshWithoutScope, quirks)).await;
    refused.app.advance(DUE);
    assert_eq!(refused.token().await.status, 200, "the token still works");
    assert_eq!(refresh_statuses(&refused.app), [400]);

    let opened = Opened::with(peculiar(Peculiarity::RefreshWithoutScope)).await;
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(refresh_statuses(&opened.app), [200]);
}

#[actix_web::test]
async fn smart_client_names_scopes_on_refresh_too() {
    let quirks = Quirks::none().refresh_scope(RefreshScope::Requested);
    let app = knowing(Peculiarity::RefreshWithScope, quirks).start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    client.refresh(&authorized).await.unwrap();

    let app = peculiar(Peculiarity::RefreshWithScope).start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let error = client.refresh(&authorized).await.unwrap_err();
    assert!(matches!(error, RefreshError::Token(_)), "{error:?}");
}

fn throttled() -> Peculiarity {
    Peculiarity::RefreshThrottled(Duration::from_secs(120))
}

async fn refresh_now(opened: &Opened) -> String {
    opened.browser.post(&opened.url("/refresh")).await.body
}

#[actix_web::test]
async fn a_server_that_throttles_refreshes_is_left_in_peace_for_as_long_as_it_wants() {
    let hasty = Opened::with(peculiar(throttled())).await;
    assert_eq!(refresh_now(&hasty).await, "refreshed");
    hasty.app.advance(61);
    refresh_now(&hasty).await;
    assert_eq!(refresh_statuses(&hasty.app), [200, 429]);

    let quirks = Quirks::none().min_refresh_interval(Duration::from_secs(120));
    let opened = Opened::with(knowing(throttled(), quirks)).await;
    assert_eq!(refresh_now(&opened).await, "refreshed");
    opened.app.advance(61);
    assert_eq!(refresh_now(&opened).await, "too early, 59 s");
    opened.app.advance(59);
    assert_eq!(refresh_now(&opened).await, "refreshed");
    assert_eq!(refresh_statuses(&opened.app), [200, 200]);
}

#[actix_web::test]
async fn failed_refreshes_count_as_refreshes_for_a_server_that_throttles() {
    let quirks = || Quirks::none().min_refresh_interval(Duration::from_secs(120));
    for (quirks, expected) in [(Quirks::none(), vec![400, 429]), (quirks(), vec![400])] {
        let app = App::builder()
            .sandbox(|sandbox| {
                sandbox
                    .peculiarity(throttled())
                    .peculiarity(Peculiarity::RefreshWithScope)
            })
            .ehr(move |ehr| ehr.quirks(quirks));
        let opened = Opened::with(app).await;
        opened.app.advance(DUE);
        for _ in 0..10 {
            assert_eq!(opened.token().await.status, 200);
            opened.app.advance(1);
        }
        assert_eq!(refresh_statuses(&opened.app), expected);
    }
}

/// An interval must not keep anybody from going on.
#[actix_web::test]
async fn a_token_that_does_not_work_any_more_is_refreshed_before_the_interval_has_passed() {
    let quirks = Quirks::none().min_refresh_interval(Duration::from_secs(600));
    let app = App::builder()
        .sandbox(|sandbox| sandbox.token_lifetime(Duration::from_secs(100)))
        .ehr(move |ehr| ehr.quirks(quirks));
    let opened = Opened::with(app).await;
    assert_eq!(refresh_now(&opened).await, "refreshed");
    opened.app.advance(89);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1, "due, and too early");
    opened.app.advance(1);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 2);
}

/// Somebody else used the refresh token of the launch, so that the next refresh presents a spent one.
async fn with_a_spent_token(quirks: Quirks) -> Opened {
    let opened = Opened::with(knowing(Peculiarity::SpentIsInvalidRequest, quirks)).await;
    let (before, _) = opened.record().await;
    let spent = before.tokens.refresh_token().unwrap().expose_secret().to_owned();
    let form = format!(
        "grant_type=refresh_token&refresh_token={}&client_id={}",
        encoded(&spent),
        encoded(crate::support::CLIENT_ID)
    );
    let headers = [("accept", "application/json")];
    let endpoint = opened.app.sandbox.token_endpoint();
    let post = awc::http::Method::POST;
    let answer = opened.browser.send(post, &endpoint, &headers, Some(&form)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    opened.app.sandbox.clear_received_requests();
    opened
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[actix_web::test]
async fn a_code_that_is_known_to_mean_dead_ends_the_launch_at_once() {
    let unknowing = with_a_spent_token(Quirks::none()).await;
    unknowing.app.advance(DUE);
    assert_eq!(unknowing.token().await.status, 200, "the token still works");
    unknowing.record().await;
    assert_eq!(refresh_statuses(&unknowing.app), [400]);

    let knowing = with_a_spent_token(Quirks::none().dead_refresh_codes(["invalid_request"])).await;
    knowing.app.advance(DUE);
    let answer = knowing.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("ehr-session-ended"))
    );
    assert_eq!(knowing.end_reason().await, EndReason::RefreshRefused);
    assert_eq!(refresh_statuses(&knowing.app), [400]);
}

#[actix_web::test]
async fn other_codes_and_the_same_one_from_a_server_in_trouble_end_nothing() {
    for (status, code) in [
        (400, "unauthorized_client"),
        (429, "invalid_request"),
        (503, "invalid_request"),
    ] {
        let quirks = Quirks::none().dead_refresh_codes(["invalid_request"]);
        let app = App::builder()
            .sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable))
            .ehr(move |ehr| ehr.quirks(quirks));
        let opened = Opened::with(app).await;
        let fault = Fault::OAuthError {
            status,
            error: code.to_owned(),
            description: None,
        };
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200, "{status} {code}");
        opened.record().await;
    }
}

#[actix_web::test]
async fn a_refresh_says_that_somebody_is_at_work_where_the_ehr_asks_for_it() {
    let says = Quirks::none().activity_on_refresh(ActivityOnRefresh::ActiveAt);
    let script = [("accept", "application/json")];
    let by_itself = [script[0], (LAUNCH_USE_HEADER, "none")];
    for (quirks, ttl, headers, said) in [
        (says.clone(), Some(1800), &script[..], Some("0")),
        (says.clone(), Some(1800), &by_itself[..], None),
        (says.clone(), None, &script[..], None),
        (Quirks::none(), Some(1800), &script[..], None),
        (Quirks::oracle_health(), Some(1800), &script[..], Some("0")),
    ] {
        let app = App::builder()
            .sandbox(|sandbox| sandbox.token_response_field("active_ttl", ttl))
            .ehr(move |ehr| {
                ehr.scopes("launch/patient patient/Patient.read offline_access")
                    .quirks(quirks)
            });
        let opened = Opened::with(app).await;
        opened.app.advance(DUE);
        let answer = opened
            .browser
            .send(awc::http::Method::GET, &opened.url("/token"), headers, None)
            .await;
        assert_eq!(answer.status, 200);
        let sent = last(opened.app.sandbox.token_requests_of("refresh_token")).parameter("active_at");
        assert_eq!(sent.as_deref(), said, "{ttl:?}, {headers:?}");
    }
}

#[actix_web::test]
async fn a_program_says_itself_whether_somebody_is_at_work() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.token_response_field("active_ttl", 1800))
        .ehr(|ehr| ehr.quirks(Quirks::none().activity_on_refresh(ActivityOnRefresh::ActiveAt)))
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let mut authorized = client.finish(pending, &query).await.unwrap();
    for (options, said) in [
        (RefreshOptions::new(), None),
        (RefreshOptions::new().launch_use(LaunchUse::Counts), Some("0")),
    ] {
        authorized = client.refresh_with(&authorized, options).await.unwrap();
        let sent = last(app.sandbox.token_requests_of("refresh_token")).parameter("active_at");
        assert_eq!(sent.as_deref(), said);
    }
}
