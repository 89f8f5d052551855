//! Standalone or from the EHR: what is offered, and how an ended launch begins again.

use actix_smart_auth::{Relaunch, StandaloneLaunch};

use crate::support::{App, Browser};

#[actix_web::test]
async fn where_no_standalone_launch_is_offered_a_page_says_so() {
    let app = App::builder()
        .config(|config| config.standalone(StandaloneLaunch::NotOffered))
        .start();
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Code: launch-from-ehr"), "{}", page.body);
    assert_eq!(app.sandbox.received_requests(), []);

    // Neither a redirect nor a link to what is not offered.
    let without = browser.get(&app.url("/~AAAAAAAAAAAAAAAAAAAAAA/patient")).await;
    assert_eq!((without.status, without.location()), (401, ""));
    assert!(!without.body.contains("/auth/launch"), "{}", without.body);
    let api = browser.api(&app.url("/~AAAAAAAAAAAAAAAAAAAAAA/patient")).await;
    assert_eq!((api.status, api.json().get("launch_url")), (401, None));

    let page = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    assert_eq!(page.body, "patient amber-testwood");
}

#[actix_web::test]
async fn a_launch_from_the_ehr_is_begun_again_in_the_ehr() {
    let app = App::builder()
        .config(|config| config.relaunch(Relaunch::SameKind))
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    app.advance(3600);
    let ended = browser.get(&page.url).await;
    assert_eq!((ended.status, ended.location()), (401, ""));
    assert!(
        ended
            .body
            .contains("open the application again from the patient&#39;s chart"),
        "{}",
        ended.body
    );
    assert!(!ended.body.contains("/auth/launch"), "{}", ended.body);
    let api = browser.api(&page.url).await;
    assert_eq!((api.status, api.json().get("launch_url")), (401, None));
    assert_eq!(api.json()["code"], "idle");
}

#[actix_web::test]
async fn a_launch_from_the_ehr_is_begun_again_standalone_if_that_is_configured() {
    let app = App::builder()
        .config(|config| config.relaunch(Relaunch::Standalone))
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    app.advance(3600);
    // The person picks somebody else: the page of the old patient is not opened for the new one.
    let again = browser.navigate(&page.url.replace("/patient", "/two")).await;
    assert_eq!((again.status, again.body.as_str()), (200, "patient amber-testwood"));
}

#[actix_web::test]
async fn a_refused_relaunch_leads_nowhere_by_itself() {
    let app = App::start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    app.sandbox.revoke_everything();
    app.advance(3600 - 1);
    let first = browser.get(&page.url).await;
    assert_eq!(first.status, 303, "{}", first.body);
    let second = browser.get(&page.url).await;
    assert_eq!(second.status, 401);
    assert!(second.body.contains("Code: ehr-session-ended"), "{}", second.body);
    app.advance(60);
    assert_eq!(browser.get(&page.url).await.status, 303, "a minute later");
}
