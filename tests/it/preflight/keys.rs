//! Keys: the EHR's for id tokens, and ours for assertions.

use actix_smart_auth::{
    PrivateKey, PrivateKeyJwt,
    preflight::{Check, Preflight, Status},
};
use serde_json::{Value, json};

use super::{assert_cure, assert_fails, good_sandbox, only, registration, report};
use crate::support::{App, ClosedPort, PRIVATE_KEY, Profile, RSA_KEY, RawServer, http};

/// An application with the key `ec-1`, which says that its keys are at this address.
async fn with_keys_at(address: &str) -> Preflight {
    let address = address.to_owned();
    let app = App::builder()
        .profile(Profile::Es384)
        .ehr(move |ehr| ehr.client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).jku(address)))
        .start();
    app.config.preflight().await
}

/// An application with an EC and an RSA key, at an EHR that lists these algorithms.
async fn with_two_keys_where_listed(algorithms: &[&str]) -> Preflight {
    let app = App::builder()
        .profile(Profile::Es384)
        .ehr(|ehr| {
            let keys = PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY));
            ehr.client_auth(keys.or("rsa-1", PrivateKey::pem(RSA_KEY)))
        })
        .start();
    app.sandbox
        .set_metadata_field("token_endpoint_auth_signing_alg_values_supported", json!(algorithms));
    app.config.preflight().await
}

/// What another application publishes that has this key under this id.
fn publishing(kid: &'static str, key: &'static str) -> App {
    App::builder()
        .ehr(move |ehr| ehr.client_auth(PrivateKeyJwt::new(kid, PrivateKey::pem(key))))
        .start()
}

#[track_caller]
fn assert_own_keys_fail(report: &Preflight, cure: &str) {
    let finding = only(report, Check::OwnKeys);
    assert_eq!(finding.status, Status::Failure, "{report}");
    assert_cure(finding, cure);
}

#[tokio::test]
async fn a_key_that_is_published_and_that_the_ehr_knows_is_ok() {
    for profile in [Profile::Es384, Profile::Rs384] {
        let app = App::builder().profile(profile).start();
        let report = app.config.preflight().await;
        for check in [
            Check::OwnKeys,
            Check::ClientAuth,
            Check::SigningAlgorithm,
            Check::TokenEndpoint,
        ] {
            let finding = report.findings().iter().find(|finding| finding.check == check).unwrap();
            assert_eq!(finding.status, Status::Ok, "{report}");
        }
        let registration = &report.registrations()[0];
        assert_eq!(
            registration.jwks_url.as_deref(),
            Some(app.url("/.well-known/jwks.json").as_str())
        );
    }
}

#[tokio::test]
async fn another_key_under_our_kid_is_found() {
    let stranger = publishing("ec-1", RSA_KEY);
    let report = with_keys_at(&stranger.url("/.well-known/jwks.json")).await;
    assert_own_keys_fail(&report, "SMART_PRIVATE_KEY_PATH");
}

#[tokio::test]
async fn a_key_set_that_lacks_our_kid_is_found() {
    let other = publishing("other-1", PRIVATE_KEY);
    let report = with_keys_at(&other.url("/.well-known/jwks.json")).await;
    assert_own_keys_fail(&report, "SMART_KEY_ID");
    assert!(only(&report, Check::OwnKeys).found.contains("`other-1`"), "{report}");
}

#[tokio::test]
async fn a_jwks_url_that_answers_404_is_found() {
    let server = RawServer::start();
    server.answer(http(404, "text/plain", "nothing here"));
    let report = with_keys_at(&format!("{}/jwks.json", server.origin)).await;
    assert_own_keys_fail(&report, "proxy");
}

#[tokio::test]
async fn a_key_set_with_the_private_half_is_found() {
    let server = RawServer::start();
    let keys = json!({"keys": [{"kid": "ec-1", "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "d": "AA"}]});
    server.answer(http(200, "application/json", keys.to_string()));
    let report = with_keys_at(&format!("{}/jwks.json", server.origin)).await;
    assert_own_keys_fail(&report, "new key");
}

#[tokio::test]
async fn a_jwks_url_that_cannot_be_reached_from_here_is_a_warning() {
    let closed = ClosedPort::new();
    let address = format!("{}/jwks.json", closed.origin());
    let report = with_keys_at(&address).await;
    let finding = only(&report, Check::OwnKeys);
    assert_eq!(finding.status, Status::Warning, "{report}");
    assert_cure(finding, "Start the application");
}

#[tokio::test]
async fn a_key_that_the_ehr_does_not_have_is_refused_by_its_token_endpoint() {
    let app = App::builder()
        .profile(Profile::Es384)
        .ehr(|ehr| ehr.client_auth(PrivateKeyJwt::new("ec-2", PrivateKey::pem(PRIVATE_KEY))))
        .start();
    app.sandbox
        .register(actix_smart_auth::sandbox::SandboxClient::private_key_jwt(
            crate::support::CLIENT_ID,
            app.url("/auth/callback"),
            actix_smart_auth::sandbox::Jwks::Value(json!({"keys": []})),
        ));
    let report = app.config.preflight().await;
    assert_fails(&report, Check::TokenEndpoint, "`kid`");
}

#[tokio::test]
async fn an_algorithm_that_the_ehr_does_not_list_is_found() {
    let app = App::builder().profile(Profile::Es384).start();
    app.sandbox
        .set_metadata_field("token_endpoint_auth_signing_alg_values_supported", json!(["RS384"]));
    let report = app.config.preflight().await;
    let finding = only(&report, Check::SigningAlgorithm);
    assert_eq!(finding.status, Status::Warning, "{report}");
    assert!(
        finding.found.contains("ES384") && finding.found.contains("RS384"),
        "{report}"
    );
    assert_cure(finding, "SMART_PRIVATE_KEY_PATH");
}

#[tokio::test]
async fn of_two_keys_the_one_is_looked_at_that_the_ehr_takes() {
    for (listed, kid) in [
        (vec!["RS384"], "rsa-1"),
        (vec!["ES384"], "ec-1"),
        (vec!["ES384", "RS384"], "ec-1"),
    ] {
        let report = with_two_keys_where_listed(&listed).await;
        let looked_at = format!("The key `{kid}` signs");
        assert!(report.to_string().contains(&looked_at), "{listed:?}: {report}");
    }
    let report = with_two_keys_where_listed(&["RS256"]).await;
    let finding = only(&report, Check::SigningAlgorithm);
    assert_eq!(finding.status, Status::Warning, "{report}");
    assert!(finding.found.contains("RS256"), "{report}");
}

#[tokio::test]
async fn openid_without_an_address_of_keys_is_found() {
    let sandbox = good_sandbox();
    sandbox.set_metadata_field("jwks_uri", Value::Null);
    sandbox.set_metadata_field("issuer", Value::Null);
    let report = report(registration(sandbox.fhir_base_url())).await;
    assert_fails(&report, Check::IdTokenKeys, "Quirks::id_token_jwks_uri");
}

#[tokio::test]
async fn keys_of_the_ehr_that_cannot_be_fetched_are_found() {
    let sandbox = good_sandbox();
    let server = RawServer::start();
    for answer in [
        http(404, "text/plain", "no"),
        http(200, "application/json", r#"{"keys": []}"#),
    ] {
        server.answer(answer);
        sandbox.set_metadata_field("jwks_uri", format!("{}/keys", server.origin));
        assert_fails(
            &report(registration(sandbox.fhir_base_url())).await,
            Check::IdTokenKeys,
            "jwks_uri",
        );
    }
}
