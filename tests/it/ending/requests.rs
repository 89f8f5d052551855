//! The revocation request itself, for every kind of client.

use std::time::Duration;

use actix_smart_auth::{ClientSecretBasic, sandbox::SandboxClient};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{answered, asked_for, both, launched, revocations, settled};
use crate::support::{App, Browser, CLIENT_ID, Profile, RawServer, SECRET};

#[actix_web::test]
async fn each_client_authenticates_as_at_the_token_endpoint() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        let browser = Browser::new();
        let (base, tokens) = launched(&app, &browser).await;
        let earlier: Vec<_> = app.sandbox.received_requests().iter().map(|it| it.connection).collect();
        assert_eq!(browser.post(&format!("{base}/auth/logout")).await.status, 200);
        answered(&app, 2).await;
        assert_eq!(asked_for(&app), both(&tokens), "{profile:?}");
        let requests = revocations(&app);
        for request in &requests {
            assert_eq!(request.status, Some(200), "{profile:?}");
            assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/revoke"));
            assert_eq!(request.query, []);
            let content_type = request.header("content-type");
            assert_eq!(content_type, Some("application/x-www-form-urlencoded"));
            assert!(!earlier.contains(&request.connection), "a connection that was idle");
            let names: Vec<_> = request.form().into_iter().map(|(name, _)| name).collect();
            let basic = request
                .header("authorization")
                .is_some_and(|value| value.starts_with("Basic "));
            match profile {
                Profile::Public => {
                    assert_eq!(names, ["token", "token_type_hint", "client_id"]);
                    assert_eq!(request.parameter("client_id").as_deref(), Some(CLIENT_ID));
                    assert_eq!(request.header("authorization"), None);
                }
                Profile::Secret => {
                    assert_eq!(names, ["token", "token_type_hint"]);
                    assert!(basic);
                }
                Profile::Es384 | Profile::Rs384 => {
                    let expected = ["token", "token_type_hint", "client_assertion_type", "client_assertion"];
                    assert_eq!(names, expected);
                    assert_eq!(request.header("authorization"), None);
                    let assertion = request.parameter("client_assertion").unwrap();
                    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
                    let claims: Value = serde_json::from_slice(&claims).unwrap();
                    assert_eq!(claims["aud"], app.sandbox.token_endpoint());
                }
            }
        }
        assert_ne!(requests[0].connection, requests[1].connection);
        if matches!(profile, Profile::Es384 | Profile::Rs384) {
            let assertion = |at: usize| requests[at].parameter("client_assertion");
            assert_ne!(assertion(0), assertion(1), "an assertion is good for one request");
        }
    }
}

#[actix_web::test]
async fn the_previous_secret_is_tried_when_the_new_one_is_refused() {
    let app = App::builder()
        .profile(Profile::Secret)
        .ehr(|ehr| ehr.client_auth(ClientSecretBasic::new("the new secret").previous(SECRET)))
        .start();
    let with_secret = |secret: &str| {
        app.sandbox
            .register(SandboxClient::secret(CLIENT_ID, app.url("/auth/callback"), secret));
    };
    let browser = Browser::new();
    // The launch finds out that the EHR knows the previous one only; then the administrator enters the new one.
    let (base, _) = launched(&app, &browser).await;
    with_secret("the new secret");
    assert_eq!(browser.post(&format!("{base}/auth/logout")).await.status, 200);
    answered(&app, 4).await;
    let statuses: Vec<_> = revocations(&app)
        .iter()
        .map(|request| request.status.unwrap())
        .collect();
    assert_eq!(statuses, [401, 200, 401, 200]);
}

#[actix_web::test]
async fn the_endpoint_is_that_of_the_metadata_with_which_the_launch_began() {
    let app = App::builder()
        .config(|config| config.metadata_ttl(Duration::from_secs(60)))
        .start();
    let browser = Browser::new();
    let (before, tokens) = launched(&app, &browser).await;
    let elsewhere = RawServer::canary();
    app.sandbox
        .set_metadata_field("revocation_endpoint", format!("{}/revoke", elsewhere.origin));
    app.advance(61);
    let (after, _) = launched(&app, &browser).await;
    assert_eq!(browser.post(&format!("{before}/auth/logout")).await.status, 200);
    answered(&app, 2).await;
    assert_eq!(asked_for(&app), both(&tokens));
    assert_eq!(elsewhere.connections(), 0);
    assert_eq!(browser.post(&format!("{after}/auth/logout")).await.status, 200);
    settled(&app).await;
    assert_eq!((revocations(&app).len(), elsewhere.connections()), (2, 2));
}

#[actix_web::test]
async fn where_the_ehr_has_no_endpoint_nothing_is_sent() {
    let app = App::start();
    app.sandbox.set_metadata_field("revocation_endpoint", Value::Null);
    let browser = Browser::new();
    let (base, _) = launched(&app, &browser).await;
    let (_, other) = launched(&app, &browser).await;
    let before = app.sandbox.received_requests().len();
    assert_eq!(browser.post(&format!("{base}/auth/logout")).await.status, 200);
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
    settled(&app).await;
    assert_eq!(app.sandbox.received_requests().len(), before);
    assert_eq!(super::fhir_status(&app, &other.access).await, 200);
}
