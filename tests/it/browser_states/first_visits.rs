//! A browser that was never here.

use super::*;

#[actix_web::test]
async fn a_first_visit_gets_in_and_a_logout_ends_it() {
    let (app, browser) = (app(), Browser::new());
    let base = open(&app, &browser).await;
    logout_ends(&app, &browser, &[base]).await;
}

#[actix_web::test]
async fn what_a_first_visit_opened_ends_when_another_user_comes() {
    let (app, browser) = (app(), Browser::new());
    let base = open(&app, &browser).await;
    another_user_ends(&app, &browser, &[base]).await;
}

/// Two tabs of a new browser begin before either has an answer: each gets a session and a browser cookie, and the second
/// ones replace the first.
async fn two_first_tabs(app: &App, browser: &Browser) -> Vec<String> {
    let (one, two) = (Browser::new(), Browser::new());
    let first = callback_of(app, &one).await;
    let second = callback_of(app, &two).await;
    for tab in [&one, &two] {
        for (path, name, value) in tab.jar() {
            browser.plant(&app.origin, &path, &name, &value);
        }
    }
    vec![opened(browser, &first).await, opened(browser, &second).await]
}

#[actix_web::test]
async fn two_first_tabs_at_once_both_get_in_and_a_logout_ends_both() {
    let (app, browser) = (app(), Browser::new());
    let launches = two_first_tabs(&app, &browser).await;
    logout_ends(&app, &browser, &launches).await;
}

#[actix_web::test]
async fn two_first_tabs_at_once_both_end_when_another_user_comes() {
    let (app, browser) = (app(), Browser::new());
    let launches = two_first_tabs(&app, &browser).await;
    another_user_ends(&app, &browser, &launches).await;
}

#[actix_web::test]
async fn a_first_tab_that_lands_before_the_second_ones_cookies_come_is_found_all_the_same() {
    let app = app();
    for user in [false, true] {
        app.sandbox.set_automatic_user("Practitioner/paula-pretend");
        let (browser, slow_tab) = (Browser::new(), Browser::new());
        // The second tab began at the same time, without a cookie; its answer comes last.
        let second = callback_of(&app, &slow_tab).await;
        let first = open(&app, &browser).await;
        for (path, name, value) in slow_tab.jar() {
            browser.plant(&app.origin, &path, &name, &value);
        }
        let second = opened(&browser, &second).await;
        if user {
            another_user_ends(&app, &browser, &[first, second]).await;
        } else {
            logout_ends(&app, &browser, &[first, second]).await;
        }
    }
}

/// The second tab's answer comes when the first one has its launch, and takes the place of its session.
async fn late_second_tab(app: &App, browser: &Browser) -> (String, String) {
    let slow_tab = Browser::new();
    let second = callback_of(app, &slow_tab).await;
    let first = open(app, browser).await;
    for (path, name, value) in slow_tab.jar() {
        browser.plant(&app.origin, &path, &name, &value);
    }
    (first, second)
}

/// The cookies of sign-ins live for ten minutes.
fn ten_minutes_later(app: &App, browser: &Browser) {
    app.advance(601);
    browser.forget("smart_launch_signin");
}

#[actix_web::test]
async fn a_second_first_tab_that_is_left_at_the_ehr_hides_no_launch_ever() {
    for user in [false, true] {
        let (app, browser) = (app(), Browser::new());
        let (first, _left) = late_second_tab(&app, &browser).await;
        ten_minutes_later(&app, &browser);
        if user {
            another_user_ends(&app, &browser, &[first]).await;
        } else {
            logout_ends(&app, &browser, &[first]).await;
        }
    }
}

/// Both callbacks are on their way before either is answered.
#[actix_web::test]
async fn two_first_tabs_that_land_at_once_are_one_browser_ever_after() {
    for user in [false, true] {
        let (app, one, two) = (app(), Browser::new(), Browser::new());
        let first = callback_of(&app, &one).await;
        let second = callback_of(&app, &two).await;
        // The second one's request has both sign-ins, and neither the name nor the session that the first one gets.
        let (name, value) = one.cookie("smart_launch_signin").unwrap();
        two.plant(&app.origin, "/", &name, &value);
        let first = opened(&one, &first).await;
        let second = opened(&two, &second).await;
        for (path, name, value) in one.jar().into_iter().filter(|(path, ..)| path.starts_with("/~")) {
            two.plant(&app.origin, &path, &name, &value);
        }
        ten_minutes_later(&app, &two);
        let launches = [first, second];
        if user {
            another_user_ends(&app, &two, &launches).await;
        } else {
            logout_ends(&app, &two, &launches).await;
        }
    }
}

#[actix_web::test]
async fn of_two_users_in_two_first_tabs_that_land_at_once_one_stays() {
    let (app, one, two) = (app(), Browser::new(), Browser::new());
    let first = callback_of(&app, &one).await;
    app.sandbox.set_automatic_user(SECOND_USER);
    let second = callback_of(&app, &two).await;
    let (name, value) = one.cookie("smart_launch_signin").unwrap();
    two.plant(&app.origin, "/", &name, &value);
    let first = opened(&one, &first).await;
    let second = opened(&two, &second).await;
    assert_eq!(state(&one, &first).await, (401, "other-user".to_owned()));
    assert_eq!(state(&two, &second).await.0, 200);
}
