//! `max_age`: a demand of every launch.

use std::time::Duration;

use actix_smart_auth::{
    IdTokenClaims, SignIn,
    sandbox::{Peculiarity, SandboxBuilder},
    time::Clock as _,
};

use actix_web::web;

use super::{asked, login, with_prompt};
use crate::support::{App, Browser};

const HOUR: u64 = 3600;

fn app(sandbox: fn(SandboxBuilder) -> SandboxBuilder) -> App {
    let app = App::builder().ehr(|ehr| ehr.max_age(Duration::from_millis(HOUR * 1000 + 999)));
    app.sandbox(sandbox).start()
}

fn of_an_hour() -> (Option<String>, Option<String>) {
    (None, Some("3600".to_owned()))
}

#[actix_web::test]
async fn every_launch_says_how_old_a_sign_in_may_be() {
    let app = app(|sandbox| sandbox);
    let browser = Browser::new();
    for url in [app.url("/auth/launch"), app.ehr_launch_url("amber-testwood", None)] {
        let page = browser.navigate(&url).await;
        assert_eq!(page.body, "patient amber-testwood");
        assert_eq!(asked(&app), of_an_hour());
    }
}

/// The boundary is the EHR's as well: it asks again from an hour on.
#[actix_web::test]
async fn a_sign_in_is_used_again_until_it_is_too_old_and_then_another_is_asked_for() {
    let app = App::builder()
        .ehr(|ehr| ehr.max_age(Duration::from_secs(HOUR)))
        .routes(|app| {
            app.route("/~{smart_launch}/patient", web::get().to(signed_in));
        })
        .start();
    let launch = || async { Browser::new().navigate(&app.url("/auth/launch")).await.body };
    let first = app.clock.now().as_secs().to_string();
    assert_eq!(launch().await, first);
    app.advance(HOUR - 1);
    assert_eq!(launch().await, first);
    app.advance(1);
    assert_eq!(launch().await, app.clock.now().as_secs().to_string());
}

async fn signed_in(claims: IdTokenClaims) -> String {
    claims.auth_time().unwrap().as_secs().to_string()
}

#[actix_web::test]
async fn from_an_ehr_that_does_not_ask_again_nothing_opens_once_the_sign_in_is_too_old() {
    let app = app(|sandbox| sandbox.peculiarity(Peculiarity::SignInKept));
    let launch = || async { Browser::new().navigate(&app.url("/auth/launch")).await };
    assert_eq!(launch().await.status, 200);
    // An hour, and the minute by which clocks may differ.
    app.advance(HOUR + 60);
    assert_eq!(launch().await.status, 200);
    app.advance(1);
    let page = launch().await;
    assert_eq!(page.status, 401, "{}", page.body);
    assert!(page.body.contains("Code: sign-in-not-fresh<"), "{}", page.body);
}

#[actix_web::test]
async fn a_launch_from_a_chart_that_is_refused_is_to_be_opened_there_again() {
    let app = app(|sandbox| sandbox.peculiarity(Peculiarity::NoAuthTime));
    let page = Browser::new()
        .navigate(&app.ehr_launch_url("amber-testwood", None))
        .await;
    assert_eq!(page.status, 401, "{}", page.body);
    assert!(
        page.body
            .contains("Please open the application again from the patient&#39;s chart."),
        "{}",
        page.body
    );
    assert!(!page.body.contains("Start again"), "{}", page.body);
}

#[actix_web::test]
async fn after_a_time_out_more_is_demanded_and_a_prompt_of_the_ehrs_own_stays() {
    let app = App::builder().ehr(|ehr| {
        ehr.max_age(Duration::from_secs(HOUR))
            .sign_in(SignIn::AgainAfterTimeout)
            .quirks(with_prompt("consent"))
    });
    let app = app.start();
    let browser = Browser::new();
    assert_eq!(browser.navigate(&app.url("/auth/launch")).await.status, 200);
    assert_eq!(asked(&app), (Some("consent".to_owned()), Some("3600".to_owned())));
    assert_eq!(
        browser.navigate(&app.url("/auth/launch?sign_in=again")).await.status,
        200
    );
    let (prompt, max_age) = asked(&app);
    assert_eq!((prompt.as_deref(), max_age), (Some("login consent"), login().1));
}

#[actix_web::test]
async fn zero_asks_at_each_launch() {
    let app = App::builder().ehr(|ehr| ehr.max_age(Duration::ZERO)).start();
    for _ in 0..2 {
        assert_eq!(Browser::new().navigate(&app.url("/auth/launch")).await.status, 200);
        assert_eq!(asked(&app), (None, Some("0".to_owned())));
        app.advance(HOUR);
    }
}
