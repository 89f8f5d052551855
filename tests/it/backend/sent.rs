//! What the EHR is sent (SMART App Launch 2.2, Backend Services; Inferno's assertions on it).

use std::collections::BTreeSet;

use actix_smart_auth::sandbox::{Endpoint, SandboxClient};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{CLIENT, Job, LIFE, SCOPES, registration, text};
use crate::support::RSA_KEY;

fn part(jwt: &str, at: usize) -> Value {
    let part = jwt.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[actix_web::test]
async fn a_request_has_the_four_members_of_backend_services_and_nothing_else() {
    let job = Job::start();
    let token = job.token().await;
    assert_eq!(token.granted_scopes().to_string(), SCOPES);
    assert_eq!(token.expires_at().as_millis(), now(&job) + LIFE * 1_000);
    let requests = job.sandbox.token_requests();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    let names: BTreeSet<_> = request.form().into_iter().map(|(name, _)| name).collect();
    let expected = ["client_assertion", "client_assertion_type", "grant_type", "scope"];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(request.parameter("grant_type").unwrap(), "client_credentials");
    assert_eq!(request.parameter("scope").unwrap(), SCOPES);
    assert_eq!(
        request.parameter("client_assertion_type").unwrap(),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(request.header("authorization"), None);
    assert!(
        request
            .header("content-type")
            .unwrap()
            .starts_with("application/x-www-form-urlencoded")
    );
}

fn now(job: &Job) -> u64 {
    use actix_smart_auth::time::Clock as _;
    job.clock.now().as_millis()
}

#[actix_web::test]
async fn each_assertion_is_for_this_client_and_endpoint_and_has_an_id_of_its_own() {
    let job = Job::start();
    let mut moments = vec![now(&job)];
    job.token().await;
    job.advance(LIFE);
    moments.push(now(&job));
    job.token().await;
    let requests = job.sandbox.token_requests();
    let assertions: Vec<_> = requests
        .iter()
        .map(|it| it.parameter("client_assertion").unwrap())
        .collect();
    assert_eq!(assertions.len(), 2);
    let mut ids = BTreeSet::new();
    for (assertion, sent_at) in assertions.iter().zip(moments) {
        let (header, claims) = (part(assertion, 0), part(assertion, 1));
        assert_eq!(
            [&header["alg"], &header["kid"], &header["typ"]],
            ["ES384", "ec-1", "JWT"]
        );
        assert_eq!([&claims["iss"], &claims["sub"]], [CLIENT, CLIENT]);
        assert_eq!(claims["aud"], job.sandbox.token_endpoint());
        let life = claims["exp"].as_u64().unwrap() - sent_at / 1_000;
        assert!((1..=300).contains(&life), "{life}");
        ids.insert(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 2);
}

#[actix_web::test]
async fn an_rsa_key_signs_with_rs384() {
    use actix_smart_auth::{PrivateKey, PrivateKeyJwt};
    let job = Job::with(|ehr| ehr.client_auth(PrivateKeyJwt::new("rsa-1", PrivateKey::pem(RSA_KEY))));
    job.token().await;
    let assertion = job.sandbox.token_requests()[0].parameter("client_assertion").unwrap();
    assert_eq!(part(&assertion, 0)["alg"], "RS384");
}

#[actix_web::test]
async fn a_client_with_a_secret_may_ask_where_the_server_takes_one() {
    use actix_smart_auth::ClientAuth;
    let job = Job::start();
    let client = SandboxClient::secret("by-secret", "http://127.0.0.1:1/callback", "the-secret").and_backend();
    job.sandbox.register(client);
    let by_secret = registration(job.sandbox.fhir_base_url())
        .client_id("by-secret")
        .client_auth(ClientAuth::client_secret("the-secret"));
    job.config.put_ehr(by_secret).unwrap();
    job.token().await;
    assert!(
        job.sandbox.token_requests()[0]
            .header("authorization")
            .unwrap()
            .starts_with("Basic ")
    );
}

#[actix_web::test]
async fn the_token_reads_the_records_of_all_patients() {
    let job = Job::start();
    let patients: Vec<Value> = job.client().fhir().search("Patient").all(100).await.unwrap();
    assert!(patients.len() > 1, "{}", patients.len());
    let token = job.token().await;
    let received = job.sandbox.received_requests();
    let asked: Vec<_> = received.iter().filter(|it| it.endpoint == Endpoint::Fhir).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].header("authorization").unwrap(),
        format!("Bearer {}", text(&token))
    );
    assert_eq!(job.requests(), 1);
}

#[actix_web::test]
async fn scopes_that_are_not_granted_are_known() {
    let job = Job::start();
    let jwks = serde_json::from_str(&job.config.jwks().unwrap()).unwrap();
    let narrow = SandboxClient::backend(CLIENT, actix_smart_auth::sandbox::Jwks::Value(jwks));
    job.sandbox.register(narrow.scopes(["system/Patient.rs"]));
    assert_eq!(job.token().await.granted_scopes().to_string(), "system/Patient.rs");
    let refused = job
        .client()
        .fhir()
        .search("Observation")
        .all::<Value>(1)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("system/Observation.s"), "{refused}");
}
