//! Refreshes against a server that replaces the refresh token each time and takes an old one for theft.

use actix_smart_auth::Quirks;

use crate::{
    application::{Application, DUE, EXPIRED, Profile, SCOPES},
    support::{Answer, Browser},
};

async fn launched(application: &Application, browser: &Browser) -> Answer {
    let page = browser.navigate(&application.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// Status and error of each refresh so far.
async fn refreshes(application: &Application) -> Vec<(u64, String)> {
    let sent = application.provider.token_requests().await;
    let refreshes = sent
        .iter()
        .filter(|request| request.form("grant_type") == Some("refresh_token"));
    refreshes
        .map(|request| (request.status(), request.text("error").to_owned()))
        .collect()
}

#[actix_web::test]
async fn a_refresh_whose_answer_was_lost_costs_nothing_while_the_token_is_usable() {
    let Some(application) = Application::start(Profile::Secret) else {
        return;
    };
    let browser = Browser::new();
    let page = launched(&application, &browser).await;
    let record = page.url.replace("/patient", "/record");
    application.advance(DUE).await;
    application.provider.control(&[("lose", "1")]).await;
    // Sending the same refresh token again would look like theft, and end the access token that still works.
    for _ in 0..3 {
        assert_eq!(browser.api(&record).await.status, 200);
    }
    assert_eq!(refreshes(&application).await, [(200, String::new())]);

    // The token has run out, so there is nothing to lose.
    application.advance(EXPIRED - DUE).await;
    for _ in 0..2 {
        let answer = browser.api(&record).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("refresh-answer-lost"))
        );
    }
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(refreshes(&application).await, [(200, String::new()), refused]);
}

#[actix_web::test]
async fn a_server_that_wants_a_prompt_for_offline_access_gives_none_and_the_launch_goes_on() {
    let Some(application) = Application::with(Profile::Public, |ehr, _| ehr.quirks(Quirks::none())) else {
        return;
    };
    let browser = Browser::new();
    let page = launched(&application, &browser).await;
    let context = browser.api(&page.url.replace("/patient", "/context")).await.json();
    assert_eq!(context["refreshable"], false);
    let granted = SCOPES.replace("offline_access", "launch/patient");
    assert_eq!(context["granted"], granted);

    application.advance(DUE).await;
    assert_eq!(browser.api(&page.url).await.status, 200);
    application.advance(EXPIRED - DUE).await;
    let answer = browser.api(&page.url).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("ehr-session-ended"))
    );
    assert!(refreshes(&application).await.is_empty());
}

#[actix_web::test]
async fn scopes_that_were_declined_are_missing_from_what_was_granted() {
    let Some(application) = Application::start(Profile::Es384) else {
        return;
    };
    application
        .provider
        .control(&[("decline", "fhirUser launch/patient")])
        .await;
    let browser = Browser::new();
    let page = launched(&application, &browser).await;
    let context = page.url.replace("/patient", "/context");
    for seconds in [0, DUE] {
        application.advance(seconds).await;
        let granted = browser.api(&context).await.json()["granted"].clone();
        assert_eq!(granted, "openid patient/*.rs offline_access");
    }
    assert_eq!(refreshes(&application).await.len(), 1);
}
