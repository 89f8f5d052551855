//! What a handler learns of a caller.

use actix_smart_auth::{
    SmartClient,
    error::InsufficientScope,
    resource_server::{CallerTokenErrorKind, CallerTokens, IntrospectWith},
    sandbox::{Fault, SandboxClient, Times},
};
use serde_json::{Value, json};

use super::{Api, CALLER, LIFE, OURS, SCOPES, SECRET, call, config_with, registration};
use crate::support::{App, CLIENT_ID, Profile};

#[actix_web::test]
async fn a_caller_with_a_good_token_is_served_and_the_server_was_asked_as_rfc_7662_says() {
    let api = Api::start();
    let token = api.token().await;
    let answer = api.call(&token).await;
    assert_eq!((answer.status, answer.challenge), (200, None));
    assert_eq!(
        answer.body,
        json!({
            "ehr": api.sandbox.fhir_base_url(), "scope": SCOPES, "client_id": CALLER, "exp": api.now() + LIFE,
            "patient": null, "encounter": null, "sub": null, "iss": null, "fhir_user": null, "intent": null,
        })
    );
    let asked = api.asked();
    let [request] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/introspect")
    );
    assert_eq!(request.parameter("token").as_deref(), Some(token.as_str()));
    assert_eq!(request.parameter("token_type_hint").as_deref(), Some("access_token"));
    assert!(request.header("authorization").unwrap().starts_with("Basic "));
}

#[actix_web::test]
async fn the_context_and_the_user_of_a_launch_come_along() {
    let launched = App::builder().profile(Profile::Secret).start();
    let client = SmartClient::new(&launched.config).unwrap();
    let options = actix_smart_auth::StartOptions::standalone();
    let (pending, query) = crate::smart_client::sign_in(&client, options).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    launched.sandbox.register(SandboxClient::resource_server(OURS, SECRET));
    let config = config_with(&launched.clock, [registration(&launched.sandbox, CallerTokens::new())]);
    let token = authorized.tokens().access_token().expose_secret();
    let answer = call(&config, "/results", &[&format!("bearer {token}")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let user = launched.sandbox.users()[0].clone();
    let base = launched.sandbox.fhir_base_url();
    let expected = [
        ("client_id", json!(CLIENT_ID)),
        ("patient", json!(authorized.tokens().context().patient())),
        ("sub", json!(user.subject())),
        ("iss", json!(base)),
    ];
    for (name, value) in expected {
        assert_eq!(answer.body[name], value, "{name}");
    }
    assert!(answer.body["fhir_user"].as_str().unwrap().starts_with(&base));
    assert_ne!(answer.body["patient"], Value::Null);
}

#[actix_web::test]
async fn scopes_are_compared_by_what_they_cover() {
    let api = Api::start();
    let token = format!("Bearer {}", api.token().await);
    assert_eq!(call(&api.config, "/read", &[&token]).await.status, 200);

    let answer = call(&api.config, "/orders", &[&token]).await;
    assert_eq!((answer.status, answer.code()), (403, "insufficient-scope"));
    let challenge = format!(
        "Bearer realm=\"{}\", error=\"insufficient_scope\", scope=\"system/Observation.r?category=laboratory \
         system/ServiceRequest.c\"",
        api.sandbox.fhir_base_url()
    );
    assert_eq!(answer.challenge.as_deref(), Some(challenge.as_str()));
    assert_eq!(answer.body["error"], "insufficient_scope");
    assert_eq!(answer.body["missing_scopes"], "system/ServiceRequest.c");

    let checked = api
        .server()
        .check(&actix_smart_auth::AccessToken::new(&token[7..]))
        .await
        .unwrap();
    for none in ["", " "] {
        let error = checked.require_scopes(none).unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (&CallerTokenErrorKind::NoScopes, 500),
            "{none:?}"
        );
    }
    let error = checked.require_scopes("system/*.cruds").unwrap_err();
    let lack = |kind: &CallerTokenErrorKind| -> Option<InsufficientScope> {
        match kind {
            CallerTokenErrorKind::InsufficientScope(lack) => Some(lack.clone()),
            _ => None,
        }
    };
    assert_eq!(lack(error.kind()).unwrap().missing().as_str(), "system/*.cruds");
}

#[actix_web::test]
async fn a_token_without_a_scope_is_good_for_nothing() {
    let api = Api::start();
    for scope in [json!(null), json!(7), json!("")] {
        api.says(&json!({ "scope": scope }), Times::Once);
        let token = format!("Bearer {}", api.token().await);
        assert_eq!(call(&api.config, "/read", &[&token]).await.status, 403, "{scope}");
    }
}

#[actix_web::test]
async fn the_server_may_be_asked_with_the_applications_own_token_or_with_the_callers() {
    let with = |with| CallerTokens::new().introspect_with(with);
    let api = Api::with(with(IntrospectWith::CallersToken));
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    assert_eq!(
        api.asked()[0].header("authorization"),
        Some(format!("Bearer {token}").as_str())
    );
    // It says 401 of such a question, which is an answer.
    let answer = api.call("invented").await;
    assert_eq!((answer.status, answer.code()), (401, "access-token-refused"));

    api.sandbox.register(
        SandboxClient::secret(OURS, "https://app.example/x", SECRET)
            .and_backend()
            .and_resource_server(),
    );
    let own = registration(&api.sandbox, with(IntrospectWith::BackendToken)).backend_scopes("system/Patient.r");
    let config = config_with(&api.clock, [own]);
    let header = format!("Bearer {token}");
    assert_eq!(call(&config, "/results", &[&header]).await.status, 200);
    let own = config.backend(&api.sandbox.fhir_base_url()).token().await.unwrap();
    let own = format!("Bearer {}", own.access_token().expose_secret());
    assert_eq!(api.asked().last().unwrap().header("authorization"), Some(own.as_str()));
}

#[actix_web::test]
async fn an_own_token_that_the_server_refuses_is_replaced_once() {
    let api = Api::start();
    api.sandbox.register(
        SandboxClient::secret(OURS, "https://app.example/x", SECRET)
            .and_backend()
            .and_resource_server(),
    );
    let tokens = CallerTokens::new().introspect_with(IntrospectWith::BackendToken);
    let config = config_with(
        &api.clock,
        [registration(&api.sandbox, tokens).backend_scopes("system/Patient.r")],
    );
    let header = format!("Bearer {}", api.token().await);
    config.backend(&api.sandbox.fhir_base_url()).token().await.unwrap();
    // So old that another one is worth asking for.
    api.advance_millis(20_000);
    api.inject(Fault::Status(401), Times::Once);
    assert_eq!(call(&config, "/results", &[&header]).await.status, 200);
    let used: Vec<_> = api
        .asked()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(used.len(), 2);
    assert_ne!(used[0], used[1]);
}

#[actix_web::test]
async fn a_client_that_is_no_resource_server_is_told_of_no_others_token() {
    let api = Api::start();
    api.sandbox
        .register(SandboxClient::secret(OURS, "https://app.example/x", SECRET));
    let token = api.token().await;
    let answer = api.call(&token).await;
    assert_eq!((answer.status, answer.code()), (401, "access-token-refused"));
}
