//! A sign-in answers one callback: a person who goes back and chooses again is told so.

use actix_smart_auth::{Relaunch, StandaloneLaunch, sandbox::Strictness};

use super::*;
use crate::support::ClosedPort;

/// Two callbacks of one sign-in: the person chose, went back, and chose again.
async fn two_choices(app: &App, browser: &Browser, launch: &str, patients: [&str; 2]) -> [String; 2] {
    // Read narrowly, an EHR answers one request once.
    app.sandbox.set_strictness(Strictness::AsRealEhrs);
    let begun = browser.get(launch).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let mut callbacks = Vec::new();
    for patient in patients {
        app.sandbox.set_automatic_patient(patient);
        callbacks.push(
            browser
                .navigate_until(begun.location(), &app.url("/auth/callback"))
                .await,
        );
    }
    callbacks.try_into().unwrap()
}

#[track_caller]
fn assert_used(page: &Answer) {
    assert_eq!(page.status, 409, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(
        page.body.contains("<h1>This sign-in has already been used</h1>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Code: sign-in-used<"), "{}", page.body);
    assert_eq!((page.location(), page.launch_cookies()), ("", Vec::new()));
}

#[actix_web::test]
async fn another_patient_under_a_used_sign_in_opens_neither_and_offers_both_ways() {
    let (app, browser) = (app(), Browser::new());
    let [first, second] = two_choices(
        &app,
        &browser,
        &app.url("/auth/launch"),
        ["amber-testwood", "bruno-fixture"],
    )
    .await;
    let base = opened(&browser, &first).await;
    let page = browser.get(&second).await;
    assert_used(&page);
    let start = page
        .body
        .find("<a class=\"action\" href=\"/auth/launch\">Start again</a>")
        .unwrap();
    let path = base.strip_prefix(&app.origin).unwrap();
    let back = format!("<a class=\"action\" href=\"{path}/patient\">Return to the chart already open</a>");
    assert!(page.body.find(&back).unwrap() > start, "{}", page.body);
    let problem = browser.api(&second).await;
    assert_eq!((problem.status, code(&problem).as_str()), (409, "sign-in-used"));
    assert_eq!(problem.json()["launch_url"], "/auth/launch");
    assert_eq!(problem.json()["return_url"], format!("{path}/patient"));
    assert_eq!(app.exchanges(), 1);
    // The first one still gets its answer, and the sandbox has not seen the second code.
    assert_eq!(opened(&browser, &first).await, base);
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_form_that_the_ehr_posts_to_the_callback_is_no_callback() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    assert_eq!(browser.post(&callback).await.status, 405);
    opened(&browser, &callback).await;
}

#[actix_web::test]
async fn a_refusal_that_was_answered_is_not_turned_into_a_launch_and_offers_no_way_back() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let state_of = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let denied = app.url(&format!("/auth/callback?error=access_denied&state={state_of}"));
    assert_eq!(browser.get(&denied).await.status, 403);
    let page = browser.get(&callback).await;
    assert_used(&page);
    assert!(page.body.contains(">Start again</a>"), "{}", page.body);
    assert!(!page.body.contains("Return to the chart"), "{}", page.body);
    assert_eq!(
        browser.get(&denied).await.status,
        403,
        "the same refusal gets the same answer"
    );
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_used_sign_in_from_the_ehr_leads_back_to_the_chart_unless_a_standalone_one_may_follow() {
    for (relaunch, starts) in [(Relaunch::SameKind, false), (Relaunch::Standalone, true)] {
        let app = App::builder().config(move |config| config.relaunch(relaunch)).start();
        let browser = Browser::new();
        let launch = app.ehr_launch_url("amber-testwood", None);
        let [first, second] = two_choices(&app, &browser, &launch, ["amber-testwood", "amber-testwood"]).await;
        opened(&browser, &first).await;
        let page = browser.get(&second).await;
        assert_used(&page);
        assert_eq!(page.body.contains(">Start again</a>"), starts, "{}", page.body);
        assert_eq!(
            page.body
                .contains("open the application again from the patient&#39;s chart"),
            !starts,
            "{}",
            page.body
        );
        assert!(page.body.contains("Return to the chart already open"), "{}", page.body);
    }
}

#[actix_web::test]
async fn where_no_standalone_launch_is_offered_the_page_says_where_to_open_it() {
    let app = App::builder()
        .config(|config| config.standalone(StandaloneLaunch::NotOffered))
        .start();
    let browser = Browser::new();
    let launch = app.ehr_launch_url("amber-testwood", None);
    let [first, second] = two_choices(&app, &browser, &launch, ["amber-testwood", "amber-testwood"]).await;
    opened(&browser, &first).await;
    let page = browser.get(&second).await;
    assert_used(&page);
    assert!(!page.body.contains("Start again"), "{}", page.body);
}

#[actix_web::test]
async fn the_way_back_is_offered_only_while_the_chart_is_open() {
    let (app, browser) = (app(), Browser::new());
    let [first, second] = two_choices(
        &app,
        &browser,
        &app.url("/auth/launch"),
        ["amber-testwood", "bruno-fixture"],
    )
    .await;
    let base = opened(&browser, &first).await;
    browser.post(&format!("{base}/auth/logout")).await;
    let page = browser.get(&second).await;
    assert_used(&page);
    assert!(!page.body.contains("Return to the chart"), "{}", page.body);
}

#[actix_web::test]
async fn two_choices_at_once_open_one() {
    for _ in 0..5 {
        let app = App::builder().workers(2).start();
        let browser = Browser::new();
        let [first, second] = two_choices(
            &app,
            &browser,
            &app.url("/auth/launch"),
            ["amber-testwood", "bruno-fixture"],
        )
        .await;
        let (one, two) = tokio::join!(browser.get(&first), browser.get(&second));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        assert_eq!(app.exchanges(), 1);
    }
}

#[actix_web::test]
async fn a_code_that_was_certainly_not_sent_leaves_the_sign_in_unused() {
    let (app, browser) = (app(), Browser::new());
    let closed = ClosedPort::new();
    app.sandbox
        .set_metadata_field("token_endpoint", format!("{}/token", closed.origin()));
    let callbacks = two_choices(
        &app,
        &browser,
        &app.url("/auth/launch"),
        ["amber-testwood", "bruno-fixture"],
    )
    .await;
    for callback in callbacks.iter().chain(&callbacks) {
        let answer = browser.api(callback).await;
        assert_eq!((answer.status, code(&answer).as_str()), (503, "ehr-unavailable"));
    }
}
