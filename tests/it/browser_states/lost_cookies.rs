//! Our own cookies get lost.

use super::*;

#[actix_web::test]
async fn without_the_browser_cookie_the_session_leads_to_the_launches() {
    for user in [false, true] {
        let (app, browser) = (app(), Browser::new());
        let launches = [open(&app, &browser).await, open(&app, &browser).await];
        browser.forget("smart_launch_browser");
        if user {
            another_user_ends(&app, &browser, &launches).await;
        } else {
            logout_ends(&app, &browser, &launches).await;
        }
    }
}

#[actix_web::test]
async fn a_browser_cookie_and_a_session_that_are_lost_one_after_the_other_hide_no_launch() {
    for user in [false, true] {
        let (app, browser) = (app(), Browser::new());
        let mut launches = vec![open(&app, &browser).await];
        browser.forget("smart_launch_browser");
        launches.push(open(&app, &browser).await);
        lose_session(&browser);
        launches.push(open(&app, &browser).await);
        browser.forget("smart_launch_browser");
        if user {
            another_user_ends(&app, &browser, &launches).await;
        } else {
            logout_ends(&app, &browser, &launches).await;
        }
    }
}

#[actix_web::test]
async fn with_both_lost_the_launch_still_works_and_nobody_says_that_it_was_ended() {
    let (app, browser) = (app(), Browser::new());
    let base = open(&app, &browser).await;
    browser.forget("smart_launch_browser");
    lose_session(&browser);
    browser.forget("smart_launch_signin");
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("You may still be signed in"), "{}", answer.body);
    assert_eq!(state(&browser, &base).await.0, 200);
    // Its own page can end it.
    let answer = browser.post(&format!("{base}/auth/logout")).await;
    assert!(answer.body.contains("This chart is closed"), "{}", answer.body);
    assert_eq!(state(&browser, &base).await, (401, "signed-out".to_owned()));
}

#[actix_web::test]
async fn a_name_that_a_browser_got_after_it_lost_all_makes_no_logout_claim_anything() {
    let (app, browser) = (app(), Browser::new());
    let (one, two) = (open(&app, &browser).await, open(&app, &browser).await);
    browser.forget("smart_launch_browser");
    lose_session(&browser);
    browser.forget("smart_launch_signin");
    // Each of these answers sets the browser cookie.
    browser.post(&format!("{one}/auth/logout")).await;
    browser.get(&format!("{one}/patient")).await;
    browser.get(&app.url("/auth/launch")).await;
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert!(answer.body.contains("Code: sign-out-not-found"), "{}", answer.body);
    assert_eq!(state(&browser, &two).await.0, 200);
    // Nor does the second one.
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert!(answer.body.contains("nothing was closed"), "{}", answer.body);
    assert_eq!(state(&browser, &two).await.0, 200);
}

#[actix_web::test]
async fn a_sign_out_of_all_stops_sign_ins_also_where_no_launch_is_known() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let answer = browser.post(&app.url("/auth/logout")).await;
    assert!(answer.body.contains("Code: sign-out-not-found"), "{}", answer.body);
    assert_eq!(browser.cookie("smart_launch_signin"), None);
    let page = browser.get(&callback).await;
    assert!(page.body.contains("Code: sign-in-expired"), "{}", page.body);
    assert_eq!(app.exchanges(), 0);
}

/// Its callback is on its way already, with the cookies of before.
#[actix_web::test]
async fn a_sign_out_of_all_stops_a_first_sign_in_that_is_being_finished_and_proves_nothing_later() {
    let (app, browser, under_way) = (app(), Browser::new(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    for (path, name, value) in browser.jar() {
        under_way.plant(&app.origin, &path, &name, &value);
    }
    app.advance(1);
    for _ in ["first", "again"] {
        let answer = browser.post(&app.url("/auth/logout")).await;
        assert!(answer.body.contains("Code: sign-out-not-found"), "{}", answer.body);
    }
    let page = under_way.navigate(&callback).await;
    assert!(page.body.contains("Code: signed-out"), "{}", page.body);
}

#[actix_web::test]
async fn a_page_that_found_nothing_to_sign_out_of_signs_nobody_out_when_it_is_reloaded() {
    let (app, browser) = (app(), Browser::new());
    let url = app.url("/auth/logout");
    let answer = browser.post_only(&url).await;
    assert_eq!((answer.status, answer.location()), (303, "/auth/logout"));
    let base = open(&app, &browser).await;
    assert_eq!(code(&browser.api(&url).await), "signed-in");
    assert_eq!(state(&browser, &base).await.0, 200);
}

/// The names of a request can be invented, so a stranger could fill the store with what is noted under them.
#[actix_web::test]
async fn a_sign_out_by_a_stranger_leaves_nothing_in_the_store() {
    let store = crate::support::memory_store();
    let kept = TokenStore::new(store.clone());
    let app = App::builder().config(move |config| config.store(kept)).start();
    let stranger = Browser::new();
    let (name, tag) = ("smart_launch_browser", "AAAAAAAAAAAA");
    for at in 0..3 {
        let invented: String = (0..30)
            .map(|id| format!("{name}=invented-by-a-stranger-{at}-{id}; "))
            .collect();
        stranger.put_in_front(format!("{invented}smart_launch_signin_{tag}=b1.ABCDEFGHIJKLMNOP.AAAA; ").as_bytes());
        assert_eq!(stranger.post(&app.url("/auth/logout")).await.status, 401);
    }
    let nothing = "MemoryStore { browsers: 0, launches: 0, ended: 0, pending: 0, lists: 0 }";
    assert_eq!(format!("{store:?}"), nothing);
}

#[actix_web::test]
async fn signing_out_of_all_twice_says_the_same_twice() {
    for framed in [false, true] {
        let (app, browser) = (app(), Browser::new());
        let base = open(&app, &browser).await;
        if framed {
            // Where the session does not come along.
            lose_session(&browser);
        }
        logout_ends(&app, &browser, &[base]).await;
        let again = browser.post(&app.url("/auth/logout")).await;
        assert!(again.body.contains("You have signed out"), "{}", again.body);
    }
}

#[actix_web::test]
async fn a_browser_that_loses_its_browser_cookie_each_time_still_keeps_sixteen_launches_only() {
    for user in [false, true] {
        let (app, browser) = (app(), Browser::new());
        let mut launches = Vec::new();
        for _ in 0..20 {
            launches.push(open(&app, &browser).await);
            app.advance(1);
            browser.forget("smart_launch_browser");
            browser.forget("smart_launch_signin");
        }
        for (at, base) in launches.iter().enumerate() {
            let expected = if at < 4 {
                (401, "too-many".to_owned())
            } else {
                (200, String::new())
            };
            assert_eq!(state(&browser, base).await, expected, "launch {at}");
        }
        let open_ones = launches.split_off(4);
        if user {
            another_user_ends(&app, &browser, &open_ones).await;
        } else {
            logout_ends(&app, &browser, &open_ones).await;
        }
    }
}

#[actix_web::test]
async fn without_the_cookie_of_the_sign_in_nobody_gets_in_and_nothing_is_sent() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    browser.forget("smart_launch_signin");
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 401);
    assert!(page.body.contains("Code: sign-in-expired"), "{}", page.body);
    assert_eq!(code(&browser.api(&callback).await), "sign-in-expired");
    assert_eq!((app.exchanges(), page.launch_cookies()), (0, Vec::new()));
}

#[actix_web::test]
async fn without_any_cookie_the_page_says_that_they_did_not_come_and_in_a_frame_where_to_go() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let stranger = Browser::new();
    let page = stranger.get(&callback).await;
    assert!(page.body.contains("Code: cookies-missing"), "{}", page.body);
    assert!(page.body.contains("Start again"), "{}", page.body);
    let framed = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    let page = stranger.send(awc::http::Method::GET, &callback, &framed, None).await;
    assert_eq!(page.status, 401);
    assert!(page.body.contains("Code: cookies-missing"), "{}", page.body);
    assert!(
        page.body
            .contains("open the application again from the patient&#39;s chart, in a window of its own"),
        "{}",
        page.body
    );
    // There it would end here again.
    assert!(!page.body.contains("Start again"), "{}", page.body);
}

#[actix_web::test]
async fn a_logout_of_all_takes_the_sign_ins_away_and_gives_the_browser_another_name() {
    let (app, browser) = (app(), Browser::new());
    open(&app, &browser).await;
    let (_, before) = browser.cookie("smart_launch_browser").unwrap();
    let callback = callback_of(&app, &browser).await;
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
    assert_eq!(browser.cookie("smart_launch_signin"), None);
    let (_, after) = browser.cookie("smart_launch_browser").unwrap();
    assert_ne!(before, after);
    assert_eq!(browser.get(&callback).await.status, 401);
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn another_user_gives_the_browser_another_name_and_the_same_user_does_not() {
    let (app, browser) = (app(), Browser::new());
    let name = || browser.cookie("smart_launch_browser").unwrap().1;
    open(&app, &browser).await;
    let first = name();
    open(&app, &browser).await;
    assert_eq!(name(), first);
    app.sandbox.set_automatic_user(SECOND_USER);
    open(&app, &browser).await;
    assert_ne!(name(), first);
}

#[actix_web::test]
async fn the_name_that_a_browser_gets_with_its_launch_comes_again_with_a_repeated_answer() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    browser.forget("smart_launch_browser");
    browser.get(&callback).await;
    // The answer got lost on its way.
    browser.forget("smart_launch_browser");
    lose_session(&browser);
    let base = opened(&browser, &callback).await;
    assert_eq!(app.exchanges(), 1);
    logout_ends(&app, &browser, &[base]).await;
}
