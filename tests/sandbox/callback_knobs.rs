//! What the authorization server can get wrong in its answer, and how long refresh tokens live.

use std::time::Duration;

use actix_smart_auth::sandbox::{IssParameter, StateParameter};

use crate::support::*;

#[actix_web::test]
async fn the_state_of_an_answer_can_be_another_or_missing() {
    let (sandbox, _) = sandbox(Kind::Public);
    let request = authorization(&sandbox);
    let endpoint = sandbox.authorization_endpoint();
    sandbox.set_state_parameter(StateParameter::Altered);
    let answer = request.get(&endpoint).await;
    assert!(answer.location("code").is_some());
    assert!(answer.location("state").is_some_and(|state| state != STATE));
    sandbox.set_state_parameter(StateParameter::Absent);
    let answer = request.get(&endpoint).await;
    assert!(answer.location("code").is_some());
    assert_eq!(answer.location("state"), None);
    sandbox.set_state_parameter(StateParameter::Returned);
    assert_eq!(request.get(&endpoint).await.location("state").as_deref(), Some(STATE));
}

#[actix_web::test]
async fn the_iss_of_an_answer_can_be_that_of_another_server() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.set_iss_parameter(IssParameter::OfAnotherServer);
    let answer = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    assert!(answer.location("iss").is_some_and(|iss| iss != sandbox.fhir_base_url()));
    let url = format!("{}/.well-known/smart-configuration", sandbox.fhir_base_url());
    assert_eq!(
        get(&url).await.json()["authorization_response_iss_parameter_supported"],
        true
    );
    sandbox.set_iss_parameter(IssParameter::Sent);
    let answer = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("iss"), Some(sandbox.fhir_base_url()));
}

#[actix_web::test]
async fn a_refresh_token_works_until_its_lifetime_is_over_and_a_new_one_from_then_on_as_long() {
    let clock = actix_smart_auth::time::ManualClock::default();
    let sandbox = strict()
        .clock(clock.clone())
        .client(client(Kind::Public))
        .refresh_token_lifetime(Duration::from_secs(100))
        .start()
        .unwrap();
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    clock.advance(Duration::from_millis(99_999));
    let again = refresh(&first.text("refresh_token"));
    let url = sandbox.token_endpoint();
    let second = post_as(Kind::Public, &sandbox, &clock, &url, &again).await;
    assert_eq!(second.status, 200, "{second:?}");
    clock.advance(Duration::from_secs(100));
    let again = refresh(&second.text("refresh_token"));
    post_as(Kind::Public, &sandbox, &clock, &url, &again)
        .await
        .is_error(400, "invalid_grant");
    assert_eq!(sandbox.reuse_detections(), 0);
}
