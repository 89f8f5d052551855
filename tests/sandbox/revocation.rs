//! Revocation, introspection, and what a test can end from outside.

use actix_smart_auth::sandbox::SandboxClient;

use crate::support::*;

#[actix_web::test]
async fn revocation_ends_what_the_token_stands_for() {
    for kind in [Kind::Public, Kind::Secret, Kind::Ec] {
        let (sandbox, clock) = sandbox(kind);
        let answer = tokens(kind, &sandbox, &clock, &authorization(&sandbox)).await;
        let revoke = async |token: &str| {
            let form = Form::of(&[("token", token)]);
            post_as(kind, &sandbox, &clock, &sandbox.revocation_endpoint(), &form)
                .await
                .status
        };
        assert_eq!(revoke("unknown").await, 200);
        assert_eq!(revoke(&answer.text("access_token")).await, 200);
        assert_eq!(
            fhir(&sandbox, &answer.text("access_token"), "Patient/amber-testwood")
                .await
                .status,
            401
        );
        assert!(!sandbox.grants()[0].revoked);
        assert_eq!(revoke(&answer.text("refresh_token")).await, 200);
        assert!(sandbox.grants()[0].revoked);
        let unauthenticated = Form::of(&[("token", "x")])
            .post(&sandbox.revocation_endpoint(), &[])
            .await;
        unauthenticated.is_error(401, "invalid_client");
    }
}

#[actix_web::test]
async fn a_token_of_another_client_is_neither_revoked_nor_described() {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::public("other", CALLBACK));
    let answer = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = Form::of(&[("token", &answer.text("refresh_token")), ("client_id", "other")]);
    form.post(&sandbox.revocation_endpoint(), &[])
        .await
        .is_error(400, "unauthorized_client");
    assert!(!sandbox.grants()[0].revoked);
    assert_eq!(
        form.post(&sandbox.introspection_endpoint(), &[]).await.json(),
        serde_json::json!({"active": false})
    );
}

#[actix_web::test]
async fn introspection_describes_a_live_token_only() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let answer = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let ask = async |token: &str| {
        let form = Form::of(&[("token", token), ("client_id", CLIENT)]);
        form.post(&sandbox.introspection_endpoint(), &[]).await.json()
    };
    let described = ask(&answer.text("access_token")).await;
    assert_eq!(described["active"], true);
    assert_eq!(
        (&described["patient"], &described["client_id"]),
        (&"amber-testwood".into(), &CLIENT.into())
    );
    assert_eq!(described["sub"], sandbox.users()[0].subject());
    assert_eq!(ask(&answer.text("refresh_token")).await["active"], true);
    sandbox.expire_access_tokens();
    assert_eq!(
        ask(&answer.text("access_token")).await,
        serde_json::json!({"active": false})
    );
    assert_eq!(ask(&answer.text("refresh_token")).await["active"], true);
}

#[actix_web::test]
async fn introspection_may_be_authorised_with_a_live_access_token() {
    let (sandbox, clock) = sandbox(Kind::Secret);
    let answer = tokens(Kind::Secret, &sandbox, &clock, &authorization(&sandbox)).await;
    let token = answer.text("access_token");
    let ask = async |bearer: &str| {
        let form = Form::of(&[("token", &token)]);
        let header = format!("Bearer {bearer}");
        form.post(&sandbox.introspection_endpoint(), &[("authorization", &header)])
            .await
    };
    assert_eq!(ask(&token).await.json()["active"], true);
    ask("unknown").await.is_error(401, "invalid_token");
    sandbox.expire_access_tokens();
    ask(&token).await.is_error(401, "invalid_token");
}

#[actix_web::test]
async fn a_test_can_revoke_and_expire_from_outside() {
    let (sandbox, clock) = sandbox(Kind::Public);
    let url = sandbox.token_endpoint();
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    sandbox.expire_access_tokens();
    assert_eq!(
        fhir(&sandbox, &first.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        401
    );
    let second = post_as(
        Kind::Public,
        &sandbox,
        &clock,
        &url,
        &refresh(&first.text("refresh_token")),
    )
    .await;
    assert_eq!(
        fhir(&sandbox, &second.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        200
    );
    sandbox.revoke_everything();
    assert_eq!(
        fhir(&sandbox, &second.text("access_token"), "Patient/amber-testwood")
            .await
            .status,
        401
    );
    let form = refresh(&second.text("refresh_token"));
    post_as(Kind::Public, &sandbox, &clock, &url, &form)
        .await
        .is_error(400, "invalid_grant");
    assert_eq!(sandbox.reuse_detections(), 0);
}
