//! Cookies do not pile up.

use super::*;

fn launch_cookies(browser: &Browser) -> usize {
    browser.jar().iter().filter(|(path, ..)| path.starts_with("/~")).count()
}

#[actix_web::test]
async fn launch_cookies_of_ended_launches_are_bounded() {
    let (app, browser) = (app(), Browser::new());
    for _ in 0..60 {
        open(&app, &browser).await;
        app.advance(60);
    }
    assert!(launch_cookies(&browser) <= 41, "{}", launch_cookies(&browser));
    assert!(launch_cookies(&browser) >= 16, "{}", launch_cookies(&browser));
}

#[actix_web::test]
async fn the_cookie_of_a_launch_that_is_open_stays_however_many_come_after_it() {
    let (app, browser) = (app(), Browser::new());
    let first = open(&app, &browser).await;
    for _ in 0..90 {
        app.advance(1);
        assert_eq!(state(&browser, &first).await.0, 200);
        open(&app, &browser).await;
    }
    assert_eq!(state(&browser, &first).await.0, 200);
    assert!(launch_cookies(&browser) <= 42, "{}", launch_cookies(&browser));
}

#[actix_web::test]
async fn the_cookie_of_a_launch_that_somebody_signed_out_of_stays_as_long_as_its_page_says_so() {
    let (app, browser) = (app(), Browser::new());
    let first = open(&app, &browser).await;
    browser.post(&format!("{first}/auth/logout")).await;
    for _ in 0..45 {
        open(&app, &browser).await;
    }
    assert_eq!(state(&browser, &first).await, (401, "signed-out".to_owned()));
    app.advance(15 * 60);
    assert_eq!(state(&browser, &first).await, (401, "no-launch".to_owned()));
    for _ in 0..45 {
        open(&app, &browser).await;
    }
    let forgotten = first.rsplit_once("/~").unwrap().1;
    assert!(
        !browser.jar().iter().any(|(path, ..)| path.contains(forgotten)),
        "nothing is known of it any more, so its cookie goes"
    );
}

/// The page of a tab is on the screen for as long as the person likes, whatever the browser keeps.
#[actix_web::test]
async fn a_tab_whose_cookie_was_taken_away_begins_a_launch_in_the_application_only_if_its_own_began_there() {
    for from_ehr in [true, false] {
        let (app, browser) = (app(), Browser::new());
        let launch = async || {
            let url = match from_ehr {
                true => app.ehr_launch_url("amber-testwood", None),
                false => app.url("/auth/launch"),
            };
            browser.navigate(&url).await.url
        };
        let first = launch().await;
        let path = first
            .strip_prefix(&app.origin)
            .unwrap()
            .strip_suffix("/patient")
            .unwrap();
        let has_cookie = || browser.jar().iter().any(|(of, ..)| of == path);
        for _ in 0..45 {
            launch().await;
        }
        assert!(!has_cookie(), "it fell out of the list, and its launch has ended");
        let answer = browser.get(&first).await;
        let expected = if from_ehr { 401 } else { 303 };
        assert_eq!(answer.status, expected, "{}", answer.location());
    }
}

#[actix_web::test]
async fn sign_in_cookies_are_bounded_in_number_and_size() {
    let (app, browser) = (app(), Browser::new());
    for at in 0..30 {
        let url = app.url(&format!("/auth/launch?return_to=/{}", "x".repeat(at * 60)));
        browser.get(&url).await;
        app.advance(1);
        let jar = browser.jar();
        let sizes = jar
            .iter()
            .filter(|(_, name, _)| name.starts_with("smart_launch_signin_"));
        let sizes: Vec<_> = sizes.map(|(_, name, value)| name.len() + value.len()).collect();
        assert!(sizes.len() <= 8, "{}", sizes.len());
        assert!(sizes.len() == 1 || sizes.iter().sum::<usize>() <= 4_096, "{sizes:?}");
    }
}

#[actix_web::test]
async fn a_sign_in_that_was_answered_takes_less_room() {
    let (app, browser) = (app(), Browser::new());
    let size = || browser.cookie("smart_launch_signin").unwrap().1.len();
    let callback = callback_of(&app, &browser).await;
    let before = size();
    opened(&browser, &callback).await;
    assert!(size() < 260 && size() < before, "{before} {}", size());
}

#[actix_web::test]
async fn a_sign_in_under_way_outlives_eight_that_were_answered_meanwhile() {
    let (app, browser) = (app(), Browser::new());
    let slow = callback_of(&app, &browser).await;
    for _ in 0..9 {
        app.advance(1);
        open(&app, &browser).await;
    }
    opened(&browser, &slow).await;
}

/// Text that cannot be compressed.
fn random_text(mut seed: u64, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push(char::from(
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[(seed >> 58) as usize],
        ));
    }
    text
}

/// An application that asks for a scope with so long a name.
fn app_with_scope_of(length: usize) -> App {
    let scopes = format!(
        "launch/patient patient/*.rs patient/Observation.rs?code={}",
        random_text(1, length)
    );
    App::builder().ehr(move |ehr| ehr.scopes(&scopes)).start()
}

#[actix_web::test]
async fn a_sign_in_that_does_not_fit_into_a_cookie_leads_to_the_landing_page() {
    let (app, browser) = (app_with_scope_of(1_000), Browser::new());
    let long = random_text(2, 1_990);
    for (length, whole) in [(200, true), (1_990, false)] {
        let url = app.url(&format!("/auth/launch?return_to=/maybe?x={}", &long[..length]));
        let callback = browser.navigate_until(&url, &app.url("/auth/callback")).await;
        let (name, value) = browser.cookie("smart_launch_signin").unwrap();
        assert!(name.len() + value.len() < 4_000, "{}", value.len());
        let landing = browser.get(&callback).await;
        assert_eq!(landing.status, 303, "{callback}");
        assert_eq!(landing.location().contains("/maybe?x="), whole);
        browser.forget("smart_launch_signin");
    }
}

#[actix_web::test]
async fn a_sign_in_that_does_not_fit_in_any_way_is_not_begun() {
    let (app, browser) = (app_with_scope_of(4_000), Browser::new());
    let page = browser.get(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 500, "{}", page.body);
    assert!(page.body.contains("Code: internal"), "{}", page.body);
    assert_eq!(browser.cookie("smart_launch_signin"), None);
}
