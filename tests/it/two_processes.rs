//! Two configurations over one store, as two processes that share it.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    LaunchId, LaunchUse, RefreshNow, SmartClient,
    sandbox::{Fault, FaultPoint, Times, When},
    store::{LaunchRecord, LeaseOwner, LoadedLaunch, StoreRules, TokenStoreBackend as _},
};

use crate::support::{App, DUE, Op, Opened, Trouble, UNUSABLE, all_are, eventually, open};

fn slow(opened: &Opened, millis: u64) {
    let fault = Fault::Delay(Duration::from_millis(millis));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
}

/// What another process would have: the record of a second launch of the same patient.
async fn another_launch(opened: &Opened) -> LaunchRecord {
    let base = open(&opened.app, &opened.browser).await;
    let key = LaunchId::parse(base.rsplit_once("/~").unwrap().1).unwrap().key();
    let loaded = opened
        .store
        .load_launch(key, LaunchUse::DoesNotCount, StoreRules::default())
        .await;
    match loaded.unwrap().value {
        LoadedLaunch::Open { record, .. } => (*record).clone(),
        other => panic!("{other:?}"),
    }
}

/// Another process saves the tokens of that record for the launch.
async fn save_tokens_of(opened: &Opened, newer: &LaunchRecord) {
    let (record, version) = opened.record().await;
    let mut changed = (*record).clone();
    changed.tokens = newer.tokens.clone();
    opened
        .store
        .replace_launch(opened.key(), version, changed, StoreRules::default())
        .await
        .unwrap();
}

#[actix_web::test]
async fn two_processes_with_twenty_requests_each_make_one_refresh() {
    let opened = Opened::with(App::builder().workers(2)).await;
    let other = opened.other_process(|config| config);
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    slow(&opened, 300);
    let mut resumed = Vec::new();
    for _ in 0..20 {
        let (other, handle) = (other.clone(), opened.handle());
        resumed.push(actix_web::rt::spawn(async move { other.resume(&handle).await }));
    }
    let answers = opened.flood(20).await;
    let new = opened.stored_token().await;
    assert_ne!(new, old);
    all_are(&answers, 200);
    assert!(answers.iter().all(|answer| answer.body == new));
    for session in resumed {
        assert_eq!(session.await.unwrap().unwrap().access_token().expose_secret(), new);
    }
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

#[actix_web::test]
async fn a_process_that_died_with_the_lease_frees_the_launch_when_the_lease_runs_out() {
    let app = App::builder().config(|config| config.refresh_wait_unusable(Duration::from_millis(300)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    let (dead, ttl) = (LeaseOwner([7; 16]), Duration::from_secs(15));
    assert!(opened.store.acquire_lease(opened.key(), dead, ttl).await.unwrap().value);

    let answer = opened.token().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    opened.app.clock.advance(ttl - Duration::from_millis(1));
    assert_eq!(opened.token().await.status, 503);
    assert_eq!(opened.app.refreshes(), 0);

    opened.app.clock.advance(Duration::from_millis(1));
    let new = opened.saved_other_than(&old).await;
    assert_eq!(opened.token().await.body, new);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_working_token_goes_on_working_while_another_process_holds_the_lease() {
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::from_millis(50)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    let ttl = Duration::from_secs(15);
    let owner = LeaseOwner([7; 16]);
    assert!(
        opened
            .store
            .acquire_lease(opened.key(), owner, ttl)
            .await
            .unwrap()
            .value
    );
    let answers = opened.flood(10).await;
    all_are(&answers, 200);
    assert!(answers.iter().all(|answer| answer.body == old));
    assert_eq!(opened.app.refreshes(), 0);
}

#[actix_web::test]
async fn refresh_now_waits_for_the_refresh_of_another_process_and_gives_its_token() {
    let opened = Rc::new(Opened::start().await);
    let other = opened.other_process(|config| config);
    let here = SmartClient::new(&opened.app.config).unwrap();
    let old = opened.stored_token().await;
    slow(&opened, 3_000);
    let first = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { here.resume(&opened.handle()).await.unwrap().refresh_now().await })
    };
    eventually("the first process has begun", || opened.app.refreshes() == 1).await;
    let second = other.resume(&opened.handle()).await.unwrap().refresh_now().await;
    let mut tokens = Vec::new();
    for outcome in [first.await.unwrap(), second] {
        match outcome.unwrap() {
            RefreshNow::Refreshed(session) => tokens.push(session.access_token().expose_secret().to_owned()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[0], old);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn refresh_now_does_not_call_the_old_token_new_when_the_other_process_has_failed() {
    let opened = Rc::new(Opened::start().await);
    let other = opened.other_process(|config| config);
    let here = SmartClient::new(&opened.app.config).unwrap();
    let fault = Fault::Hang(Duration::from_secs(3));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
    let first = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { here.resume(&opened.handle()).await.unwrap().refresh_now().await })
    };
    eventually("the first process has begun", || opened.app.refreshes() == 1).await;
    let second = other.resume(&opened.handle()).await.unwrap().refresh_now().await;
    first.await.unwrap().unwrap_err();
    match second.unwrap() {
        // The token was sent and not answered: not again before the access token has run out.
        RefreshNow::TooEarly { retry_after } => assert_eq!(retry_after, Duration::from_secs(UNUSABLE)),
        other => panic!("{other:?}"),
    }
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_refusal_that_came_because_another_process_was_first_keeps_the_launch_with_the_newer_tokens() {
    let opened = Rc::new(Opened::start().await);
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    let newer = another_launch(&opened).await;
    opened.app.sandbox.revoke_grant(0);
    slow(&opened, 3_000);
    let waiting = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.flood(5).await })
    };
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    save_tokens_of(&opened, &newer).await;

    let answers = waiting.await.unwrap();
    all_are(&answers, 200);
    let newer = newer.tokens.access_token().expose_secret();
    assert!(answers.iter().all(|answer| answer.body == newer && answer.body != old));
    assert_eq!(opened.token().await.body, newer, "the launch is open");
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn what_another_process_saves_while_a_dead_version_is_being_ended_goes_on() {
    let opened = Rc::new(Opened::start().await);
    opened.app.advance(UNUSABLE);
    let newer = another_launch(&opened).await;
    let refuses = Fault::OAuthError {
        status: 400,
        error: "invalid_grant".to_owned(),
        description: None,
    };
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, refuses, Times::Once);
    // Between looking whether another process was first, and ending.
    opened.store.trouble(Op::End, Trouble::Hold);
    let asking = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.token().await })
    };
    eventually("it is being ended", || opened.store.calls(Op::End) == 1).await;
    save_tokens_of(&opened, &newer).await;
    opened.store.heal();
    opened.store.let_go();
    let first = asking.await.unwrap();
    assert_ne!(first.status, 401, "the newer version was ended: {}", first.body);
    let again = opened.token().await;
    assert_eq!(again.status, 200, "{}", again.body);
}
