//! The note that a refresh token is being sent: what it says about a process that was stopped, or could not reach the
//! store.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    LaunchHandle,
    sandbox::{Fault, FaultPoint, Times, When},
    store::{LaunchRecord, LeaseOwner, Replaced, StoreRules, TokenStoreBackend as _, Version},
    time::Clock as _,
};

use crate::support::{App, DUE, DUE_TO_UNUSABLE, Op, Opened, Trouble, UNUSABLE, all_are, eventually};

/// A lease's life.
const LEASE: Duration = Duration::from_secs(15);

/// How long people wait for a token.
const PATIENCE: Duration = Duration::from_secs(2);

/// An application whose people do not wait long.
async fn impatient() -> Opened {
    let app = App::builder().config(|config| {
        config
            .refresh_wait_unusable(PATIENCE)
            .refresh_wait_due(Duration::from_millis(200))
            .idle_lifetime(Duration::from_secs(3 * 3600))
    });
    Opened::with(app).await
}

async fn replace(opened: &Opened, version: Version, record: LaunchRecord) -> Version {
    let replaced = opened
        .store
        .replace_launch(opened.key(), version, record, StoreRules::default());
    match replaced.await.unwrap().value {
        Replaced::Written(version) => version,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn that_a_token_is_sent_is_noted_before_it_is_and_gone_with_the_answer() {
    let opened = impatient().await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    let now = opened.app.clock.now();
    let delay = Fault::Delay(Duration::from_secs(3));
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::Before, delay, Times::Once);
    let answer = opened.token();
    let looking = async {
        eventually("it is sent", || opened.app.refreshes() == 1).await;
        opened.record().await.0.refresh.sent.unwrap()
    };
    let (_, sent) = tokio::join!(answer, looking);
    assert_eq!(sent.at, now);
    assert_eq!(sent.answer_until, now.saturating_add(Duration::from_secs(70)));
    opened.saved_other_than(&old).await;
    let (record, version) = opened.record().await;
    assert_eq!((record.refresh.sent, version), (None, Version(3)));
    assert_eq!(record.tokens.requested_at(), now);
}

#[actix_web::test]
async fn a_refusal_that_keeps_the_launch_takes_the_note_away() {
    let opened = impatient().await;
    opened.app.advance(UNUSABLE);
    let failing = Fault::Status(500);
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::Before, failing, Times::Once);
    assert_eq!(opened.token().await.status, 503);
    assert_eq!(opened.record().await.0.refresh.sent, None);
}

#[actix_web::test]
async fn without_the_note_nothing_is_sent() {
    let opened = impatient().await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::NoteSent, Trouble::Fail);
    let answer = opened.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (503, Some("store-unavailable"))
    );
    assert_eq!(opened.app.refreshes(), 0);
    opened.store.heal();
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

/// Whoever does not know whether the note is there sends nothing, and takes it back.
#[actix_web::test]
async fn a_note_whose_answer_got_lost_is_taken_back() {
    let opened = impatient().await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::NoteSent, Trouble::LoseAnswer);
    assert_eq!(opened.token().await.status, 503);
    assert_eq!(opened.app.refreshes(), 0);
    for _ in 0..1_000 {
        if opened.record().await.0.refresh.sent.is_none() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(opened.record().await.0.refresh.sent, None);
    assert_eq!(opened.token().await.status, 200);
    assert_ne!(opened.stored_token().await, old);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

/// A store may do a write again whose answer it did not see arrive, and find its own.
#[actix_web::test]
async fn a_note_that_the_store_wrote_twice_is_recognised() {
    let opened = impatient().await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::NoteSent, Trouble::Repeat);
    let answer = opened.token().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.body, old);
    assert_eq!((opened.app.refreshes(), opened.store.calls(Op::NoteSent)), (1, 1));
}

/// The process was stopped, or the store was slow: the answer might come when nobody waits for it any more.
#[actix_web::test]
async fn a_note_that_is_too_old_is_taken_back_and_made_anew_before_anything_is_sent() {
    for (passes, notes) in [(4_999, 1), (5_000, 2)] {
        let opened = Rc::new(impatient().await);
        opened.app.advance(UNUSABLE);
        opened.store.trouble(Op::NoteSent, Trouble::Hold);
        let asking = {
            let opened = Rc::clone(&opened);
            actix_web::rt::spawn(async move { opened.token().await })
        };
        eventually("it is being noted", || opened.store.calls(Op::NoteSent) == 1).await;
        opened.app.clock.advance(Duration::from_millis(passes));
        opened.store.heal();
        opened.store.let_go();
        let _ = asking.await.unwrap();
        eventually("it is sent", || opened.app.refreshes() == 1).await;
        assert_eq!(opened.store.calls(Op::NoteSent), notes, "after {passes} ms");
        assert_eq!(opened.app.sandbox.reuse_detections(), 0);
    }
}

/// Another process has given this one up, and noted that it sends the token itself: the answer that comes is the newest.
#[actix_web::test]
async fn an_answer_is_saved_although_another_process_has_noted_that_it_sends_the_same_token() {
    let opened = Rc::new(impatient().await);
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    let delay = Fault::Delay(Duration::from_secs(3));
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::Before, delay, Times::Once);
    let asking = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.token().await })
    };
    eventually("it is sent", || opened.app.refreshes() == 1).await;
    let (record, version) = opened.record().await;
    replace(&opened, version, sent_at(&record, opened.app.clock.now(), 70)).await;
    let answer = asking.await.unwrap();
    let new = opened.saved_other_than(&old).await;
    assert!(answer.status == 503 || answer.body == new);
    assert_eq!(opened.record().await.0.refresh.sent, None);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

/// One whose request failed says nothing over the note of another that is at it.
#[actix_web::test]
async fn a_failure_is_not_noted_over_the_note_of_another_process() {
    let opened = Rc::new(impatient().await);
    opened.app.advance(UNUSABLE);
    let sandbox = &opened.app.sandbox;
    sandbox.inject(
        FaultPoint::Refresh,
        When::Before,
        Fault::Hang(Duration::from_secs(3)),
        Times::Once,
    );
    let asking = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.token().await })
    };
    eventually("it is sent", || opened.app.refreshes() == 1).await;
    let (record, version) = opened.record().await;
    let other = sent_at(&record, opened.app.clock.now(), 70);
    let version = replace(&opened, version, other.clone()).await;
    let _ = asking.await.unwrap();
    // The one that failed has nothing left to say.
    let report = opened.app.config.shutdown(Duration::from_secs(60)).await;
    assert_eq!(report.cut_off, 0);
    let (kept, now) = opened.record().await;
    assert_eq!((kept.refresh, now), (other.refresh, version));
}

/// The store has been away for longer than a lease lasts, and longer than the access token.
#[actix_web::test]
async fn an_answer_that_could_not_be_saved_until_its_lease_had_lapsed_is_saved_and_nothing_is_sent_twice() {
    let opened = impatient().await;
    let other = opened.other_process(|config| config.refresh_wait_unusable(PATIENCE));
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::Replace, Trouble::Fail);
    opened.store.trouble(Op::ReleaseLease, Trouble::Fail);
    assert_eq!(opened.token().await.status, 503);
    eventually("saving is tried", || opened.store.calls(Op::Replace) >= 2).await;
    // Its renewals do not get through either.
    opened.store.trouble(Op::Lease, Trouble::Fail);
    opened.app.clock.advance(LEASE + Duration::from_secs(20));
    opened.store.heal_only(Op::Lease);
    assert!(other.resume(&opened.handle()).await.is_err());
    assert_eq!(opened.app.refreshes(), 1);
    opened.store.heal();
    let new = opened.saved_other_than(&old).await;
    let resumed = other.resume(&opened.handle()).await.unwrap();
    assert_eq!(resumed.access_token().expose_secret(), new);
    assert_eq!(opened.token().await.body, new);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

/// A process that died after it had sent the token; the access token works on.
#[actix_web::test]
async fn after_a_crash_the_token_is_not_sent_again_while_the_access_token_is_usable() {
    let opened = impatient().await;
    opened.app.advance(DUE);
    let now = opened.app.clock.now();
    let (record, version) = opened.record().await;
    let old = record.tokens.access_token().expose_secret().to_owned();
    replace(&opened, version, sent_at(&record, now, 70)).await;
    for seconds in [0, 69, 1, DUE_TO_UNUSABLE - 71] {
        opened.app.advance(seconds);
        let answers = opened.flood(5).await;
        all_are(&answers, 200);
        assert!(answers.iter().all(|answer| answer.body == old));
    }
    assert_eq!(opened.app.refreshes(), 0);
    assert_eq!(opened.record().await.0.refresh.unanswered_since, None);
    opened.app.advance(1);
    let new = sent_again(&opened, &old).await;
    assert_eq!(opened.token().await.body, new);
    assert_eq!(opened.app.refreshes(), 1);
}

/// A process that was stopped after it had sent the token, and goes on within the deadline.
#[actix_web::test]
async fn a_process_that_was_stopped_and_goes_on_saves_its_answer_although_others_waited() {
    let opened = impatient().await;
    opened.app.advance(UNUSABLE);
    // Another launch's tokens are "the answer".
    let (record, version) = opened.record().await;
    let version = replace(&opened, version, sent_at(&record, opened.app.clock.now(), 70)).await;
    assert_eq!(opened.token().await.status, 503);
    opened.app.advance(22);
    assert_eq!(opened.token().await.status, 503);
    assert_eq!((opened.app.refreshes(), opened.record().await.1), (0, version));
    let mut saved = (*record).clone();
    saved.tokens = {
        let base = crate::support::open(&opened.app, &opened.browser).await;
        let id = actix_smart_auth::LaunchId::parse(base.rsplit_once("/~").unwrap().1).unwrap();
        let look = actix_smart_auth::LaunchUse::DoesNotCount;
        let loaded = opened.store.load_launch(id.key(), look, StoreRules::default()).await;
        match loaded.unwrap().value {
            actix_smart_auth::store::LoadedLaunch::Open { record, .. } => record.tokens.clone(),
            other => panic!("{other:?}"),
        }
    };
    let new = saved.tokens.access_token().expose_secret().to_owned();
    replace(&opened, version, saved).await;
    let answer = opened.token().await;
    assert_eq!((answer.status, answer.body), (200, new));
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (0, 0));
}

/// Nobody has the answer any more: then the token is all there is.
#[actix_web::test]
async fn when_the_answer_can_come_no_more_the_token_is_sent_again_and_the_loss_is_noted() {
    let opened = impatient().await;
    opened.app.advance(UNUSABLE);
    let (record, version) = opened.record().await;
    let old = record.tokens.access_token().expose_secret().to_owned();
    let noted = opened.app.clock.now();
    replace(&opened, version, sent_at(&record, noted, 70)).await;
    opened.app.advance(69);
    assert_eq!(opened.token().await.status, 503);
    assert_eq!(opened.app.refreshes(), 0);
    // Nor is anybody waited for who has the answer and could not save it.
    opened.app.advance(301);
    let lost = Fault::Reset;
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::Before, lost, Times::Once);
    eventually_asked(&opened).await;
    assert_eq!(opened.app.refreshes(), 1);
    for _ in 0..1_000 {
        if opened.record().await.0.refresh.sent.is_none() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    let state = opened.record().await.0.refresh;
    assert_eq!((state.unanswered_since, state.failures), (Some(noted), 1));
    opened.app.advance(1);
    let new = sent_again(&opened, &old).await;
    assert_eq!(opened.token().await.body, new);
}

/// Two at once in different processes: the second finds the note and waits, whatever the lease says.
#[actix_web::test]
async fn a_lease_that_lapsed_under_a_running_refresh_sends_nothing_twice() {
    let opened = Rc::new(impatient().await);
    let other = opened.other_process(|config| config.refresh_wait_unusable(PATIENCE));
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    let delay = Fault::Delay(Duration::from_secs(4));
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::Before, delay, Times::Once);
    let first = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.token().await })
    };
    eventually("it is sent", || opened.app.refreshes() == 1).await;
    opened.app.clock.advance(LEASE);
    let handle: LaunchHandle = opened.handle();
    let second = other.resume(&handle).await;
    assert!(second.is_err() || second.unwrap().access_token().expose_secret() != old);
    let _ = first.await.unwrap();
    let new = opened.saved_other_than(&old).await;
    assert_eq!(other.resume(&handle).await.unwrap().access_token().expose_secret(), new);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

/// A process that died before it had sent anything left no note: nothing was sent.
#[actix_web::test]
async fn a_lapsed_lease_without_a_note_is_no_reason_to_wait() {
    let opened = impatient().await;
    opened.app.advance(UNUSABLE);
    let dead = LeaseOwner([7; 16]);
    assert!(
        opened
            .store
            .acquire_lease(opened.key(), dead, LEASE)
            .await
            .unwrap()
            .value
    );
    opened.app.clock.advance(LEASE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

/// Asks until the EHR has been asked.
async fn eventually_asked(opened: &Opened) {
    for _ in 0..100 {
        if opened.app.refreshes() > 0 {
            return;
        }
        let _ = opened.token().await;
    }
    panic!("the token was not sent");
}

/// Asks until the store has another token: answers that may still be saved are waited for.
async fn sent_again(opened: &Opened, old: &str) -> String {
    for _ in 0..100 {
        let _ = opened.token().await;
        let stored = opened.stored_token().await;
        if stored != old {
            return stored;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no new token was saved");
}

fn sent_at(record: &LaunchRecord, at: actix_smart_auth::time::Timestamp, seconds: u64) -> LaunchRecord {
    let mut noted = record.clone();
    noted.refresh.sent = Some(actix_smart_auth::store::RefreshSent::new(
        at,
        at.saturating_add(Duration::from_secs(seconds)),
        7,
    ));
    noted
}
