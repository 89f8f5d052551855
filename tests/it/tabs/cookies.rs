//! The launch cookie.

use actix_web::cookie::Cookie;

use super::{AMBER, BRUNO, Tab};
use crate::support::{App, Browser};

#[actix_web::test]
async fn it_is_set_by_the_callback_on_the_path_of_its_launch() {
    let (app, browser) = (App::start(), Browser::new());
    let callback = browser
        .navigate_until(&app.ehr_launch_url(AMBER, None), &app.url("/auth/callback"))
        .await;
    let answer = browser.get(&callback).await;
    assert_eq!(answer.status, 303);
    let text = answer
        .set_cookies()
        .into_iter()
        .find(|cookie| cookie.starts_with("smart_launch="))
        .unwrap();
    let id = answer
        .location()
        .strip_prefix("/~")
        .unwrap()
        .strip_suffix("/patient")
        .unwrap();
    let (value, attributes) = text.split_once("; ").unwrap();
    // On plain http, which only a loopback address may use, without `Secure`; and for the browser's session.
    assert_eq!(attributes, format!("Path=/~{id}; HttpOnly; SameSite=Lax"));
    let cookie = Cookie::parse(text.clone()).unwrap();
    assert_eq!(
        (cookie.max_age(), cookie.expires(), cookie.domain()),
        (None, None, None)
    );
    let secret = value.strip_prefix(&format!("smart_launch={id}.")).unwrap();
    assert_eq!(secret.len(), 43, "256 bits");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[actix_web::test]
async fn no_later_answer_writes_it_again() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let bruno = Tab::open(&app, &browser, BRUNO, "visit-201").await;
    let before = browser.jar();
    let mut answers = Vec::new();
    for round in 0..3 {
        for path in ["/patient", "/two", "/token", "/maybe", "/guarded/page"] {
            answers.push(browser.get(&amber.url(path)).await);
            answers.push(browser.api(&bruno.url(path)).await);
        }
        answers.push(browser.post(&amber.url("/refresh")).await);
        answers.push(browser.get(&app.url("/plain")).await);
        app.advance(1200 + round);
    }
    for answer in answers {
        assert_eq!(answer.status, 200, "{}: {}", answer.url, answer.body);
        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "{}", answer.url);
    }
    assert_eq!(browser.jar(), before);
}

#[actix_web::test]
async fn each_tabs_requests_carry_that_tabs_cookie_only() {
    let (app, browser) = (App::start(), Browser::new());
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let bruno = Tab::open(&app, &browser, BRUNO, "visit-201").await;
    let cookies = browser.cookies_for(&amber.url("/two")).unwrap();
    assert_eq!(cookies.matches("smart_launch=").count(), 1);
    assert!(cookies.contains(&format!("smart_launch={}.", amber.id())));
    assert!(!cookies.contains(bruno.id()));
    assert!(
        !browser
            .cookies_for(&app.url("/plain"))
            .unwrap()
            .contains("smart_launch=")
    );
    assert!(
        !browser
            .cookies_for(&app.url("/auth/logout"))
            .unwrap()
            .contains("smart_launch=")
    );
}
