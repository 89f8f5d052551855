//! A sandbox that runs for months does not grow.

use std::{sync::Arc, time::Duration};

use actix_smart_auth::sandbox::{SandboxClient, SelfRegistration, control::ControlServer};
use serde_json::{Value, json};

use crate::support::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
/// What is over is looked for from so many on.
const MANY: usize = 2_000;

#[actix_web::test]
async fn grants_are_forgotten_a_day_after_the_last_of_their_tokens_was_over_and_those_that_can_be_renewed_stay() {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::secret("job", CALLBACK, "s3cret").and_backend());
    let renewable = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = Form::of(&[("grant_type", "client_credentials"), ("scope", "system/Patient.r")]);
    let basic = basic("job", "s3cret");
    let (form, headers, url) = (&form, [("authorization", basic.as_str())], sandbox.token_endpoint());
    let ask = || async { form.post(&url, &headers).await.text("access_token") };
    for _ in 2..MANY {
        ask().await;
    }
    clock.advance(HOUR + DAY - Duration::from_secs(1));
    let last = ask().await;
    assert_eq!(sandbox.grants().len(), MANY);
    clock.advance(Duration::from_secs(1));
    ask().await;
    let left = sandbox.grants();
    let clients: Vec<&str> = left.iter().map(|grant| grant.client_id.as_str()).collect();
    assert!(clients.len() < 10, "{} are left", clients.len());
    assert_eq!(clients, [CLIENT, "job", "job"]);
    assert_eq!(sandbox.grant_of_token(&last), Some(1));
    let again = post_as(
        Kind::Public,
        &sandbox,
        &clock,
        &url,
        &refresh(&renewable.text("refresh_token")),
    )
    .await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(sandbox.grants()[0].refreshes, 1);
    sandbox.revoke_grant(2);
    assert!(sandbox.grants()[2].revoked);

    // The control interface counts on: a number that somebody has read stays that of the same grant.
    let sandbox = Arc::new(sandbox);
    let control = ControlServer::builder()
        .ehr("ehr", Arc::clone(&sandbox))
        .start()
        .unwrap();
    let call = async |method: &str, path: &str, body: Value| {
        let url = format!("{}/ehrs/ehr/grants{path}", control.url());
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(method, &url, &[], &body).await.unwrap()
    };
    let listed = call("GET", "", Value::Null).await.json();
    let numbers: Vec<usize> = listed["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| usize::try_from(grant["number"].as_u64().unwrap()).unwrap())
        .collect();
    assert_eq!(numbers, [0, MANY - 1, MANY]);
    let of = call("POST", "/of-token", json!({ "token": last })).await;
    assert_eq!(of.json()["number"], MANY - 1);
    assert_eq!(call("DELETE", "/1", Value::Null).await.status, 404);
    assert!(!sandbox.grants()[1].revoked);
    assert_eq!(call("DELETE", &format!("/{}", MANY - 1), Value::Null).await.status, 204);
    assert!(sandbox.grants()[1].revoked);
}

#[actix_web::test]
async fn of_the_clients_that_registered_themselves_two_thousand_are_known_and_the_oldest_goes_with_its_grants() {
    let sandbox = strict().self_registration(SelfRegistration::Open).start().unwrap();
    let headers = [("content-type", "application/json")];
    let body = json!({"grant_types": ["client_credentials"], "response_types": [], "token_endpoint_auth_method": "client_secret_basic"});
    let (url, body) = (sandbox.registration_endpoint(), body.to_string());
    let register = async || send("POST", &url, &headers, &body).await.unwrap();
    let token = async |client: &Answer| {
        let basic = basic(&client.text("client_id"), &client.text("client_secret"));
        let form = Form::of(&[("grant_type", "client_credentials"), ("scope", "system/Patient.r")]);
        form.post(&sandbox.token_endpoint(), &[("authorization", &basic)]).await
    };
    let (oldest, second) = (register().await, register().await);
    let access = token(&oldest).await.text("access_token");
    for _ in 2..MANY {
        register().await;
    }
    assert_eq!(sandbox.client_ids().len(), MANY);
    assert_eq!(fhir(&sandbox, &access, "Patient/amber-testwood").await.status, 200);
    register().await;
    assert_eq!(sandbox.client_ids().len(), MANY);
    assert_eq!(fhir(&sandbox, &access, "Patient/amber-testwood").await.status, 401);
    assert_eq!(token(&oldest).await.status, 401);
    assert_eq!(token(&second).await.status, 200);
    // One that changes its registration is in use.
    let (address, bearer) = (
        second.text("registration_client_uri"),
        format!("Bearer {}", second.text("registration_access_token")),
    );
    let mut changed: Value = serde_json::from_str(&body).unwrap();
    changed["client_id"] = second.json()["client_id"].clone();
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    assert_eq!(
        send("PUT", &address, &headers, &changed.to_string())
            .await
            .unwrap()
            .status,
        200
    );
    register().await;
    assert_eq!(token(&second).await.status, 200);
}
