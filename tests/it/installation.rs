//! Clients that the EHR makes for one launch each, at a sandbox that gives no refresh token.

mod lost;
mod passing;
mod refused;

use std::time::Duration;

use actix_smart_auth::{
    PrivateKey, PrivateKeyJwt, SmartClient, StartOptions,
    options::InstallationClient,
    sandbox::{ReceivedRequest, SandboxClient},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    smart_client::sign_in,
    support::{App, AppBuilder, Browser, CLIENT_ID, DUE, Opened, PRIVATE_KEY, RSA_KEY, UNUSABLE},
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn ec() -> PrivateKeyJwt {
    PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY))
}

fn rsa() -> PrivateKeyJwt {
    PrivateKeyJwt::new("rsa-1", PrivateKey::pem(RSA_KEY))
}

fn builder(keys: PrivateKeyJwt) -> AppBuilder {
    App::builder().ehr(move |ehr| ehr.installation_client(InstallationClient::new(keys)))
}

/// The EHR makes clients for launches.
fn makes_clients(app: &App) {
    let client = SandboxClient::public(CLIENT_ID, app.url("/auth/callback")).with_installation_clients();
    app.sandbox.register(client);
}

async fn opened(keys: PrivateKeyJwt) -> Opened {
    Opened::with_gate(builder(keys), makes_clients).await
}

fn registrations(app: &App) -> Vec<ReceivedRequest> {
    let mut requests = app.sandbox.received_requests();
    requests.retain(|request| request.path == "/register");
    requests
}

fn part(jwt: &str, at: usize) -> Value {
    let part = jwt.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[actix_web::test]
async fn a_launch_without_a_refresh_token_registers_a_client_and_is_renewed_in_its_name() {
    for (keys, kid, algorithm) in [(ec(), "ec-1", "ES384"), (rsa(), "rsa-1", "RS384")] {
        let opened = opened(keys).await;
        let app = &opened.app;
        let first = opened.token().await.body;
        let registrations = registrations(app);
        let [registration] = registrations.as_slice() else {
            panic!("{registrations:?}")
        };
        assert_eq!(registration.header("authorization").unwrap(), format!("Bearer {first}"));
        let asked: Value = serde_json::from_str(&registration.body).unwrap();
        assert_eq!(asked["software_id"], CLIENT_ID);
        let keys = asked["jwks"]["keys"].as_array().unwrap();
        assert_eq!((keys.len(), &keys[0]["kid"]), (1, &json!(kid)));
        assert!(keys[0].get("d").is_none());

        let mut last = first;
        for _ in 0..3 {
            app.advance(DUE);
            let answer = opened.token().await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let renewed = opened.saved_other_than(&last).await;
            assert_ne!(renewed, last);
            last = renewed;
        }
        assert_eq!(app.refreshes(), 0, "no refresh token is sent");
        let renewals = app.sandbox.token_requests_of(JWT_BEARER);
        assert_eq!(renewals.len(), 3);
        let own = renewals[0].parameter("client_id").unwrap();
        assert!(own.starts_with("launch-"), "{own}");
        for renewal in &renewals {
            let mut names: Vec<_> = renewal.form().into_iter().map(|(name, _)| name).collect();
            names.sort();
            assert_eq!(names, ["assertion", "client_id", "grant_type"]);
            assert_eq!(renewal.header("authorization"), None);
            let assertion = renewal.parameter("assertion").unwrap();
            let (header, claims) = (part(&assertion, 0), part(&assertion, 1));
            assert_eq!((&header["kid"], &header["alg"]), (&json!(kid), &json!(algorithm)));
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!(own), &json!(own)));
            assert_eq!(claims["aud"], json!(app.sandbox.token_endpoint()));
        }
        let page = opened.browser.navigate(&opened.url("/patient")).await;
        assert_eq!((page.status, page.body.as_str()), (200, "patient amber-testwood"));
    }
}

#[actix_web::test]
async fn each_launch_has_a_client_of_its_own() {
    let first = opened(ec()).await;
    let browser = Browser::new();
    let second = crate::support::open(&first.app, &browser).await;
    first.app.advance(UNUSABLE);
    assert_eq!(first.token().await.status, 200);
    assert_eq!(browser.api(&format!("{second}/token")).await.status, 200);
    let renewals = first.app.sandbox.token_requests_of(JWT_BEARER);
    let clients: Vec<_> = renewals.iter().map(|renewal| renewal.parameter("client_id")).collect();
    assert_eq!(clients.len(), 2);
    assert_ne!(clients[0], clients[1]);
}

#[actix_web::test]
async fn many_requests_at_once_renew_once() {
    let opened = opened(ec()).await;
    opened.app.advance(UNUSABLE);
    crate::support::all_are(&opened.flood(20).await, 200);
    assert_eq!(opened.app.sandbox.token_requests_of(JWT_BEARER).len(), 1);
}

#[actix_web::test]
async fn a_refresh_token_that_the_ehr_gives_is_used_and_no_client_is_made() {
    let opened = Opened::with(builder(ec())).await;
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!((opened.app.refreshes(), registrations(&opened.app).len()), (1, 0));
}

#[actix_web::test]
async fn a_program_of_its_own_gets_such_a_client_keeps_it_and_renews() {
    let app = builder(rsa()).start();
    makes_clients(&app);
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let mut authorized = client.finish(pending, &query).await.unwrap();
    let own = authorized.tokens().installation_client().unwrap().to_owned();
    for _ in 0..2 {
        app.clock.advance(Duration::from_secs(UNUSABLE));
        authorized = client.refresh(&authorized).await.unwrap();
        assert_eq!(authorized.tokens().installation_client(), Some(own.as_str()));
        assert_eq!(authorized.tokens().context().patient(), Some("amber-testwood"));
    }
}

#[actix_web::test]
async fn after_a_rotation_a_launch_goes_on_with_the_key_that_it_was_registered_with() {
    let opened = opened(ec()).await;
    let renewed_by = |keys: PrivateKeyJwt| {
        let fhir = opened.app.sandbox.fhir_base_url();
        let ehr = actix_smart_auth::Ehr::builder(fhir)
            .client_id(CLIENT_ID)
            .redirect_uri(opened.app.url("/auth/callback"))
            .scopes(crate::support::SCOPES)
            .installation_client(InstallationClient::new(keys));
        opened.app.config.put_ehr(ehr).unwrap();
    };
    renewed_by(rsa().previous("ec-1", PrivateKey::pem(PRIVATE_KEY)));
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    // Without it nothing can be signed in that client's name, and nothing is sent.
    renewed_by(rsa());
    opened.app.advance(UNUSABLE);
    let answer = opened.token().await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("not-signed"), "{}", answer.body);
    assert_eq!(opened.app.sandbox.token_requests_of(JWT_BEARER).len(), 1);
    renewed_by(ec());
    opened.app.advance(60);
    assert_eq!(opened.token().await.status, 200);
}
