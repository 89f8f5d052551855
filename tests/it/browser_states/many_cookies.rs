//! Headers with more in them than our cookies once each.

use super::*;

/// A neighbour's cookie with a byte that is no text.
const BROKEN: &[u8] = b"neighbour=caf\xe9; ";

#[actix_web::test]
async fn a_broken_cookie_of_a_neighbour_keeps_nobody_out_and_a_logout_tells_the_truth() {
    for user in [false, true] {
        let (app, browser) = (app(), Browser::new());
        let before = open(&app, &browser).await;
        browser.put_in_front(BROKEN);
        assert_eq!(state(&browser, &before).await.0, 200);
        let during = open(&app, &browser).await;
        if user {
            another_user_ends(&app, &browser, &[before, during]).await;
        } else {
            logout_ends(&app, &browser, &[before, during]).await;
        }
    }
}

#[actix_web::test]
async fn a_broken_cookie_of_a_neighbour_does_not_cost_the_application_its_session() {
    let (app, browser) = (app(), Browser::new());
    browser.post(&app.url("/session/keep/blue")).await;
    let session = browser.cookie("id");
    browser.put_in_front(BROKEN);
    let base = open(&app, &browser).await;
    browser.post(&format!("{base}/auth/logout")).await;
    browser.post(&app.url("/auth/logout")).await;
    assert_eq!(browser.cookie("id"), session, "nothing was written over it");
    browser.put_in_front(b"");
    assert_eq!(browser.get(&app.url("/session/kept")).await.body, "blue");
}

#[actix_web::test]
async fn a_logout_of_one_launch_with_a_broken_neighbour_ends_it() {
    let (app, browser) = (app(), Browser::new());
    let (one, two) = (open(&app, &browser).await, open(&app, &browser).await);
    browser.put_in_front(BROKEN);
    let answer = browser.post(&format!("{one}/auth/logout")).await;
    assert!(answer.body.contains("This chart is closed"), "{}", answer.body);
    assert_eq!(state(&browser, &one).await, (401, "signed-out".to_owned()));
    assert_eq!(state(&browser, &two).await.0, 200);
}

/// Under one name come a partitioned and an unpartitioned cookie: two jars, which the server cannot tell apart.
#[actix_web::test]
async fn what_two_browser_cookies_of_one_name_lead_to_is_found_under_both() {
    for user in [false, true] {
        let (app, framed, top) = (app(), Browser::new(), Browser::new());
        let launches = [open(&app, &framed).await, open(&app, &top).await];
        let (name, value) = framed.cookie("smart_launch_browser").unwrap();
        top.put_in_front(format!("{name}={value}; ").as_bytes());
        // The other jar's launch cookie is on its own path.
        for (path, name, value) in framed.jar().into_iter().filter(|(path, ..)| path.starts_with("/~")) {
            top.plant(&app.origin, &path, &name, &value);
        }
        if user {
            another_user_ends(&app, &top, &launches).await;
        } else {
            logout_ends(&app, &top, &launches).await;
        }
    }
}

#[actix_web::test]
async fn of_two_cookies_of_one_sign_in_the_one_that_opens_counts() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let (name, _) = browser.cookie("smart_launch_signin").unwrap();
    browser.put_in_front(format!("{name}=1795890014051.AAAA; {name}=; ").as_bytes());
    opened(&browser, &callback).await;
}
