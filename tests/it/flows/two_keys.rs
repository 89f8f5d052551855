//! An application with an RSA and an EC key: the EHR's list says which signs.

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartConfig,
    sandbox::{Jwks, Peculiarity, SandboxClient, SandboxServer},
    signer::SigningAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{App, AppBuilder, Browser, Logs, PRIVATE_KEY, Profile, RSA_KEY};

const LIST: &str = "token_endpoint_auth_signing_alg_values_supported";
const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::Rs384, SigningAlgorithm::Es384];

fn ec_first() -> PrivateKeyJwt {
    PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).or("rsa-1", PrivateKey::pem(RSA_KEY))
}

fn rsa_first() -> PrivateKeyJwt {
    PrivateKeyJwt::new("rsa-1", PrivateKey::pem(RSA_KEY)).or("ec-1", PrivateKey::pem(PRIVATE_KEY))
}

fn app(keys: PrivateKeyJwt) -> AppBuilder {
    App::builder()
        .profile(Profile::Es384)
        .ehr(move |ehr| ehr.client_auth(keys))
}

/// Key and algorithm of each assertion that the sandbox got, at whichever endpoint.
fn signed_by(sandbox: &SandboxServer) -> Vec<(String, String)> {
    let requests = sandbox.received_requests();
    let assertions = requests
        .iter()
        .filter_map(|request| request.parameter("client_assertion"));
    assertions
        .map(|assertion| {
            let header = assertion.split('.').next().unwrap();
            let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
            let text = |name: &str| header[name].as_str().unwrap().to_owned();
            (text("kid"), text("alg"))
        })
        .collect()
}

fn times(count: usize, kid: &str, algorithm: &str) -> Vec<(String, String)> {
    vec![(kid.to_owned(), algorithm.to_owned()); count]
}

#[actix_web::test]
async fn a_server_that_takes_one_algorithm_gets_it_in_every_request_of_a_launch() {
    for keys in [ec_first, rsa_first] {
        for algorithm in ALGORITHMS {
            let app = app(keys())
                .sandbox(|sandbox| sandbox.peculiarity(Peculiarity::OneAssertionAlgorithm(algorithm.name().to_owned())))
                .start();
            let browser = Browser::new();
            let page = browser.navigate(&app.url("/auth/launch")).await;
            assert_eq!(page.body, "patient amber-testwood", "{algorithm:?}");
            app.advance(3400);
            assert_eq!(browser.get(&page.url).await.status, 200);
            assert_eq!((app.exchanges(), app.refreshes()), (1, 1));
            // A sign-out revokes.
            let sign_out = page.url.replace("/patient", "/auth/logout");
            assert_eq!(browser.post(&sign_out).await.status, 200);
            app.config.shutdown(std::time::Duration::from_secs(5)).await;
            let kid = if algorithm == SigningAlgorithm::Rs384 {
                "rsa-1"
            } else {
                "ec-1"
            };
            let signed = signed_by(&app.sandbox);
            assert!(signed.len() >= 3, "a revocation was sent: {signed:?}");
            assert_eq!(signed, times(signed.len(), kid, algorithm.name()));
        }
    }
}

#[actix_web::test]
async fn what_is_listed_when_a_launch_begins_holds_for_its_refreshes() {
    let app = app(ec_first()).start();
    app.sandbox.set_metadata_field(LIST, json!(["RS384"]));
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
    app.sandbox.set_metadata_field(LIST, json!(["ES384"]));
    // The metadata is fetched again within that time; a launch that begins now signs by the new list.
    app.advance(86_400 - 3600);
    let later = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(later.body, "patient amber-testwood");
    let signed = signed_by(&app.sandbox);
    assert_eq!(signed, [times(1, "rsa-1", "RS384"), times(1, "ec-1", "ES384")].concat());
}

#[actix_web::test]
async fn the_first_key_signs_where_the_list_has_both_or_neither_or_is_missing() {
    for listed in [json!(["RS384", "ES384"]), json!(["RS256"]), Value::Null] {
        for (keys, kid, algorithm) in [(ec_first(), "ec-1", "ES384"), (rsa_first(), "rsa-1", "RS384")] {
            let (app, log) = (app(keys).start(), Logs::collect());
            app.sandbox.set_metadata_field(LIST, listed.clone());
            let browser = Browser::new();
            let page = browser.navigate(&app.url("/auth/launch")).await;
            app.advance(3400);
            assert_eq!(browser.get(&page.url).await.status, 200);
            assert_eq!(signed_by(&app.sandbox), times(2, kid, algorithm), "{listed}");
            let (text, own) = (log.text(), app.sandbox.fhir_base_url());
            let said = text
                .lines()
                .any(|line| line.contains("does not list the algorithm of the signing key") && line.contains(&own));
            assert_eq!(said, listed == json!(["RS256"]), "{listed}");
        }
    }
}

#[actix_web::test]
async fn a_server_that_takes_the_other_algorithm_refuses_a_single_key() {
    let app = App::builder()
        .profile(Profile::Es384)
        .sandbox(|sandbox| sandbox.peculiarity(Peculiarity::OneAssertionAlgorithm("RS384".to_owned())))
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert!(page.body.contains("Code: client-refused"), "{}", page.body);
}

#[actix_web::test]
async fn a_backend_token_is_signed_by_the_list_too() {
    for algorithm in ALGORITHMS {
        let sandbox = crate::support::strict_ehr()
            .peculiarity(Peculiarity::OneAssertionAlgorithm(algorithm.name().to_owned()))
            .start()
            .unwrap();
        let ehr = Ehr::builder(sandbox.fhir_base_url())
            .client_id("nightly")
            .client_auth(rsa_first())
            .backend_scopes("system/Observation.rs");
        let config = SmartConfig::builder().ehr(ehr).build().unwrap();
        let jwks: Value = serde_json::from_str(&config.jwks().unwrap()).unwrap();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
        sandbox.register(SandboxClient::backend("nightly", Jwks::Value(jwks)));
        config.backend(&sandbox.fhir_base_url()).token().await.unwrap();
        let kid = if algorithm == SigningAlgorithm::Rs384 {
            "rsa-1"
        } else {
            "ec-1"
        };
        assert_eq!(signed_by(&sandbox), times(1, kid, algorithm.name()));
    }
}
