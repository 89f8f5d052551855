//! What happens at the same moment.

use std::time::Duration;

use actix_smart_auth::{
    TokenStore,
    sandbox::{Fault, FaultPoint, Times, When},
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
        Fault::Delay(Duration::from_millis(400)),
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
