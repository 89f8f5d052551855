//! Who signed in: id tokens that another implementation makes, its keys, and its users.

use std::time::Duration;

use actix_smart_auth::{EhrBuilder, IdTokenPolicy, options::NoncePolicy};
use serde_json::{Value, json};

use crate::{
    application::{Application, DUE, Profile, quirks},
    support::{Answer, Browser},
};

/// Nobody gets in without a good id token that has the nonce.
fn strict(profile: Profile) -> Option<Application> {
    let strictly = |ehr: EhrBuilder| {
        ehr.id_token(IdTokenPolicy::Required)
            .quirks(quirks().nonce(NoncePolicy::Required))
    };
    Application::with(profile, |ehr, _| strictly(ehr))
}

async fn launched(application: &Application, browser: &Browser) -> Answer {
    let page = browser.navigate(&application.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// What handlers are told about who signed in.
async fn identity(browser: &Browser, page: &Answer) -> Value {
    let answer = browser.api(&page.url.replace("/patient", "/identity")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// How often the keys were fetched so far.
async fn key_requests(application: &Application) -> usize {
    application.provider.requests_to("/jwks").await.len()
}

#[actix_web::test]
async fn an_id_token_is_verified_and_handlers_are_told_who_signed_in() {
    for profile in [Profile::Public, Profile::Es384] {
        let Some(application) = strict(profile) else { return };
        let browser = Browser::new();
        let page = launched(&application, &browser).await;
        let asked = application.provider.requests_to("/auth").await;
        let told = identity(&browser, &page).await;
        let expected = json!({
            "user": "Practitioner/dr-odd",
            "readable": true,
            "issuer": application.provider.origin,
            "subject": "dr-odd",
            "audience": [profile.client_id()],
            "nonce checked": true,
            "nonce of the last": asked[0].query("nonce").unwrap(),
            "issued": told["issued"],
        });
        assert_eq!(told, expected);
        // The keys are kept for the next one.
        launched(&application, &Browser::new()).await;
        assert_eq!(key_requests(&application).await, 1);
    }
}

#[actix_web::test]
async fn new_id_token_keys_are_fetched_once_and_no_launch_fails() {
    let Some(application) = strict(Profile::Secret) else {
        return;
    };
    let browser = Browser::new();
    let before = launched(&application, &browser).await;
    assert_eq!(key_requests(&application).await, 1);

    application.provider.control(&[("rotate", "1")]).await;
    for _ in 0..3 {
        let browser = Browser::new();
        let page = launched(&application, &browser).await;
        assert_eq!(identity(&browser, &page).await["subject"], "dr-odd");
    }
    assert_eq!(key_requests(&application).await, 2);
    // A launch from before does not need the old key: who signed in is known.
    assert_eq!(identity(&browser, &before).await["subject"], "dr-odd");
}

/// The specification does not want the nonce there, and a client that took it for another sign-in would end the launch.
#[actix_web::test]
async fn a_refresh_with_an_id_token_that_repeats_the_nonce_keeps_the_launch() {
    let Some(application) = strict(Profile::Rs384) else {
        return;
    };
    let browser = Browser::new();
    let page = launched(&application, &browser).await;
    let first = identity(&browser, &page).await;
    application.provider.control(&[("rotate", "1")]).await;
    application.advance(DUE).await;
    let second = identity(&browser, &page).await;

    let issued = |told: &Value| told["issued"].as_u64().unwrap();
    assert!(issued(&second) >= issued(&first) + DUE, "a new id token: {second}");
    assert_eq!(second["nonce of the last"], first["nonce of the last"]);
    assert_eq!(
        (&second["subject"], &second["user"]),
        (&first["subject"], &first["user"])
    );
    assert_eq!(application.provider.token_requests().await.len(), 2);
    // Signed with a new key, which nobody asked for: this token tells nothing that is not known.
    assert_eq!(key_requests(&application).await, 1);
}

#[actix_web::test]
async fn another_user_ends_the_launches_of_the_first_and_the_same_user_does_not() {
    let Some(application) = strict(Profile::Secret) else {
        return;
    };
    let browser = Browser::new();
    let first = launched(&application, &browser).await;
    let second = launched(&application, &browser).await;
    for page in [&first, &second] {
        assert_eq!(identity(&browser, page).await["user"], "Practitioner/dr-odd");
    }
    let token = browser.api(&first.url.replace("/patient", "/token")).await.body;

    // The first person signs out at the EHR and leaves; the application is not told.
    browser.forget("_session");
    application.provider.control(&[("user", "dr-even")]).await;
    let third = launched(&application, &browser).await;
    assert_eq!(identity(&browser, &third).await["user"], "Practitioner/dr-even");
    for page in [&first, &second] {
        let answer = browser.api(&page.url).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("other-user"))
        );
    }

    // Nor are they of use to anybody who kept them.
    let patient = format!("{}/Patient/amber-testwood", application.provider.fhir_base);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let mut status = 0;
    for _ in 0..500 {
        let answer = Browser::new()
            .send(awc::http::Method::GET, &patient, &headers, None)
            .await;
        status = answer.status;
        if status == 401 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(status, 401);
    assert_eq!(browser.api(&third.url).await.status, 200);
}
