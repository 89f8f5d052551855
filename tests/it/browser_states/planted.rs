//! Cookies that somebody else has put into the browser.

use super::*;

/// The attacker's session in the victim's browser, as a page of a neighbouring site or a shared workstation leaves it.
fn plant_session(app: &App, attacker: &Browser, victim: &Browser, path: &str) {
    let (name, value) = attacker.cookie("id").unwrap();
    victim.plant(&app.origin, path, &name, &value);
}

#[actix_web::test]
async fn a_planted_session_gives_its_owner_neither_the_launch_nor_its_answer() {
    for path in ["/", "/auth"] {
        let (app, victim, attacker) = (app(), Browser::new(), Browser::new());
        open(&app, &attacker).await;
        plant_session(&app, &attacker, &victim, path);
        let callback = callback_of(&app, &victim).await;
        let base = opened(&victim, &callback).await;
        assert_eq!(app.exchanges(), 2);
        // Whoever has the session and the state, but not the cookie of the sign-in.
        let state_of = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
        for attempt in [
            callback.clone(),
            app.url(&format!("/auth/callback?code=guess&state={state_of}")),
        ] {
            let answer = attacker.get(&attempt).await;
            assert_eq!((answer.status, answer.launch_cookies()), (401, Vec::new()), "{attempt}");
        }
        assert_eq!(app.exchanges(), 2);
        assert_eq!(state(&attacker, &base).await, (401, "no-launch".to_owned()));
        logout_ends(&app, &victim, &[base]).await;
    }
}

#[actix_web::test]
async fn a_callback_of_an_attackers_sign_in_opens_nothing_in_a_browser_with_the_attackers_session() {
    for path in ["/", "/auth"] {
        let (app, victim, attacker) = (app(), Browser::new(), Browser::new());
        let callback = callback_of(&app, &attacker).await;
        plant_session(&app, &attacker, &victim, path);
        let answer = victim.get(&callback).await;
        assert_eq!((answer.status, answer.launch_cookies()), (401, Vec::new()));
        assert!(answer.body.contains("Code: sign-in-expired"), "{}", answer.body);
        assert_eq!(app.exchanges(), 0);
    }
}

#[actix_web::test]
async fn a_copied_session_opens_no_page_of_the_person_who_signs_in_later() {
    let (app, person, thief) = (app(), Browser::new(), Browser::new());
    // Copied at a shared workstation, before anybody signed in.
    callback_of(&app, &person).await;
    plant_session(&app, &person, &thief, "/");
    let base = open(&app, &person).await;
    assert_eq!(state(&thief, &base).await, (401, "no-launch".to_owned()));
    // What it can do is end what was opened with it: that is a nuisance, and said in the guide (answers, cookies).
    logout_ends(&app, &person, &[base]).await;
}

#[actix_web::test]
async fn a_planted_browser_cookie_opens_nothing_and_hides_nothing() {
    let (app, victim, attacker) = (app(), Browser::new(), Browser::new());
    let theirs = open(&app, &attacker).await;
    let (name, value) = attacker.cookie("smart_launch_browser").unwrap();
    for path in ["/", "/auth"] {
        victim.plant(&app.origin, path, &name, &value);
        let base = open(&app, &victim).await;
        assert_eq!(state(&attacker, &base).await, (401, "no-launch".to_owned()));
        assert_eq!(state(&victim, &theirs).await, (401, "no-launch".to_owned()));
        let answer = victim.post(&app.url("/auth/logout")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(state(&victim, &base).await, (401, "signed-out".to_owned()));
    }
}

#[actix_web::test]
async fn senseless_cookies_with_our_names_are_as_good_as_none() {
    let (app, browser) = (app(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    let (sign_in, _) = browser.cookie("smart_launch_signin").unwrap();
    let long = "A".repeat(3_000);
    for value in ["", ".", "1.", "1.AAAA", "999999999999999999999.x", "%00", long.as_str()] {
        // In front of the right ones.
        for path in ["/auth", "/auth/callback"] {
            browser.plant(&app.origin, path, &sign_in, value);
            browser.plant(&app.origin, path, "smart_launch_browser", value);
            browser.plant(&app.origin, path, "smart_launch_signin_x", value);
        }
        let answer = browser.api(&app.url("/auth/callback?code=x&state=unknown")).await;
        assert_eq!(
            (answer.status, code(&answer).as_str()),
            (401, "sign-in-expired"),
            "{value}"
        );
        assert_eq!(browser.get(&app.url("/auth/launch")).await.status, 303, "{value}");
    }
    let base = opened(&browser, &callback).await;
    logout_ends(&app, &browser, &[base]).await;
}

/// Somebody who has many launches of their own plants all their names in front of this browser's.
#[actix_web::test]
async fn however_many_names_are_planted_a_sign_out_finds_the_launches_of_the_browser_itself() {
    let (app, browser) = (app(), Browser::new());
    let base = open(&app, &browser).await;
    let mut planted = String::new();
    let mut theirs = Vec::new();
    for _ in 0..40 {
        let other = Browser::new();
        let launch = open(&app, &other).await;
        let (name, value) = other.cookie("smart_launch_browser").unwrap();
        planted.push_str(&format!("{name}={value}; "));
        theirs.push((other, launch));
    }
    browser.put_in_front(planted.as_bytes());
    logout_ends(&app, &browser, &[base]).await;
}
