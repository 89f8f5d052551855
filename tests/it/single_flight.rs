//! One refresh per launch, however many ask; and nobody waits longer than is sensible.

use std::{collections::BTreeSet, rc::Rc, time::Duration};

use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};

use crate::support::{App, DUE, Op, Opened, UNUSABLE, all_are, eventually, open};

fn slow(opened: &Opened, millis: u64) {
    let fault = Fault::Delay(Duration::from_millis(millis));
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
}

#[actix_web::test]
async fn sixty_requests_on_an_expired_token_over_four_workers_make_one_refresh_and_see_one_new_token() {
    let opened = Opened::with(App::builder().workers(4)).await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    slow(&opened, 100);
    let answers = opened.flood(60).await;
    all_are(&answers, 200);
    let tokens: BTreeSet<_> = answers.into_iter().map(|answer| answer.body).collect();
    assert_eq!(tokens.len(), 1);
    assert!(!tokens.contains(&old));
    assert_eq!((opened.app.refreshes(), opened.app.sandbox.reuse_detections()), (1, 0));
    // Within one process it is the flight that keeps them together, not the lease in the store.
    assert_eq!(opened.store.calls(Op::Lease), 1);
}

#[actix_web::test]
async fn a_token_is_refreshed_from_the_moment_it_is_due_and_not_before() {
    let opened = Opened::start().await;
    // Less than five minutes have to be left.
    opened.app.advance(3600 - 300);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 0);
    opened.app.clock.advance(Duration::from_millis(1));
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn while_the_token_works_only_the_one_who_started_the_refresh_waits_and_not_for_long() {
    let app = App::builder()
        .workers(2)
        .config(|config| config.refresh_wait_due(Duration::from_secs(3)));
    let opened = Rc::new(Opened::with(app).await);
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    slow(&opened, 9_000);
    let first = {
        let opened = Rc::clone(&opened);
        actix_web::rt::spawn(async move {
            let begun = std::time::Instant::now();
            (opened.token().await, begun.elapsed())
        })
    };
    eventually("the refresh has begun", || opened.app.refreshes() == 1).await;
    let followers = opened.flood(20).await;
    all_are(&followers, 200);
    assert!(followers.iter().all(|answer| answer.body == old));
    assert!(!first.is_finished(), "the others do not wait for the first");
    let (first, waited) = first.await.unwrap();
    assert_eq!((first.status, first.body == old), (200, true));
    assert!(waited >= Duration::from_secs(3), "{waited:?}");
    let refresh = &opened.app.sandbox.token_requests_of("refresh_token")[0];
    assert_eq!(refresh.status, None, "the first did not wait to the end");
    let new = opened.saved_other_than(&old).await;
    assert_eq!(opened.token().await.body, new);
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn the_one_who_started_the_refresh_gets_the_new_token_when_it_comes_in_time() {
    let app = App::builder().config(|config| config.refresh_wait_due(Duration::from_secs(30)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(DUE);
    slow(&opened, 100);
    let answer = opened.token().await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.body, old);
    assert_eq!(answer.body, opened.stored_token().await);
}

#[actix_web::test]
async fn without_a_working_token_a_request_waits_its_time_then_503_and_the_refresh_ends_without_it() {
    let app = App::builder()
        .workers(2)
        .config(|config| config.refresh_wait_unusable(Duration::from_millis(150)));
    let opened = Opened::with(app).await;
    let old = opened.stored_token().await;
    opened.app.advance(UNUSABLE);
    slow(&opened, 5_000);
    let answers = opened.flood(10).await;
    all_are(&answers, 503);
    for answer in &answers {
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["code"], "ehr-unavailable");
    }
    let new = opened.saved_other_than(&old).await;
    let answer = opened.token().await;
    assert_eq!((answer.status, answer.body), (200, new));
    assert_eq!(opened.app.refreshes(), 1);
}

#[actix_web::test]
async fn several_extractors_of_one_handler_load_once_and_refresh_once() {
    let opened = Opened::start().await;
    let before = opened.store.calls(Op::Load);
    let page = opened.browser.get(&opened.url("/two")).await;
    assert_eq!(page.body, "amber-testwood Some(\"amber-testwood\") None");
    assert_eq!(opened.store.calls(Op::Load) - before, 1);

    opened.app.advance(UNUSABLE);
    let before = opened.store.calls(Op::Load);
    let page = opened.browser.get(&opened.url("/two")).await;
    assert_eq!(page.status, 200);
    assert_eq!(opened.app.refreshes(), 1);
    // The request's own, and the look before the refresh token is sent.
    assert_eq!(opened.store.calls(Op::Load) - before, 2);
}

#[actix_web::test]
async fn each_launch_is_refreshed_by_itself() {
    let opened = Opened::with(App::builder().workers(2)).await;
    let mut pages = vec![opened.url("/token")];
    for _ in 0..4 {
        pages.push(format!("{}/token", open(&opened.app, &opened.browser).await));
    }
    opened.app.advance(UNUSABLE);
    slow(&opened, 50);
    let mut running = Vec::new();
    for page in pages.iter().cycle().take(5 * 6) {
        let (browser, page) = (Rc::clone(&opened.browser), page.clone());
        running.push(actix_web::rt::spawn(async move { browser.api(&page).await }));
    }
    let mut tokens = BTreeSet::new();
    for answer in running {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        tokens.insert(answer.body);
    }
    assert_eq!((tokens.len(), opened.app.refreshes()), (5, 5));
    let grants = opened.app.sandbox.grants();
    assert!(grants.iter().all(|grant| grant.refreshes == 1), "{grants:?}");
}
