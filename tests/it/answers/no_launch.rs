//! Row: no launch, or not this browser's.

use awc::http::Method;

use super::{assert_page, assert_problem, assert_redirect, beside, launched, launched_from_ehr, start_link};
use crate::support::{App, Browser};

const UNKNOWN: &str = "/~AAAAAAAAAAAAAAAAAAAAAA/patient";
const TITLE: &str = "You are not signed in here";

#[actix_web::test]
async fn no_launch_document_is_sent_to_the_launch_and_not_into_a_page_of_a_launch_that_is_not_known() {
    let app = App::start();
    let browser = Browser::new();
    let answer = browser.get(&app.url(&format!("{UNKNOWN}?tab=2"))).await;
    assert_redirect(
        &answer,
        "/auth/launch?return_to=%2F%7EAAAAAAAAAAAAAAAAAAAAAA%2Fpatient%3Ftab%3D2",
    );
    assert!(answer.set_cookies().is_empty());
    let page = browser.navigate(&app.url(answer.location())).await;
    assert!(page.url.ends_with("/patient"), "{}", page.url);
    assert_eq!(page.body, "patient amber-testwood");
}

/// Where a launch begins that wants to go back to this landing page.
fn back_to(landing: &str) -> String {
    let id = super::launch_id(landing);
    format!("/auth/launch?return_to=%2F%7E{}%2Fpatient", id.as_str())
}

#[actix_web::test]
async fn no_launch_api_gets_401_with_somewhere_to_go() {
    let app = App::start();
    let browser = Browser::new();
    let answer = browser.api(&app.url(&format!("{UNKNOWN}?tab=2"))).await;
    let problem = assert_problem(&answer, 401, "no-launch", TITLE);
    // The address of a script's call is no page to come back to.
    assert_eq!(problem["launch_url"], "/auth/launch");
    assert!(answer.set_cookies().is_empty());
}

#[actix_web::test]
async fn no_launch_form_is_told_that_the_input_was_not_saved_and_never_redirected() {
    let app = App::start();
    let browser = Browser::new();
    let answer = browser.post(&app.url(UNKNOWN)).await;
    assert_page(
        &answer,
        401,
        "no-launch",
        TITLE,
        "What you entered was not saved. Please start again",
    );
    assert!(answer.body.contains(&start_link("/auth/launch")), "{}", answer.body);
    assert!(answer.set_cookies().is_empty());
}

#[actix_web::test]
async fn no_launch_where_no_standalone_launch_is_offered_gets_a_page() {
    let app = App::builder()
        .config(|config| config.standalone(actix_smart_auth::StandaloneLaunch::NotOffered))
        .start();
    let browser = Browser::new();
    let answer = browser.get(&app.url(UNKNOWN)).await;
    assert_page(
        &answer,
        401,
        "no-launch",
        TITLE,
        "Please open the application from your health record system.",
    );
    assert!(!answer.body.contains("Start again"), "{}", answer.body);
    let problem = assert_problem(&browser.api(&app.url(UNKNOWN)).await, 401, "no-launch", TITLE);
    assert_eq!(problem.get("launch_url"), None);
}

#[actix_web::test]
async fn no_launch_scripts_are_recognised_by_their_headers() {
    let app = App::start();
    let browser = Browser::new();
    let url = app.url(UNKNOWN);
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for headers in [
        &[html, ("hx-request", "true")][..],
        &[html, ("x-requested-with", "XMLHttpRequest")],
        &[html, ("sec-fetch-mode", "cors")],
        &[("accept", "application/json, text/html;q=0.5")],
        &[("accept", "*/*")],
        &[],
    ] {
        let answer = browser.send(Method::GET, &url, headers, None).await;
        assert_problem(&answer, 401, "no-launch", TITLE);
    }
    for headers in [&[html][..], &[("sec-fetch-mode", "navigate"), ("accept", "*/*")]] {
        let answer = browser.send(Method::GET, &url, headers, None).await;
        assert_redirect(&answer, "/auth/launch?return_to=%2F%7EAAAAAAAAAAAAAAAAAAAAAA%2Fpatient");
    }
    let answer = browser.send(Method::POST, &url, &[html], Some("a=b")).await;
    assert_page(&answer, 401, "no-launch", TITLE, "What you entered was not saved.");
}

#[actix_web::test]
async fn not_this_browsers_launch_is_no_launch() {
    let app = App::start();
    let (owner, other) = (Browser::new(), Browser::new());
    let landing = launched(&app, &owner).await;
    assert_redirect(&other.get(&landing).await, &back_to(&landing));
    assert_problem(&other.api(&landing).await, 401, "no-launch", TITLE);
    // With a launch of its own it still has no other's.
    launched(&app, &other).await;
    assert_problem(&other.api(&landing).await, 401, "no-launch", TITLE);
    assert_eq!(owner.get(&landing).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn a_wrong_secret_in_the_cookie_is_no_launch_open_or_ended() {
    let app = App::start();
    let (owner, other) = (Browser::new(), Browser::new());
    let landing = launched(&app, &owner).await;
    let (path, name, value) = owner
        .jar()
        .into_iter()
        .find(|(path, ..)| path.starts_with("/~"))
        .unwrap();
    let (id, _) = value.split_once('.').unwrap();
    other.plant(&landing, &path, &name, &format!("{id}.{}", "A".repeat(43)));
    assert_problem(&other.api(&landing).await, 401, "no-launch", TITLE);
    owner.post(&beside(&landing, "/auth/logout")).await;
    owner.plant(&landing, &path, &name, &value);
    assert_problem(&owner.api(&landing).await, 401, "signed-out", "You have signed out");
    // Why it ended is nobody else's business.
    assert_problem(&other.api(&landing).await, 401, "no-launch", TITLE);
}

#[actix_web::test]
async fn a_cookie_of_one_launch_opens_no_other() {
    let app = App::start();
    let browser = Browser::new();
    let (one, two) = (launched(&app, &browser).await, launched(&app, &browser).await);
    let (.., name, value) = browser
        .jar()
        .into_iter()
        .find(|(path, ..)| one.contains(path.as_str()) && path.len() > 1)
        .unwrap();
    let thief = Browser::new();
    thief.plant(&two, "/", &name, &value);
    assert_eq!(thief.get(&one).await.body, "patient amber-testwood");
    assert_problem(&thief.api(&two).await, 401, "no-launch", TITLE);
}

#[actix_web::test]
async fn outside_the_launch_scope_there_is_no_launch_even_with_one_open() {
    let app = App::start();
    let browser = Browser::new();
    launched(&app, &browser).await;
    let url = app.url("/outside");
    assert_redirect(&browser.get(&url).await, "/auth/launch?return_to=%2Foutside");
    assert_problem(&browser.api(&url).await, 401, "no-launch", TITLE);
}

#[actix_web::test]
async fn a_browser_that_blocks_the_launch_cookie_is_redirected_three_times_a_minute_and_then_told() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    browser.forget("smart_launch");
    for _ in 0..3 {
        assert_redirect(&browser.get(&landing).await, &back_to(&landing));
    }
    let page = browser.get(&landing).await;
    assert_page(&page, 401, "no-launch", TITLE, "Please start again");
    assert!(page.body.contains(&start_link(&back_to(&landing))), "{}", page.body);
    app.advance(59);
    assert_eq!(browser.get(&landing).await.status, 401);
    app.advance(1);
    assert_eq!(browser.get(&landing).await.status, 303);
}

#[actix_web::test]
async fn an_ehr_launch_without_its_cookie_is_no_launch() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched_from_ehr(&app, &browser).await;
    browser.forget("smart_launch");
    assert_problem(&browser.api(&landing).await, 401, "no-launch", TITLE);
}

#[actix_web::test]
async fn a_prefetch_is_sent_nowhere_and_counts_for_nothing() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    browser.forget("smart_launch=");
    browser.forget("smart_launch");
    let prefetch = [("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")];
    for _ in 0..5 {
        let answer = browser.send(Method::GET, &landing, &prefetch, None).await;
        assert_eq!((answer.status, answer.location()), (401, ""));
    }
    for _ in 0..3 {
        assert_redirect(&browser.get(&landing).await, &back_to(&landing));
    }
}
