//! A new sign-in, demanded of another implementation. A launch opens only if its id token says that it happened.

use std::time::Duration;

use actix_smart_auth::{IdTokenPolicy, SignIn};

use crate::{
    application::{Application, Profile},
    provider::Seen,
    support::Browser,
};

/// `prompt` and `max_age` of the last authorization request.
fn asked(requests: &[Seen]) -> (Option<&str>, Option<&str>) {
    let last = requests.last().unwrap();
    (last.query("prompt"), last.query("max_age"))
}

#[actix_web::test]
async fn after_a_time_out_the_server_is_asked_for_a_new_sign_in_and_says_that_it_happened() {
    let demanding = Application::with(Profile::Public, |ehr, _| {
        ehr.sign_in(SignIn::AgainAfterTimeout).id_token(IdTokenPolicy::Required)
    });
    let Some(application) = demanding else { return };
    let browser = Browser::new();
    let before = browser.navigate(&application.url("/auth/launch")).await;
    assert_eq!(before.status, 200, "{}", before.body);
    let requests = application.provider.requests_to("/auth").await;
    assert_eq!(asked(&requests), (Some("consent"), None));

    application.advance(3600).await;
    application
        .provider
        .control(&[("user", "dr-new"), ("forget", "1")])
        .await;
    let page = browser.navigate(&before.url).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_ne!(page.url, before.url);
    let requests = application.provider.requests_to("/auth").await;
    assert_eq!(asked(&requests), (Some("login consent"), Some("0")));
}

#[actix_web::test]
async fn an_age_that_is_demanded_of_every_sign_in_is_told_by_every_id_token() {
    let demanding = Application::with(Profile::Secret, |ehr, _| ehr.max_age(Duration::from_secs(300)));
    let Some(application) = demanding else { return };
    let browser = Browser::new();
    for url in [application.url("/auth/launch"), application.ehr_launch_url()] {
        let page = browser.navigate(&url).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let requests = application.provider.requests_to("/auth").await;
        assert_eq!(asked(&requests), (Some("consent"), Some("300")));
        application.advance(301).await;
    }
}
