//! The application's session comes and goes.

use super::*;

/// How a browser loses its session.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// By the application, when somebody leaves it (actix-identity's `logout()`).
    Purged,
    Cleared,
    /// It has run out.
    Expired,
    /// The server has another key now, or another application's cookie has the name.
    Unreadable,
}

const LOSSES: [Loss; 4] = [Loss::Purged, Loss::Cleared, Loss::Expired, Loss::Unreadable];

impl Loss {
    async fn happens(self, app: &App, browser: &Browser) {
        match self {
            Self::Purged => assert_eq!(browser.post(&app.url("/session/purge")).await.status, 204),
            Self::Cleared => assert_eq!(browser.post(&app.url("/session/clear")).await.status, 204),
            Self::Expired => lose_session(browser),
            Self::Unreadable => browser.plant(&app.origin, "/", "id", "of-another-key"),
        }
    }
}

#[actix_web::test]
async fn a_session_that_is_lost_before_a_sign_in_changes_nothing() {
    for loss in LOSSES {
        let (app, browser) = (app(), Browser::new());
        let before = open(&app, &browser).await;
        loss.happens(&app, &browser).await;
        let after = open(&app, &browser).await;
        logout_ends(&app, &browser, &[before, after]).await;
    }
}

#[actix_web::test]
async fn a_session_that_is_lost_during_a_sign_in_does_not_end_it() {
    for loss in LOSSES {
        let (app, browser) = (app(), Browser::new());
        let callback = callback_of(&app, &browser).await;
        loss.happens(&app, &browser).await;
        let base = opened(&browser, &callback).await;
        assert_eq!(app.exchanges(), 1, "{loss:?}");
        logout_ends(&app, &browser, &[base]).await;
    }
}

#[actix_web::test]
async fn a_session_that_is_lost_after_a_sign_in_hides_no_launch_from_a_logout() {
    for loss in LOSSES {
        let (app, browser) = (app(), Browser::new());
        let launches = [open(&app, &browser).await, open(&app, &browser).await];
        loss.happens(&app, &browser).await;
        logout_ends(&app, &browser, &launches).await;
    }
}

#[actix_web::test]
async fn a_session_that_is_lost_after_a_sign_in_hides_no_launch_from_another_user() {
    for loss in LOSSES {
        let (app, browser) = (app(), Browser::new());
        let launches = [open(&app, &browser).await, open(&app, &browser).await];
        loss.happens(&app, &browser).await;
        another_user_ends(&app, &browser, &launches).await;
    }
}

#[actix_web::test]
async fn a_browser_that_loses_its_session_each_time_still_keeps_sixteen_launches_only() {
    let (app, browser) = (app(), Browser::new());
    let mut launches = Vec::new();
    for _ in 0..20 {
        launches.push(open(&app, &browser).await);
        app.advance(1);
        lose_session(&browser);
    }
    for (at, base) in launches.iter().enumerate() {
        let expected = if at < 4 {
            (401, "too-many".to_owned())
        } else {
            (200, String::new())
        };
        assert_eq!(state(&browser, base).await, expected, "launch {at}");
    }
}

#[actix_web::test]
async fn a_session_cookie_that_comes_twice_hides_no_launch() {
    let (app, browser) = (app(), Browser::new());
    let before = open(&app, &browser).await;
    // A second application below this path has a cookie of the same name; browsers send it first.
    for path in ["/auth", "/"] {
        browser.plant(&app.origin, path, "id", "of-the-other-application");
        let during = open(&app, &browser).await;
        assert_eq!(state(&browser, &before).await.0, 200);
        browser.post(&format!("{during}/auth/logout")).await;
    }
    logout_ends(&app, &browser, &[before]).await;
}

#[actix_web::test]
async fn what_the_application_keeps_in_its_session_stays() {
    let (app, browser) = (app(), Browser::new());
    browser.post(&app.url("/session/keep/blue")).await;
    let base = open(&app, &browser).await;
    assert_eq!(browser.get(&app.url("/session/kept")).await.body, "blue");
    logout_ends(&app, &browser, &[base]).await;
    assert_eq!(browser.get(&app.url("/session/kept")).await.body, "blue");
}
