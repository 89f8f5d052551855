//! A token store that fails or is slow at the worst moments.

use std::{rc::Rc, time::Duration};

use actix_smart_auth::{
    EndReason,
    sandbox::{Fault, FaultPoint, Times, When},
    time::Clock as _,
};

use crate::support::{App, Browser, DUE, DUE_TO_UNUSABLE, Op, Opened, Trouble, UNUSABLE, all_are, eventually};

#[actix_web::test]
async fn a_launch_that_cannot_be_loaded_is_503_and_kept() {
    let opened = Opened::start().await;
    opened.store.trouble(Op::Load, Trouble::Fail);
    let answer = opened.token().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert_eq!(answer.json()["code"], "store-unavailable");
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    let launch_cookies = |cookie: &String| cookie.starts_with("smart_launch=");
    assert!(
        !page.set_cookies().iter().any(launch_cookies),
        "the launch cookie stays"
    );
    opened.store.heal();
    assert_eq!(opened.token().await.status, 200);
}

#[actix_web::test]
async fn a_new_token_that_cannot_be_saved_yet_is_kept_and_shown_to_nobody_before_it_is() {
    let app = App::builder()
        .workers(2)
        .config(|config| config.refresh_wait_unusable(Duration::from_millis(300)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::Replace, Trouble::Fail);
    let answers = opened.flood(20).await;
    all_are(&answers, 503);
    eventually("the EHR has answered", || opened.app.sandbox.grants()[0].refreshes == 1).await;
    eventually("saving is tried again", || opened.store.calls(Op::Replace) >= 3).await;
    assert_eq!(opened.stored_token().await, old);
    opened.store.heal();
    let new = opened.saved_other_than(&old).await;
    let answers = opened.flood(20).await;
    all_are(&answers, 200);
    assert!(answers.iter().all(|answer| answer.body == new));
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
}

#[actix_web::test]
async fn while_saving_fails_a_token_that_still_works_is_what_handlers_get() {
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::from_millis(100)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    opened.store.trouble(Op::Replace, Trouble::Fail);
    for _ in 0..3 {
        let answer = opened.token().await;
        assert_eq!((answer.status, &answer.body), (200, &old));
    }
    opened.store.heal();
    let new = opened.saved_other_than(&old).await;
    assert_eq!(opened.token().await.body, new);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_write_that_was_done_although_its_answer_got_lost_is_recognised() {
    let opened = Opened::start().await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::Replace, Trouble::LoseAnswer);
    let answer = opened.token().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.body, old);
    assert_eq!(answer.body, opened.stored_token().await);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn that_an_answer_got_lost_is_noted_even_if_the_store_fails_just_then() {
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::from_millis(100)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    opened.store.trouble(Op::Replace, Trouble::Fail);
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
    assert_eq!(opened.token().await.body, old);
    eventually("the note is tried again", || opened.store.calls(Op::Replace) >= 2).await;
    all_are(&opened.flood(10).await, 200);
    opened.store.heal();
    for _ in 0..1_000 {
        if opened.record().await.0.refresh.unanswered_since.is_some() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    opened.app.advance(60);
    all_are(&opened.flood(10).await, 200);
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
    assert_eq!(opened.record().await.0.refresh.failures, 1);
}

#[actix_web::test]
async fn a_failure_that_cannot_be_noted_does_not_let_a_flood_through_to_the_ehr() {
    let app = App::builder().config(|config| config.refresh_wait_unusable(Duration::from_millis(50)));
    let opened = Opened::with(app).await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::Replace, Trouble::Fail);
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, Fault::Status(500), Times::Always);
    for _ in 0..5 {
        all_are(&opened.flood(20).await, 503);
    }
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_lease_that_was_taken_although_the_answer_got_lost_is_given_up() {
    let app = App::builder().config(|config| config.refresh_wait_unusable(Duration::from_secs(2)));
    let opened = Opened::with(app).await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::Lease, Trouble::LoseAnswer);
    opened.store.trouble(Op::ReleaseLease, Trouble::Fail);
    assert_eq!(opened.token().await.status, 503);
    eventually("giving it up is tried again", || {
        opened.store.calls(Op::ReleaseLease) >= 2
    })
    .await;
    opened.store.heal();
    // The clock stands still: by itself the lease does not run out.
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn a_new_token_that_ran_out_before_it_could_be_saved_is_given_to_no_handler() {
    let app = App::builder().config(|config| config.idle_lifetime(Duration::from_secs(3 * 3600)));
    let opened = Rc::new(Opened::with(app).await);
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::Replace, Trouble::Fail);
    let waiting = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.flood(10).await })
    };
    eventually("the new token cannot be saved", || opened.store.calls(Op::Replace) >= 1).await;
    opened.app.advance(3600);
    opened.store.heal();
    let answers = waiting.await.unwrap();
    all_are(&answers, 200);
    let (record, _) = opened.record().await;
    assert!(record.tokens.is_usable(opened.app.clock.now()));
    let stored = record.tokens.access_token().expose_secret();
    assert!(answers.iter().all(|answer| answer.body == stored));
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (2, 0));
}

#[actix_web::test]
async fn without_a_lease_nothing_is_sent() {
    let opened = Opened::start().await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    opened.store.trouble(Op::Lease, Trouble::Fail);
    assert_eq!(opened.token().await.body, old);
    opened.app.advance(DUE_TO_UNUSABLE);
    let answer = opened.token().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert_eq!(answer.json()["code"], "store-unavailable");
    assert_eq!(opened.app.refreshes(), 0);
    opened.store.heal();
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

/// Signs out while a refresh is between its request and its answer, or between its answer and the store.
async fn sign_out_during_a_refresh(saving_fails: bool) {
    let app = App::builder().workers(2);
    let opened = Rc::new(Opened::with(app).await);
    opened.app.advance(UNUSABLE);
    if saving_fails {
        opened.store.trouble(Op::Replace, Trouble::Fail);
    } else {
        let fault = Fault::Delay(Duration::from_secs(3));
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::After, fault, Times::Once);
    }
    let waiting = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.flood(10).await })
    };
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    if saving_fails {
        eventually("saving is tried", || opened.store.calls(Op::Replace) >= 1).await;
    }
    let out = opened.browser.post(&opened.url("/auth/logout")).await;
    assert_eq!(out.status, 200, "{}", out.body);
    assert_eq!(opened.end_reason().await, EndReason::LoggedOut);
    opened.store.heal();
    for answer in waiting.await.unwrap() {
        assert_eq!((answer.status, answer.json()["code"].as_str().is_some()), (401, true));
    }
    assert_eq!(opened.end_reason().await, EndReason::LoggedOut);
    assert_eq!(opened.token().await.status, 401);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn signing_out_during_a_refresh_wins() {
    sign_out_during_a_refresh(false).await;
}

#[actix_web::test]
async fn signing_out_while_the_new_token_cannot_be_saved_wins() {
    sign_out_during_a_refresh(true).await;
}

/// As after a `FLUSHALL`: nobody has signed out.
#[actix_web::test]
async fn a_launch_that_the_store_forgets_during_its_refresh_is_unknown_and_not_signed_out() {
    let opened = Rc::new(Opened::with(App::builder().workers(2)).await);
    opened.app.advance(UNUSABLE);
    let fault = Fault::Delay(Duration::from_secs(3));
    let sandbox = &opened.app.sandbox;
    sandbox.inject(FaultPoint::Refresh, When::After, fault, Times::Once);
    let waiting = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move { opened.flood(10).await })
    };
    eventually("the refresh is under way", || opened.app.refreshes() == 1).await;
    opened.store.forget_launches();
    for answer in waiting.await.unwrap() {
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("no-launch"))
        );
    }
    // A person is sent to a new launch, as from any page of a launch that is not known.
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!(page.status, 303);
}

/// The application, a browser and its callback, not opened yet.
async fn before_the_callback() -> (App, crate::support::FlakyStore, Browser, String) {
    let store = crate::support::FlakyStore::default();
    let kept = actix_smart_auth::store::TokenStore::new(store.clone());
    let app = App::builder().config(move |config| config.store(kept)).start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    (app, store, browser, callback)
}

#[actix_web::test]
async fn a_callback_that_cannot_be_looked_up_is_503_and_works_when_tried_again() {
    let (app, store, browser, callback) = before_the_callback().await;
    store.trouble(Op::Claim, Trouble::Fail);
    let answer = browser.get(&callback).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert_eq!(browser.api(&callback).await.json()["code"], "store-unavailable");
    assert_eq!(app.exchanges(), 0);
    store.heal();
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_launch_lands_although_the_store_fails_for_a_moment_after_the_exchange() {
    for (op, trouble) in [
        (Op::Open, Trouble::Fail),
        (Op::Open, Trouble::LoseAnswer),
        (Op::Finish, Trouble::Fail),
        (Op::Finish, Trouble::LoseAnswer),
    ] {
        let (app, store, browser, callback) = before_the_callback().await;
        store.trouble(op, trouble);
        let healing = {
            let store = store.clone();
            actix_web::rt::spawn(async move {
                eventually("it is tried again", || store.calls(op) >= 2).await;
                store.heal();
            })
        };
        let page = browser.navigate(&callback).await;
        assert_eq!(page.body, "patient amber-testwood", "{op:?} {trouble:?}");
        healing.await.unwrap();
        // The same answer again, which was noted in the end.
        assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
        assert_eq!(app.exchanges(), 1, "{op:?} {trouble:?}");
    }
}
