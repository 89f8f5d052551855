//! Rotation: a previous secret, and keys that are published while another signs.

use actix_smart_auth::{
    ClientAuth, ClientSecretBasic, PrivateKey, PrivateKeyJwt, options::PublicKey, sandbox::SandboxClient,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::support::{App, Browser, CLIENT_ID, PRIVATE_KEY, Profile, RSA_KEY, SECRET};

/// Grant type and status of each token request.
fn token_requests(app: &App) -> Vec<(String, u16)> {
    let requests = app.sandbox.token_requests();
    requests
        .iter()
        .map(|request| (request.parameter("grant_type").unwrap(), request.status.unwrap()))
        .collect()
}

#[actix_web::test]
async fn the_previous_secret_is_tried_after_the_new_one_and_first_from_then_on() {
    let app = App::builder()
        .profile(Profile::Secret)
        .ehr(|ehr| ehr.client_auth(ClientSecretBasic::new("the new secret").previous(SECRET)))
        .start();
    let browser = Browser::new();
    let page = browser.open(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
    let exchange = || "authorization_code".to_owned();
    assert_eq!(token_requests(&app), [(exchange(), 401), (exchange(), 200)]);

    app.sandbox.clear_received_requests();
    app.advance(3400);
    assert_eq!(browser.get(&page.url).await.status, 200);
    let refresh = || "refresh_token".to_owned();
    assert_eq!(token_requests(&app), [(refresh(), 200)]);

    // The EHR's administrator enters the new secret.
    app.sandbox.register(SandboxClient::secret(
        CLIENT_ID,
        app.url("/auth/callback"),
        "the new secret",
    ));
    for expected in [vec![(refresh(), 401), (refresh(), 200)], vec![(refresh(), 200)]] {
        app.sandbox.clear_received_requests();
        app.advance(3400);
        assert_eq!(browser.get(&page.url).await.status, 200);
        assert_eq!(token_requests(&app), expected);
    }
}

#[actix_web::test]
async fn a_client_without_a_previous_credential_asks_once() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        // The EHR does not know the client's credentials (any more), or expects some where the client has none.
        app.sandbox
            .register(SandboxClient::secret(CLIENT_ID, app.url("/auth/callback"), "another"));
        let page = Browser::new().open(&app.url("/auth/launch")).await;
        assert_eq!(page.status, 500, "{profile:?}");
        assert!(page.body.contains("Code: client-refused"), "{profile:?}: {}", page.body);
        assert_eq!(
            token_requests(&app),
            [("authorization_code".to_owned(), 401)],
            "{profile:?}"
        );
    }
}

#[actix_web::test]
async fn the_previous_key_is_tried_after_the_new_one() {
    let app = App::builder()
        .profile(Profile::Es384)
        .ehr(|ehr| {
            let next = PrivateKeyJwt::new("rsa-new", PrivateKey::pem(RSA_KEY));
            ehr.client_auth(next.previous("ec-1", PrivateKey::pem(PRIVATE_KEY)))
        })
        .start();
    // An EHR that was given the old key by value.
    let document: Value = Browser::new().get(&app.url("/.well-known/jwks.json")).await.json();
    let mut old = document.clone();
    old["keys"].as_array_mut().unwrap().retain(|key| key["kid"] == "ec-1");
    let jwks = actix_smart_auth::sandbox::Jwks::Value(old);
    app.sandbox.register(SandboxClient::private_key_jwt(
        CLIENT_ID,
        app.url("/auth/callback"),
        jwks,
    ));
    let page = Browser::new().open(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
    let statuses: Vec<_> = token_requests(&app).into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [401, 200]);
}

#[actix_web::test]
async fn several_keys_are_published_while_one_signs() {
    let public = include_str!("../../fixtures/keys/rsa2048-public.pem");
    let app = App::builder()
        .profile(Profile::Es384)
        .ehr(move |ehr| {
            let auth = PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY))
                .also_publish("next", PrivateKey::pem(RSA_KEY))
                .also_publish("old", PublicKey::pem(public));
            ehr.client_auth(auth)
        })
        .start();
    let browser = Browser::new();
    assert_eq!(browser.open(&app.url("/auth/launch")).await.status, 200);

    let answer = browser.get(&app.url("/.well-known/jwks.json")).await;
    let document = answer.json();
    let keys = document["keys"].as_array().unwrap();
    let summary: Vec<_> = keys
        .iter()
        .map(|key| ["kid", "kty", "alg", "use"].map(|name| key[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        summary,
        [
            ["ec-1", "EC", "ES384", "sig"],
            ["next", "RSA", "RS384", "sig"],
            ["old", "RSA", "RS384", "sig"]
        ]
    );
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private} is published");
        }
    }
    let assertion = app.sandbox.token_requests()[0].parameter("client_assertion").unwrap();
    let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, serde_json::json!({"typ": "JWT", "alg": "ES384", "kid": "ec-1"}));
}

#[actix_web::test]
async fn jku_is_sent_when_it_is_configured() {
    let app = App::builder().profile(Profile::Es384).start();
    let url = app.url("/.well-known/jwks.json");
    let other = App::builder()
        .profile(Profile::Es384)
        .ehr(move |ehr| {
            let auth = PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).jku(url);
            ehr.client_auth(ClientAuth::from(auth))
        })
        .start();
    // The sandbox wants `jku` to be the registered URL: another application's is refused, and so it was sent.
    let page = Browser::new().open(&other.url("/auth/launch")).await;
    assert_eq!(page.status, 500);
    let assertion = other.sandbox.token_requests()[0].parameter("client_assertion").unwrap();
    let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["jku"], app.url("/.well-known/jwks.json"));
}
