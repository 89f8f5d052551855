//! Rows: a callback without a pending authorization, expired, from another browser; incomplete; the same one again.

use std::time::Duration;

use super::{assert_page, assert_problem, assert_redirect, callback_of, launched, start_link};
use crate::support::{App, Browser};

const NOT_VALID: &str = "This sign-in is not valid any more";
const EXPIRED: &str = "It took too long, it was begun in another browser, many others were begun after it, or \
                       somebody signed out in this browser. Please start again";

/// A browser takes `#…` along to an address that has none: from a page of another patient, or from a link on any site.
#[actix_web::test]
async fn callback_leads_to_the_top_of_its_page_whatever_fragment_the_browser_has() {
    let app = App::start();
    let browser = Browser::new();
    for launch in ["/auth/launch", "/auth/launch?return_to=/labs?page=2"] {
        let callback = browser
            .navigate_until(&app.url(launch), &app.url("/auth/callback"))
            .await;
        for _ in ["first", "again"] {
            let landed = browser.get(&callback).await;
            let location = landed.header("location");
            assert!(location.starts_with("/~") && location.ends_with('#'), "{location}");
            assert_eq!(location.matches('#').count(), 1, "{location}");
            // What a page had fetched in advance may be of the patient, or the person, before.
            assert!(landed.header("clear-site-data").contains("prefetchCache"));
        }
    }
}

#[actix_web::test]
async fn callback_without_a_pending_authorization_is_401_without_a_token_request() {
    let app = App::start();
    let browser = Browser::new();
    launched(&app, &browser).await;
    let url = app.url("/auth/callback?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let page = browser.get(&url).await;
    assert_page(&page, 401, "sign-in-expired", NOT_VALID, EXPIRED);
    assert!(page.body.contains(&start_link("/auth/launch")), "{}", page.body);
    assert!(page.set_cookies().is_empty());
    let problem = assert_problem(&browser.api(&url).await, 401, "sign-in-expired", NOT_VALID);
    assert_eq!(problem["launch_url"], "/auth/launch");
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn callback_from_a_browser_without_our_cookie_is_401_and_says_so() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let stranger = Browser::new();
    let title = "The sign-in cannot continue in this browser";
    let page = stranger.get(&callback).await;
    assert_page(
        &page,
        401,
        "cookies-missing",
        title,
        "If it blocks them, allow cookies for this address. Please start again",
    );
    assert!(page.body.contains(&start_link("/auth/launch")), "{}", page.body);
    assert!(page.set_cookies().is_empty());
    assert_problem(&stranger.api(&callback).await, 401, "cookies-missing", title);
    assert_eq!(app.exchanges(), 0);
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn callback_from_another_browser_is_401_and_consumes_nothing() {
    let app = App::start();
    let (browser, other) = (Browser::new(), Browser::new());
    launched(&app, &other).await;
    let callback = callback_of(&app, &browser).await;
    assert_page(&other.get(&callback).await, 401, "sign-in-expired", NOT_VALID, EXPIRED);
    assert_problem(&other.api(&callback).await, 401, "sign-in-expired", NOT_VALID);
    // Nor does an error that another browser brings end it.
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let refusal = app.url(&format!("/auth/callback?error=access_denied&state={state}"));
    assert_eq!(other.get(&refusal).await.status, 401);
    assert_eq!(app.exchanges(), 1);
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn callback_after_ten_minutes_is_401_and_a_moment_before_it_is_in_time() {
    for (seconds, in_time) in [(599, true), (600, false)] {
        let app = App::builder()
            .sandbox(|sandbox| sandbox.code_lifetime(Duration::from_secs(3600)))
            .start();
        let browser = Browser::new();
        let callback = callback_of(&app, &browser).await;
        app.advance(seconds);
        if in_time {
            assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
        } else {
            assert_page(
                &browser.get(&callback).await,
                401,
                "sign-in-expired",
                NOT_VALID,
                EXPIRED,
            );
            assert_problem(&browser.api(&callback).await, 401, "sign-in-expired", NOT_VALID);
            assert_eq!(app.exchanges(), 0);
        }
    }
}

#[actix_web::test]
async fn callback_without_state_or_with_a_repeated_parameter_is_400_and_consumes_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    for (query, detail) in [
        (String::new(), "no `state`"),
        ("code=abc".to_owned(), "no `state`"),
        ("code=abc&state=".to_owned(), "no `state`"),
        ("state=&error=".to_owned(), "no `state`"),
        (
            format!("code=abc&state={state}&state={state}"),
            "`state` more than once",
        ),
        (format!("code=abc&code=abd&state={state}"), "`code` more than once"),
        (format!("error=a&error=b&state={state}"), "`error` more than once"),
    ] {
        let url = app.url(&format!("/auth/callback?{query}"));
        let title = "The sign-in did not finish";
        let page = browser.get(&url).await;
        assert_page(
            &page,
            400,
            "bad-callback",
            title,
            "The answer of your health record system is not complete.",
        );
        assert!(page.body.contains(detail), "{query}: {}", page.body);
        assert!(page.body.contains(&start_link("/auth/launch")), "{}", page.body);
        let problem = assert_problem(&browser.api(&url).await, 400, "bad-callback", title);
        assert!(
            problem["explanation"].as_str().unwrap().contains(detail),
            "{query}: {problem}"
        );
        assert_eq!(problem["launch_url"], "/auth/launch");
    }
    assert_eq!(app.exchanges(), 0);
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn callback_with_neither_code_nor_error_is_400_and_ends_the_attempt() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let page = browser.get(&app.url(&format!("/auth/callback?state={state}"))).await;
    let title = "The sign-in did not finish";
    assert_page(
        &page,
        400,
        "bad-callback",
        title,
        "The answer of your health record system is not complete.",
    );
    // State works once.
    let used = "This sign-in has already been used";
    assert_problem(&browser.api(&callback).await, 409, "sign-in-used", used);
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn the_same_callback_again_gets_the_same_answer_without_a_second_exchange() {
    let app = App::start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let first = browser.get(&callback).await;
    let location = first.location().to_owned();
    assert!(
        location.starts_with("/~") && location.ends_with("/patient"),
        "{location}"
    );
    assert_redirect(&first, &location);
    let launch_cookie = |answer: &crate::support::Answer| {
        answer
            .set_cookies()
            .into_iter()
            .find(|cookie| cookie.starts_with("smart_launch="))
            .unwrap()
    };
    // Against session fixation: the session comes back under a new name.
    let session_renewed = |answer: &crate::support::Answer| answer.set_cookies().iter().any(|it| it.starts_with("id="));
    assert!(session_renewed(&first), "{:?}", first.set_cookies());
    let cookie = launch_cookie(&first);
    let id = location.strip_prefix("/~").unwrap().split('/').next().unwrap();
    assert!(cookie.starts_with(&format!("smart_launch={id}.")), "{cookie}");
    assert!(
        cookie.ends_with(&format!("; Path=/~{id}; HttpOnly; SameSite=Lax")),
        "{cookie}"
    );
    for again in [browser.get(&callback).await, browser.api(&callback).await] {
        assert_redirect(&again, &location);
        assert_eq!(launch_cookie(&again), cookie);
    }
    assert_eq!(app.exchanges(), 1);
    let other = Browser::new();
    launched(&app, &other).await;
    assert_eq!(
        other.get(&callback).await.status,
        401,
        "the answer is given to another browser"
    );
}
