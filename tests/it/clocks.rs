//! Somebody sets the clock of the machine while launches are open: nothing that is alive ends, and nothing that is dead is
//! used.

use std::time::Duration;

use actix_smart_auth::{
    ClientAuth, Ehr, RefreshNow, RefreshOptions, SmartClient, SmartConfig, StartOptions,
    error::{FinishError, RefreshError},
    sandbox::{Fault, FaultPoint, Times, When},
    secret::RefreshToken,
    store::TokenStore,
    time::ManualClock,
};

use crate::{
    smart_client::sign_in,
    support::{App, CLIENT_ID, DUE, Logs, Opened, SCOPES, UNUSABLE, all_are},
};

const HOUR: Duration = Duration::from_secs(3600);

async fn opened() -> Opened {
    Opened::with(App::builder().config(|config| config.idle_lifetime(4 * HOUR))).await
}

#[actix_web::test]
async fn a_clock_that_is_set_an_hour_ahead_or_back_ends_nothing_and_refreshes_nothing() {
    let opened = opened().await;
    let old = opened.stored_token().await;
    opened.app.clock.step_forward(HOUR);
    assert_eq!(opened.token().await.body, old);
    opened.app.clock.step_back(2 * HOUR);
    assert_eq!(opened.token().await.body, old);
    assert_eq!(opened.app.refreshes(), 0);
}

#[actix_web::test]
async fn a_token_that_is_dead_is_not_used_after_the_clock_was_set_back() {
    let opened = opened().await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    opened.app.clock.step_back(HOUR);
    let answer = opened.token().await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.body, old);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn pace_goes_on_after_the_clock_was_set_back() {
    let opened = opened().await;
    opened.app.advance(UNUSABLE);
    let fails = Fault::Status(500);
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::Before, fails, Times::Once);
    assert_eq!(opened.token().await.status, 503);
    opened.app.clock.step_back(Duration::from_secs(30));
    opened.app.clock.advance(Duration::from_secs(1));
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 2);
}

#[actix_web::test]
async fn an_application_that_asks_for_a_refresh_is_not_put_off_for_an_hour() {
    let opened = opened().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    opened.app.advance(61);
    opened.app.clock.step_back(HOUR);
    let session = client.resume(&opened.handle()).await.unwrap();
    let refreshed = session.refresh_now().await.unwrap();
    assert!(matches!(refreshed, RefreshNow::Refreshed(_)), "{refreshed:?}");
    match session.refresh_now().await.unwrap() {
        RefreshNow::TooEarly { retry_after } => assert_eq!(retry_after, Duration::from_secs(60)),
        other => panic!("{other:?}"),
    }
}

/// It shares the store with one whose clock is right.
#[actix_web::test]
async fn a_process_whose_clock_is_an_hour_ahead_destroys_nothing_of_the_others() {
    let opened = opened().await;
    let logs = Logs::collect();
    let ahead = ManualClock::default();
    ahead.step_forward(HOUR);
    let ehr = Ehr::builder(opened.app.sandbox.fhir_base_url())
        .client_id(CLIENT_ID)
        .client_auth(ClientAuth::public())
        .redirect_uri(opened.app.url("/auth/callback"))
        .scopes(SCOPES);
    let config = SmartConfig::builder()
        .ehr(ehr)
        .clock(ahead)
        .store(TokenStore::new(opened.store.clone()))
        .build()
        .unwrap();
    let other = SmartClient::new(&config).unwrap();
    let old = opened.stored_token().await;
    let resumed = other.resume(&opened.handle()).await.unwrap();
    assert_eq!(resumed.access_token().expose_secret(), old);
    assert_eq!(opened.token().await.body, old);
    assert_eq!(opened.app.refreshes(), 0);
    opened.app.advance(DUE);
    let refreshed = other.resume(&opened.handle()).await.unwrap();
    assert_ne!(refreshed.access_token().expose_secret(), old);
    all_are(&[opened.token().await], 200);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
    assert!(
        logs.text().contains("the clock of the token store differ"),
        "{}",
        logs.text()
    );
}

/// It has not asked the store for anything before.
#[actix_web::test]
async fn a_new_process_whose_clock_is_an_hour_ahead_counts_the_life_of_its_tokens_by_the_store() {
    let opened = opened().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let first = client.finish(pending, &query).await.unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let ahead = || {
        let clock = ManualClock::default();
        clock.step_forward(HOUR);
        opened.other_process(|config| config.clock(clock))
    };
    let finished = ahead().finish(pending, &query).await.unwrap();
    let token = RefreshToken::new(first.tokens().refresh_token().unwrap().expose_secret());
    let refreshed = ahead().refresh_token(token, RefreshOptions::new()).await.unwrap();
    for authorized in [finished, refreshed] {
        assert_eq!(authorized.tokens().lifetime(), HOUR);
        let late = authorized
            .tokens()
            .requested_at()
            .saturating_since(first.tokens().requested_at());
        assert!(late < Duration::from_secs(60), "{late:?}");
        let handle = ahead().open_launch(authorized.clone()).await.unwrap();
        let session = client.resume(&handle).await.unwrap();
        assert_eq!(session.expires_at(), authorized.tokens().expires_at());
    }
}

#[actix_web::test]
async fn while_the_store_has_never_answered_nothing_is_sent_and_nothing_is_lost() {
    let opened = opened().await;
    let client = SmartClient::new(&opened.app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let first = client.finish(pending, &query).await.unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let sent = opened.app.sandbox.token_requests().len();
    opened.store.set_away(true);
    let new = opened.other_process(|config| config);
    let refused = new.refresh(&first).await.unwrap_err();
    assert!(matches!(refused, RefreshError::Store(_)), "{refused:?}");
    let unfinished = new.finish(pending, &query).await.unwrap_err();
    assert!(matches!(unfinished.error, FinishError::Store(_)), "{unfinished:?}");
    assert_eq!(opened.app.sandbox.token_requests().len(), sent);
    opened.store.set_away(false);
    new.finish(*unfinished.pending.unwrap(), &query).await.unwrap();
    new.refresh(&first).await.unwrap();
}
