//! A server that does not say whether a token is good: nobody is told that it is not.

use std::time::Duration;

use actix_smart_auth::{
    AccessToken, ClientAuth, SmartConfig,
    resource_server::{CallerTokenErrorKind as Kind, CallerTokens, IntrospectWith, NotChecked},
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::json;

use super::{Api, call, config_with, registration};
use crate::support::Logs;

async fn cause(config: &SmartConfig, api: &Api, token: &str) -> NotChecked {
    let server = config.resource_server(&api.sandbox.fhir_base_url());
    let error = server.check(&AccessToken::new(token)).await.unwrap_err();
    match error.kind() {
        Kind::NotChecked { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_check_that_fails_is_one_line_of_the_log_however_many_wait_for_it() {
    for (fault, level) in [(Fault::Status(503), "WARN"), (Fault::InvalidClient, "ERROR")] {
        let api = Api::start();
        let token = api.token().await;
        let logs = Logs::collect();
        api.inject(fault.clone(), Times::Always);
        assert_eq!(api.call(&token).await.status, 503);
        let text = logs.text();
        let base = api.sandbox.fhir_base_url();
        let loud: Vec<_> = text
            .lines()
            .filter(|line| line.contains(&base) && (line.contains("WARN") || line.contains("ERROR")))
            .collect();
        assert!(loud.len() == 1 && loud[0].contains(level), "{fault:?}: {text}");
    }
}

#[actix_web::test]
async fn each_failure_is_503_with_a_time_and_without_a_challenge() {
    let raw = |body: &str| Fault::Raw {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.as_bytes().to_vec(),
    };
    let failures = [
        (Fault::Reset, NotChecked::NoAnswer),
        (Fault::Hang(Duration::ZERO), NotChecked::NoAnswer),
        (Fault::Status(503), NotChecked::EhrTrouble),
        (Fault::TooManyRequests { retry_after: None }, NotChecked::EhrTrouble),
        (Fault::HtmlBody { status: 200 }, NotChecked::UnusableAnswer),
        (Fault::EmptyBody, NotChecked::UnusableAnswer),
        (raw("[]"), NotChecked::UnusableAnswer),
        (raw("{}"), NotChecked::UnusableAnswer),
        (raw(r#"{"active":1}"#), NotChecked::UnusableAnswer),
        (raw(r#"{"active":true,"active":true}"#), NotChecked::UnusableAnswer),
        (raw(r#"{"active":true,"exp":"soon"}"#), NotChecked::UnusableAnswer),
        (raw(r#"{"active":true,"exp":-1}"#), NotChecked::UnusableAnswer),
        (raw(r#"{"active":true,"nbf":{}}"#), NotChecked::UnusableAnswer),
        (raw(r#"{"active":true,"patient":"../x"}"#), NotChecked::UnusableAnswer),
        (Fault::InvalidClient, NotChecked::ClientRefused),
        (Fault::Status(403), NotChecked::ClientRefused),
        (
            Fault::OAuthError {
                status: 400,
                error: "invalid_request".to_owned(),
                description: None,
            },
            NotChecked::Refused,
        ),
    ];
    for (fault, expected) in failures {
        let api = Api::start();
        let token = api.token().await;
        api.inject(fault.clone(), Times::Always);
        let answer = api.call(&token).await;
        assert_eq!((answer.status, answer.code()), (503, "ehr-unavailable"), "{fault:?}");
        assert_eq!(answer.challenge, None, "{fault:?}");
        assert_eq!(answer.retry_after.as_deref(), Some("5"), "{fault:?}");
        assert_eq!(cause(&api.config, &api, &token).await, expected, "{fault:?}");
        // The same failure is answered again for a second, and the server left alone.
        let asked = api.asked().len();
        api.advance_millis(999);
        let again = api.call(&token).await;
        assert_eq!(
            (again.status, again.retry_after.as_deref()),
            (503, Some("1")),
            "{fault:?}"
        );
        assert_eq!(api.asked().len(), asked, "{fault:?}");
        api.advance_millis(1);
        api.sandbox.clear_faults();
        assert_eq!(api.call(&token).await.status, 200, "{fault:?}");
    }
}

#[actix_web::test]
async fn a_redirect_is_not_followed() {
    let api = Api::start();
    let token = api.token().await;
    let location = format!("{}/introspect", api.sandbox.fhir_base_url());
    api.inject(Fault::Redirect { status: 307, location }, Times::Always);
    assert_eq!(cause(&api.config, &api, &token).await, NotChecked::UnusableAnswer);
    assert_eq!(api.asked().len(), 1);
}

#[actix_web::test]
async fn wrong_credentials_are_our_mistake_and_not_the_callers() {
    let api = Api::start();
    let wrong = registration(&api.sandbox, CallerTokens::new()).client_auth(ClientAuth::client_secret("another"));
    let config = config_with(&api.clock, [wrong]);
    let token = api.token().await;
    assert_eq!(cause(&config, &api, &token).await, NotChecked::ClientRefused);
    let answer = call(&config, "/results", &[&format!("Bearer {token}")]).await;
    assert_eq!((answer.status, answer.challenge), (503, None));
}

#[actix_web::test]
async fn without_metadata_or_without_an_endpoint_nobody_is_asked() {
    let api = Api::start();
    let token = api.token().await;
    let fresh = || config_with(&api.clock, [registration(&api.sandbox, CallerTokens::new())]);
    let metadata = |fault| {
        api.sandbox
            .inject(FaultPoint::Metadata, When::Before, fault, Times::Once)
    };
    metadata(Fault::Status(503));
    assert_eq!(cause(&fresh(), &api, &token).await, NotChecked::NoMetadata);
    metadata(Fault::SetFields(
        json!({"introspection_endpoint": null}).as_object().unwrap().clone(),
    ));
    assert_eq!(cause(&fresh(), &api, &token).await, NotChecked::NoEndpoint);
    assert_eq!(api.asked().len(), 0);
    // It may be named by hand.
    metadata(Fault::SetFields(
        json!({"introspection_endpoint": null}).as_object().unwrap().clone(),
    ));
    let named = CallerTokens::new().endpoint(api.sandbox.introspection_endpoint());
    let config = config_with(&api.clock, [registration(&api.sandbox, named)]);
    let answer = call(&config, "/results", &[&format!("Bearer {token}")]).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn after_the_shutdown_no_token_is_checked() {
    let api = Api::start();
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    api.config.shutdown(Duration::from_secs(5)).await;
    api.advance_millis(30_000);
    assert_eq!(cause(&api.config, &api, &token).await, NotChecked::ShuttingDown);
}

#[actix_web::test]
async fn a_server_that_refuses_callers_tokens_as_credentials_says_nothing_about_them() {
    for code in ["invalid_client", "unauthorized_client"] {
        let api = Api::with(CallerTokens::new().introspect_with(IntrospectWith::CallersToken));
        let token = api.token().await;
        let refused = Fault::OAuthError {
            status: 401,
            error: code.to_owned(),
            description: None,
        };
        api.inject(refused, Times::Always);
        let answer = api.call(&token).await;
        assert_eq!((answer.status, answer.challenge), (503, None), "{code}");
    }
}

#[actix_web::test]
async fn a_server_in_trouble_is_no_flood_of_invented_tokens() {
    let api = Api::start();
    api.inject(Fault::Status(503), Times::Always);
    for number in 0..40 {
        let cause = cause(&api.config, &api, &format!("token-{number}")).await;
        assert_eq!(cause, NotChecked::EhrTrouble, "{number}");
    }
}

#[actix_web::test]
async fn while_metadata_hangs_a_crowd_of_callers_is_turned_away_at_once() {
    let api = Api::start();
    let hanging = Fault::Delay(Duration::from_secs(2));
    api.sandbox
        .inject(FaultPoint::Metadata, When::Before, hanging, Times::Always);
    let server = api.server();
    let callers: Vec<_> = (0..400)
        .map(|number| {
            let (server, token) = (server.clone(), AccessToken::new(format!("token-{number}")));
            actix_web::rt::spawn(async move { server.check(&token).await.unwrap_err() })
        })
        .collect();
    let mut busy = 0;
    for caller in callers {
        let error = caller.await.unwrap();
        if let Kind::NotChecked {
            cause: NotChecked::Busy,
            ..
        } = error.kind()
        {
            busy += 1;
        }
    }
    // Eight are under way, and 256 wait for one of their places.
    assert!(busy >= 400 - 264, "{busy}");
}
