//! Lifetimes and limits hold for all processes together.

use std::{rc::Rc, time::Duration};

use crate::{
    bleed_redis::{Store, fresh},
    browser::{Answer, Ask, Browser, Held},
    fleet::Fleet,
    mix::{AMBER, BRUNO},
    setup::Setup,
};

const SECOND: Duration = Duration::from_secs(1);
/// After so long a use is noted again, in Redis too.
const NOTED: Duration = Duration::from_secs(10);

fn two(store: &Store, change: impl FnOnce(&mut Setup)) -> Rc<Fleet> {
    Rc::new(Fleet::processes(2, |setup| {
        setup.redis = Some(fresh(&store.url));
        change(setup);
    }))
}

async fn show(browser: &Browser, process: usize, held: &Held) -> Answer {
    browser.ask(&Ask::api(process, held.path("/show"))).await
}

async fn is_open(browser: &Browser, held: &Held) -> bool {
    let answers = [show(browser, 0, held).await, show(browser, 1, held).await];
    assert_eq!(answers[0].status, answers[1].status, "{answers:?}");
    answers[0].status == 200
}

/// Both processes say so.
#[track_caller]
fn assert_ended(answers: &[Answer], why: &str) {
    for answer in answers {
        assert_eq!((answer.status, answer.code().as_str()), (401, why), "{answer:?}");
    }
}

async fn both(browser: &Browser, held: &Held) -> [Answer; 2] {
    [show(browser, 0, held).await, show(browser, 1, held).await]
}

#[actix_web::test]
async fn of_nine_authorizations_begun_over_two_processes_the_oldest_is_dropped() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |_| {});
    let browser = Browser::new(&fleet);
    let mut callbacks = Vec::new();
    for number in 0..9 {
        let url = fleet.ehr_launch_url(AMBER, "visit-101");
        callbacks.push(browser.authorize(&url, number % 2).await);
        fleet.advance(SECOND);
    }
    let (_, dropped) = browser.navigate(&callbacks[0], &[1]).await;
    assert_eq!(dropped.status, 401, "{dropped:?}");
    for (number, callback) in callbacks.iter().enumerate().skip(1) {
        // Not where it began.
        let (_, landed) = browser.navigate(callback, &[(number + 1) % 2]).await;
        assert_eq!(landed.status, 200, "{number}: {landed:?}");
    }
}

#[actix_web::test]
async fn an_authorization_works_until_its_ten_minutes_are_over_at_any_process() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |_| {});
    // As slow as the person, so that only the pending authorization is too old.
    let browser = Browser::new(&fleet);
    let begin = async || {
        let url = fleet.ehr_launch_url(AMBER, "visit-101");
        let launch = browser
            .ask(&Ask::page(0, url.strip_prefix(&fleet.origin).unwrap()))
            .await;
        launch.header("location").to_owned()
    };
    let (in_time, late) = (begin().await, begin().await);
    fleet.advance(Duration::from_secs(599));
    let (_, landed) = browser.navigate(&in_time, &[1]).await;
    assert_eq!(landed.status, 200, "{landed:?}");
    fleet.advance(SECOND);
    let (_, answer) = browser.navigate(&late, &[1]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[actix_web::test]
async fn a_callback_at_both_processes_at_once_is_one_exchange_and_one_launch() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |_| {});
    let browser = Browser::new(&fleet);
    let callback = browser.authorize(&fleet.ehr_launch_url(AMBER, "visit-101"), 0).await;
    let path = callback.strip_prefix(&fleet.origin).unwrap();
    let (here, there) = (Ask::page(0, path), Ask::page(1, path));
    let (here, there) = tokio::join!(browser.ask(&here), browser.ask(&there));
    assert_eq!((here.status, there.status), (303, 303), "{here:?} {there:?}");
    assert_eq!(here.header("location"), there.header("location"));
    assert_eq!(fleet.sandbox.token_requests_of("authorization_code").len(), 1);
    let held = browser.held(here.header("location"));
    assert!(is_open(&browser, &held).await);
}

#[actix_web::test]
async fn past_the_limit_the_launch_that_no_process_has_used_for_the_longest_ends() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |setup| setup.launches = 3);
    let browser = Browser::new(&fleet);
    let mut held = Vec::new();
    for number in 0..3 {
        held.push(browser.launch(AMBER, "visit-101", &[number % 2]).await);
        fleet.advance(NOTED);
    }
    // The oldest is used, at the process that did not open it.
    assert_eq!(show(&browser, 1, &held[0]).await.status, 200);
    fleet.advance(NOTED);
    let newest = browser.launch(BRUNO, "visit-201", &[1]).await;
    assert_ended(&both(&browser, &held[1]).await, "too-many");
    for open in [&held[0], &held[2], &newest] {
        assert!(is_open(&browser, open).await);
    }
}

#[actix_web::test]
async fn a_use_at_one_process_keeps_a_launch_from_going_idle_at_the_other() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |setup| setup.idle = Duration::from_secs(600));
    let browser = Browser::new(&fleet);
    let held = browser.launch(AMBER, "visit-101", &[0]).await;
    for process in [1, 0, 1] {
        fleet.advance(Duration::from_secs(600) - Duration::from_millis(1));
        let answer = show(&browser, process, &held).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    fleet.advance(Duration::from_secs(600));
    assert_ended(&both(&browser, &held).await, "idle");
}

#[actix_web::test]
async fn no_use_keeps_a_launch_beyond_its_age_at_any_process() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |setup| setup.absolute = Duration::from_secs(1800));
    let browser = Browser::new(&fleet);
    let held = browser.launch(AMBER, "visit-101", &[0]).await;
    for process in [1, 0] {
        fleet.advance(Duration::from_secs(899));
        assert_eq!(show(&browser, process, &held).await.status, 200);
    }
    fleet.advance(2 * SECOND - Duration::from_millis(1));
    assert!(is_open(&browser, &held).await);
    fleet.advance(Duration::from_millis(1));
    assert_ended(&both(&browser, &held).await, "too-old");
}

#[actix_web::test]
async fn signing_out_of_everything_at_one_process_ends_what_the_other_has_opened_and_nothing_of_another_browser() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |_| {});
    let (browser, stranger) = (Browser::new(&fleet), Browser::new(&fleet));
    let amber = browser.launch(AMBER, "visit-101", &[0]).await;
    let bruno = browser.launch(BRUNO, "visit-201", &[1]).await;
    let theirs = stranger.launch(BRUNO, "visit-202", &[0, 1]).await;
    let pending = browser.authorize(&fleet.ehr_launch_url(AMBER, "visit-102"), 0).await;
    let answer = browser.ask(&Ask::form(1, "/auth/logout", "")).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    for ended in [&amber, &bruno] {
        assert_ended(&both(&browser, ended).await, "signed-out");
    }
    assert!(is_open(&stranger, &theirs).await);
    let (_, answer) = browser.navigate(&pending, &[0]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[actix_web::test]
async fn signing_out_of_one_launch_at_one_process_ends_it_at_the_other_and_leaves_its_neighbour() {
    let Some(store) = Store::any() else { return };
    let fleet = two(&store, |_| {});
    let browser = Browser::new(&fleet);
    let first = browser.launch(AMBER, "visit-101", &[0]).await;
    let second = browser.launch(AMBER, "visit-102", &[1]).await;
    let answer = browser.ask(&Ask::form(1, first.path("/auth/logout"), "")).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_ended(&both(&browser, &first).await, "signed-out");
    assert!(is_open(&browser, &second).await);
}
