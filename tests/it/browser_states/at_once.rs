//! What happens at the same moment.

use std::time::Duration;

use actix_smart_auth::{
    sandbox::{Fault, FaultPoint, Times, When},
    store::TokenStore,
};

use super::*;
use crate::support::{FlakyStore, Op, Trouble, eventually};

#[actix_web::test]
async fn of_two_users_who_open_at_once_under_different_names_at_most_one_stays() {
    for op in [Op::Open, Op::List, Op::Recall, Op::Remember] {
        let store = FlakyStore::default();
        let kept = TokenStore::new(store.clone());
        let app = App::builder()
            .workers(2)
            .config(move |config| config.store(kept))
            .start();
        let browser = Browser::new();
        app.sandbox.set_automatic_user("Practitioner/paula-pretend");
        let first = callback_of(&app, &browser).await;
        app.sandbox.set_automatic_user(SECOND_USER);
        let second = callback_of(&app, &browser).await;
        // One session, and no other name yet: each of the two gets one of its own.
        browser.forget("smart_launch_browser");
        store.trouble(op, Trouble::Slow(Duration::from_millis(60)));
        let (one, two) = tokio::join!(browser.get(&first), browser.get(&second));
        store.heal();
        assert_eq!((one.status, two.status), (303, 303), "{op:?}");
        let mut open = 0;
        for answer in [one, two] {
            open += usize::from(browser.api(&app.url(answer.location())).await.status == 200);
        }
        assert!(open <= 1, "{op:?}");
    }
}

#[actix_web::test]
async fn who_signs_out_of_all_while_a_sign_in_is_being_finished_is_signed_out_of_that_too() {
    let app = App::builder().workers(2).routes(session_routes).start();
    let browser = Browser::new();
    let before = open(&app, &browser).await;
    let callback = callback_of(&app, &browser).await;
    app.sandbox.inject(
        FaultPoint::Exchange,
        When::Before,
        Fault::Delay(Duration::from_secs(3)),
        Times::Once,
    );
    app.advance(1);
    let signing_out = async {
        eventually("the exchange is under way", || app.exchanges() == 2).await;
        browser.post(&app.url("/auth/logout")).await
    };
    let (landed, signed_out) = tokio::join!(browser.get(&callback), signing_out);
    assert_eq!((landed.status, signed_out.status), (303, 200));
    let base = app.url(landed.location().strip_suffix("/patient").unwrap());
    for base in [before, base] {
        assert_eq!(state(&browser, &base).await, (401, "signed-out".to_owned()));
    }
    // A sign-in that begins now opens.
    app.advance(1);
    open(&app, &browser).await;
}

/// A page waits for a refresh while the launch is ended, and the EHR refuses the refresh because its tokens were revoked.
async fn waits_while(what: &str, ends: impl AsyncFnOnce(&App, &Browser, &str)) -> Answer {
    let app = App::builder()
        .workers(2)
        .routes(session_routes)
        .config(|config| config.refresh_wait_due(Duration::from_secs(30)))
        .start();
    let browser = Browser::new();
    let base = open(&app, &browser).await;
    app.advance(3_500);
    app.sandbox.inject(
        FaultPoint::Refresh,
        When::Before,
        Fault::Delay(Duration::from_secs(5)),
        Times::Once,
    );
    let waiting = format!("{base}/patient");
    let ending = async {
        eventually(what, || app.refreshes() == 1).await;
        ends(&app, &browser, &base).await;
    };
    let (answer, ()) = tokio::join!(browser.get(&waiting), ending);
    answer
}

#[track_caller]
fn says(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.location()), (401, ""), "{}", answer.body);
    assert!(answer.body.contains(&format!("Code: {code}")), "{}", answer.body);
}

#[actix_web::test]
async fn a_page_that_waits_for_a_refresh_while_somebody_signs_out_is_not_signed_in_again() {
    let one = waits_while("one", async |_, browser, base| {
        assert_eq!(browser.post(&format!("{base}/auth/logout")).await.status, 200);
    });
    says(&one.await, "signed-out");
    let all = waits_while("all", async |app, browser, _| {
        assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
    });
    says(&all.await, "signed-out");
}

#[actix_web::test]
async fn a_page_that_waits_for_a_refresh_while_another_user_comes_says_so() {
    let answer = waits_while("another user", async |app, browser, _| {
        app.sandbox.set_automatic_user(SECOND_USER);
        open(app, browser).await;
    });
    says(&answer.await, "other-user");
}
