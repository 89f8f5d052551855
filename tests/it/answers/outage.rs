//! Row: metadata unavailable, token endpoint unreachable, store unavailable.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    SmartClient, StartOptions,
    error::StartError,
    sandbox::{Fault, FaultPoint, Times, When},
    store::TokenStore,
};

use super::{
    assert_page, assert_problem, assert_retry_after, beside, callback_of, launched, metadata_requests, start_link,
};
use crate::support::{App, Browser, ClosedPort, FlakyStore, Logs, Op, Trouble, eventually};

const NO_ANSWER: &str = "Your health record system does not answer";
const SHORTLY: &str = "Please try again shortly";
const AGAIN: &str = "<a class=\"action\" href=\"\">Try again</a>";

fn with_flaky_store() -> (App, FlakyStore) {
    let store = FlakyStore::default();
    let given = TokenStore::new(store.clone());
    (App::builder().config(|config| config.store(given)).start(), store)
}

#[actix_web::test]
async fn metadata_unavailable_is_503_with_retry_after() {
    let app = App::start();
    let browser = Browser::new();
    app.sandbox.inject(
        FaultPoint::Metadata,
        When::Before,
        Fault::Hang(Duration::ZERO),
        Times::Always,
    );
    for url in [app.url("/auth/launch"), app.ehr_launch_url("amber-testwood", None)] {
        let page = browser.get(&url).await;
        assert_page(
            &page,
            503,
            "metadata-unavailable",
            SHORTLY,
            "Your health record system does not answer at the moment, so you cannot sign in yet. Wait a little",
        );
        assert_retry_after(&page, 5..=5);
        assert!(page.body.contains(AGAIN), "{}", page.body);
        let api = browser.api(&url).await;
        assert_problem(&api, 503, "metadata-unavailable", SHORTLY);
        assert_retry_after(&api, 5..=5);
    }
    // What breaks off is asked for once more.
    assert_eq!(metadata_requests(&app), 2, "a failure is remembered for five seconds");
    app.sandbox.clear_faults();
    app.advance(5);
    assert_eq!(
        browser.navigate(&app.url("/auth/launch")).await.body,
        "patient amber-testwood"
    );
}

#[actix_web::test]
async fn token_endpoint_unreachable_at_exchange_is_503_and_the_same_callback_works_later() {
    let app = App::start();
    let browser = Browser::new();
    let closed = ClosedPort::new();
    app.sandbox
        .set_metadata_field("token_endpoint", format!("{}/token", closed.origin()));
    let callback = callback_of(&app, &browser).await;
    for _ in 0..2 {
        let page = browser.get(&callback).await;
        assert_page(
            &page,
            503,
            "ehr-unavailable",
            SHORTLY,
            "You are almost signed in. Wait a little, then try again. If that does not help, please start again.",
        );
        assert!(page.body.contains(AGAIN), "{}", page.body);
        assert!(page.body.contains(&start_link("/auth/launch")), "{}", page.body);
        assert_retry_after(&page, 5..=5);
        assert!(page.launch_cookies().is_empty());
    }
    let api = browser.api(&callback).await;
    let problem = assert_problem(&api, 503, "ehr-unavailable", SHORTLY);
    assert_eq!(
        (&problem["launch_url"], problem.get("return_url")),
        (&"/auth/launch".into(), None)
    );
    assert_retry_after(&api, 5..=5);
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn a_code_that_was_not_sent_is_given_free_when_the_store_is_back_and_nobody_waits_for_that() {
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    let closed = ClosedPort::new();
    app.sandbox
        .set_metadata_field("token_endpoint", format!("{}/token", closed.origin()));
    let callback = callback_of(&app, &browser).await;
    store.trouble(Op::ReleasePending, Trouble::Fail);
    let began = Instant::now();
    let api = browser.api(&callback).await;
    assert_problem(&api, 503, "ehr-unavailable", SHORTLY);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // What goes on is known of: a shutdown would wait for it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let failed = store.calls(Op::ReleasePending);
    assert!(failed > 2, "{failed}");
    store.heal();
    let api = browser.api(&callback).await;
    assert_problem(&api, 503, "ehr-unavailable", SHORTLY);

    store.trouble(Op::ReleasePending, Trouble::Fail);
    browser.api(&callback).await;
    let report = app.config.shutdown(Duration::from_millis(100)).await;
    assert_eq!(report.cut_off, 1);
    store.heal();
    let report = app.config.shutdown(Duration::from_secs(10)).await;
    assert_eq!((report.finished, report.cut_off), (1, 0));
}

#[actix_web::test]
async fn token_endpoint_failing_in_the_middle_of_the_exchange_is_503_and_the_code_is_not_sent_again() {
    let app = App::start();
    let browser = Browser::new();
    let trouble = "Your health record system has a problem at the moment";
    for (count, fault, title) in [
        (1, Fault::Reset, NO_ANSWER),
        (2, Fault::Status(500), trouble),
        (3, Fault::HtmlBody { status: 502 }, trouble),
    ] {
        app.sandbox
            .inject(FaultPoint::Exchange, When::Before, fault.clone(), Times::Once);
        let callback = callback_of(&app, &browser).await;
        let page = browser.get(&callback).await;
        assert_page(&page, 503, "ehr-unavailable", title, "Wait a little, then start again.");
        assert!(
            page.body.contains(&start_link("/auth/launch")),
            "{fault:?}: {}",
            page.body
        );
        let api = browser.api(&callback).await;
        assert_problem(&api, 503, "ehr-unavailable", title);
        // It stays so: nobody is told to come again.
        assert_eq!((page.header("retry-after"), api.header("retry-after")), ("", ""));
        assert_eq!(app.exchanges(), count, "{fault:?}");
    }
}

#[actix_web::test]
async fn token_endpoint_unavailable_at_refresh_is_503_once_the_token_is_unusable() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let fault = Fault::Unavailable {
        retry_after: Some("30".to_owned()),
    };
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
    app.advance(3600 - 30);
    for _ in 0..2 {
        let page = browser.get(&landing).await;
        assert_page(
            &page,
            503,
            "ehr-unavailable",
            SHORTLY,
            "You are still signed in. This page tries again by itself in ",
        );
        assert!(page.body.contains(AGAIN), "{}", page.body);
        assert_retry_after(&page, 30..=30);
    }
    let api = browser.api(&landing).await;
    let problem = assert_problem(&api, 503, "ehr-unavailable", SHORTLY);
    let detail = problem["detail"].as_str().unwrap();
    let said = "You are still signed in. Wait a little, then try again.";
    assert!(detail.contains(said), "{detail}");
    assert_retry_after(&api, 30..=30);
    let form = browser.post(&landing).await;
    assert_page(
        &form,
        503,
        "ehr-unavailable",
        SHORTLY,
        "What you entered was not saved.",
    );
    assert!(!form.body.contains(AGAIN), "its address may take nothing but the form");
    assert_eq!(app.refreshes(), 1);
    app.advance(30);
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn a_wait_of_minutes_is_told_in_minutes() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let fault = Fault::Unavailable {
        retry_after: Some("240".to_owned()),
    };
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
    app.advance(3600 - 30);
    let page = browser.get(&landing).await;
    let words = "You are still signed in. Try again in about 4 minutes.";
    assert_page(&page, 503, "ehr-unavailable", SHORTLY, words);
    assert_retry_after(&page, 240..=240);
}

#[actix_web::test]
async fn store_unavailable_is_503_for_handlers_and_the_launch_is_kept() {
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    store.set_away(true);
    let page = browser.get(&landing).await;
    assert_page(
        &page,
        503,
        "store-unavailable",
        SHORTLY,
        "This application cannot reach its own data at the moment.",
    );
    assert_retry_after(&page, 5..=5);
    let api = browser.api(&landing).await;
    assert_problem(&api, 503, "store-unavailable", SHORTLY);
    assert_retry_after(&api, 5..=5);
    let form = browser.post(&landing).await;
    assert_page(
        &form,
        503,
        "store-unavailable",
        SHORTLY,
        "What you entered was not saved.",
    );
    let guarded = browser.get(&beside(&landing, "/guarded/page")).await;
    assert_page(&guarded, 503, "store-unavailable", SHORTLY, "You are still signed in.");
    store.set_away(false);
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn store_unavailable_is_503_at_the_callback_and_nothing_is_consumed_and_a_launch_does_not_notice() {
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    store.set_away(true);
    assert_eq!(browser.get(&app.url("/auth/launch")).await.status, 303);
    for url in [callback.clone()] {
        let page = browser.get(&url).await;
        assert_page(
            &page,
            503,
            "store-unavailable",
            SHORTLY,
            "at the moment. Wait a little, then try again. If that does not help, please start again.",
        );
        assert!(page.body.contains(AGAIN), "{}", page.body);
        assert_retry_after(&page, 5..=5);
        assert!(page.launch_cookies().is_empty());
        let api = browser.api(&url).await;
        assert_problem(&api, 503, "store-unavailable", SHORTLY);
        assert_retry_after(&api, 5..=5);
    }
    store.set_away(false);
    assert_eq!(app.exchanges(), 0);
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

/// Sign-ins go by the store's time, and this process's clock may be an hour off.
#[actix_web::test]
async fn while_the_store_has_never_answered_no_sign_in_begins() {
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    store.set_away(true);
    for url in [app.url("/auth/launch"), app.ehr_launch_url("amber-testwood", None)] {
        let page = browser.get(&url).await;
        assert_page(
            &page,
            503,
            "store-unavailable",
            SHORTLY,
            "This application cannot reach its own data at the moment.",
        );
        assert_retry_after(&page, 5..=5);
        assert_problem(&browser.api(&url).await, 503, "store-unavailable", SHORTLY);
    }
    let client = SmartClient::new(&app.config).unwrap();
    let error = client.start(StartOptions::standalone()).await.unwrap_err();
    assert!(matches!(error, StartError::StoreUnavailable(_)), "{error:?}");

    store.set_away(false);
    assert!(client.start(StartOptions::standalone()).await.is_ok());
    // It has answered now: from here on its time is known, whatever becomes of it.
    store.set_away(true);
    assert!(client.start(StartOptions::standalone()).await.is_ok());
    assert_eq!(browser.get(&app.url("/auth/launch")).await.status, 303);
    store.set_away(false);
    assert_eq!(
        browser.navigate(&app.url("/auth/launch")).await.body,
        "patient amber-testwood"
    );
}

#[actix_web::test]
async fn launches_that_cannot_begin_because_the_store_is_away_do_not_fill_the_log() {
    let logs = Logs::collect();
    let (app, store) = with_flaky_store();
    store.set_away(true);
    let browser = Browser::new();
    for _ in 0..30 {
        assert_eq!(browser.get(&app.url("/auth/launch")).await.status, 503);
    }
    let ehr = app.sandbox.fhir_base_url();
    let text = logs.text();
    let lines = text
        .lines()
        .filter(|line| line.contains("a launch was not begun: the token store") && line.contains(&ehr));
    assert_eq!(lines.count(), 10);
    assert!(!text.contains("did not say what time it is"));
}

#[actix_web::test]
async fn store_unavailable_for_a_moment_after_the_exchange_costs_no_launch() {
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    app.sandbox.inject(
        FaultPoint::Exchange,
        When::After,
        Fault::Delay(Duration::from_secs(1)),
        Times::Once,
    );
    let callback = callback_of(&app, &browser).await;
    let outage = async {
        while app.exchanges() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        store.set_away(true);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        store.set_away(false);
    };
    let (page, ()) = tokio::join!(browser.navigate(&callback), outage);
    assert_eq!(page.body, "patient amber-testwood");
    assert_eq!(app.exchanges(), 1);
}

/// Where passwords change, the store may know the new one before the application does.
#[actix_web::test]
async fn a_password_that_the_store_refuses_for_a_moment_costs_no_launch() {
    let (app, store) = with_flaky_store();
    for op in [Op::Open, Op::Finish] {
        store.trouble(op, Trouble::Refuse);
        let before = store.calls(op);
        let healed = async {
            eventually("it is tried again", || store.calls(op) >= before + 2).await;
            store.heal();
        };
        let browser = Browser::new();
        let launch = app.url("/auth/launch");
        let (page, ()) = tokio::join!(browser.navigate(&launch), healed);
        assert_eq!(page.body, "patient amber-testwood", "{op:?}");
    }
    assert_eq!(app.exchanges(), 2);
}

#[actix_web::test]
async fn result_of_session_tells_an_absent_launch_from_an_outage() {
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let page = beside(&landing, "/maybe");
    assert_eq!(
        browser.get(&page).await.body,
        "signed in, patient Some(\"amber-testwood\")"
    );
    let stranger = Browser::new();
    let absent = stranger.get(&page).await;
    assert_eq!((absent.status, absent.body.as_str()), (200, "not signed in"));
    store.set_away(true);
    assert_page(
        &browser.get(&page).await,
        503,
        "store-unavailable",
        SHORTLY,
        "You are still signed in.",
    );
    assert_problem(&browser.api(&page).await, 503, "store-unavailable", SHORTLY);
    store.set_away(false);
    browser.post(&beside(&landing, "/end")).await;
    let ended = browser.get(&page).await;
    assert_eq!((ended.status, ended.body.as_str()), (200, "not signed in"));
}

#[actix_web::test]
async fn option_of_session_is_none_in_an_outage_and_the_log_warns() {
    let logs = Logs::collect();
    let (app, store) = with_flaky_store();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let page = beside(&landing, "/optional");
    assert_eq!(browser.get(&page).await.body, "patient Some(\"amber-testwood\")");
    store.set_away(true);
    let answer = browser.get(&page).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "none"));
    let text = logs.text();
    let warned = text.lines().find(|line| {
        line.contains(" WARN ") && line.contains("/optional") && line.contains("the token store is unavailable")
    });
    let warned = warned.expect("nothing says why the page is empty");
    let (_, reference) = warned.split_once("reference=").expect("it has no reference");
    let reference = format!("reference={} ", reference.split_whitespace().next().unwrap_or_default());
    // Other tests have stores that fail at the same time.
    let cause = text
        .lines()
        .find(|line| line.contains("the token store failed") && line.contains(&reference));
    let cause = cause.expect("nothing says what is wrong with the store");
    for said in ["the request is answered with 503", "launch=", "does not answer in time"] {
        assert!(cause.contains(said), "{said}: {cause}");
    }
}
