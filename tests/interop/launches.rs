//! Launches from begin to end: every client type, both ways to launch.

use std::time::Duration;

use awc::http::Method;
use serde_json::json;

use crate::{
    application::{Application, DUE, EXPIRED, Profile},
    inferno,
    support::Browser,
};

#[actix_web::test]
async fn a_public_client_lives_through_a_whole_launch() {
    both_ways(Profile::Public).await;
}

#[actix_web::test]
async fn a_client_with_a_secret_lives_through_a_whole_launch() {
    both_ways(Profile::Secret).await;
}

#[actix_web::test]
async fn a_client_with_an_rsa_key_lives_through_a_whole_launch() {
    both_ways(Profile::Rs384).await;
}

#[actix_web::test]
async fn a_client_with_a_p384_key_lives_through_a_whole_launch() {
    both_ways(Profile::Es384).await;
}

#[actix_web::test]
async fn the_public_halves_of_the_keys_may_be_registered_by_value() {
    both_ways(Profile::Rs384ByValue).await;
    both_ways(Profile::Es384ByValue).await;
}

async fn both_ways(profile: Profile) {
    let Some(application) = Application::start(profile) else {
        return;
    };
    let standalone = application.url("/auth/launch");
    let browser = Browser::new();
    whole_launch(&application, &browser, &standalone, "amber-testwood", None).await;
    inferno::holds(&application, &browser, profile).await;
    // In the same browser, which is still signed in at the EHR: the context of a launch is its own.
    let from_ehr = application.ehr_launch_url();
    whole_launch(&application, &browser, &from_ehr, "bruno-fixture", Some("visit-202")).await;
    inferno::holds(&application, &browser, profile).await;
}

/// Launch, patient page, a read from the FHIR server, two refreshes, signing out.
async fn whole_launch(app: &Application, browser: &Browser, url: &str, patient: &str, encounter: Option<&str>) {
    app.provider.control(&[("forget", "1")]).await;
    let page = browser.navigate(url).await;
    assert_eq!((page.status, page.body), (200, format!("patient {patient}")), "{url}");
    let launch = page.url.strip_suffix("/patient").unwrap().to_owned();
    let launch_url = |path: &str| format!("{launch}{path}");

    let scopes = match encounter {
        Some(_) => "openid fhirUser patient/*.rs offline_access launch",
        None => "openid fhirUser patient/*.rs offline_access launch/patient",
    };
    let context = json!({
        "patient": patient,
        "encounter": encounter,
        "banner": true,
        "tenant": "north wing",
        "style": "/style.json",
        "other": {"x_interop": {"ward": 7}},
        "granted": scopes,
        "refreshable": true,
    });
    let mut tokens = Vec::new();
    for round in 0..3 {
        if round > 0 {
            // The first refresh comes in good time, the second when the token has run out.
            app.advance(if round == 1 { DUE } else { EXPIRED }).await;
        }
        if round == 2 {
            let url = format!("{}/Patient/{patient}", app.provider.fhir_base);
            let bearer = format!("Bearer {}", tokens[1]);
            let headers = [("authorization", bearer.as_str())];
            assert_eq!(browser.send(Method::GET, &url, &headers, None).await.status, 401);
        }
        let record = browser.api(&launch_url("/record")).await;
        assert_eq!(
            (record.status, record.json()["id"].as_str()),
            (200, Some(patient)),
            "round {round}"
        );
        let token = browser.api(&launch_url("/token")).await.body;
        assert!(!tokens.contains(&token), "no new token in round {round}");
        tokens.push(token);
        // The server says all this with the first answer only.
        assert_eq!(
            browser.api(&launch_url("/context")).await.json(),
            context,
            "round {round}"
        );
    }

    let introspected = browser.api(&launch_url("/introspect")).await;
    assert_eq!(introspected.body, format!("true Some({patient:?})"));

    let sent = app.provider.token_requests().await;
    let grants: Vec<_> = sent
        .iter()
        .map(|request| (request.form("grant_type").unwrap(), request.status()))
        .collect();
    assert_eq!(
        grants,
        [
            ("authorization_code", 200),
            ("refresh_token", 200),
            ("refresh_token", 200)
        ]
    );
    assert_ne!(
        sent[1].form("refresh_token"),
        sent[2].form("refresh_token"),
        "the rotated one has to be used"
    );

    let out = browser.post(&launch_url("/auth/logout")).await;
    assert!(out.status < 400, "{}: {}", out.status, out.body);
    assert_eq!(browser.api(&launch_url("/record")).await.status, 401);
    revoked(app, patient, &tokens).await;
}

/// The refresh token was revoked, then the access token, and neither is good for anything any more.
async fn revoked(app: &Application, patient: &str, tokens: &[String]) {
    let mut revocations = Vec::new();
    for _ in 0..500 {
        revocations = app.provider.control(&[]).await;
        revocations.retain(|request| request.text("path") == "/token/revocation" && request.is_answered());
        if revocations.len() == 2 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    let sent: Vec<_> = revocations
        .iter()
        .map(|request| {
            (
                request.form("token_type_hint").unwrap(),
                request.status(),
                request.text("detail"),
            )
        })
        .collect();
    assert_eq!(sent, [("refresh_token", 200, ""), ("access_token", 200, "")]);
    assert_eq!(revocations[1].form("token"), tokens.last().map(String::as_str));

    let url = format!("{}/Patient/{patient}", app.provider.fhir_base);
    let bearer = format!("Bearer {}", tokens.last().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let answer = Browser::new().send(Method::GET, &url, &headers, None).await;
    assert_eq!(answer.status, 401);
}
