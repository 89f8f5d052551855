//! `SmartClient::revoke`.

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, PendingAuthorization, SmartClient, StartOptions,
    error::{EndpointError, RevokeError, TransportError},
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::Value;
use url::Url;

use super::{asked_for, fhir_status, revocations, revoked_grants, settled};
use crate::support::{App, Browser, Profile};

/// Starts, signs in, and gives the query that the redirect URI is opened with.
pub(super) async fn sign_in(client: &SmartClient, options: StartOptions) -> (PendingAuthorization, String) {
    let (redirect, pending) = client.start(options).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}");
    };
    let answer = Browser::new().get(url.as_str()).await;
    let callback = Url::parse(answer.location()).unwrap();
    (pending, callback.query().unwrap().to_owned())
}

/// A client with the tokens of a standalone launch.
pub(super) async fn authorized(app: &App) -> (SmartClient, Authorized) {
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    (client, authorized)
}

fn unsupported(app: &App, times: u32) {
    let fault = Fault::OAuthError {
        status: 400,
        error: "unsupported_token_type".to_owned(),
        description: None,
    };
    app.sandbox
        .inject(FaultPoint::Revocation, When::Before, fault, Times::N(times));
}

#[actix_web::test]
async fn it_revokes_both_tokens_for_every_client_type() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        let (client, authorized) = authorized(&app).await;
        let tokens = authorized.tokens();
        client.revoke(&authorized).await.unwrap();
        let refresh = tokens.refresh_token().unwrap().expose_secret().to_owned();
        let access = tokens.access_token().expose_secret().to_owned();
        assert_eq!(fhir_status(&app, &access).await, 401, "{profile:?}");
        let expected = [
            ("refresh_token".to_owned(), refresh),
            ("access_token".to_owned(), access),
        ];
        assert_eq!(asked_for(&app), expected, "{profile:?}");
        assert_eq!(revoked_grants(&app), [true], "{profile:?}");
        assert!(client.refresh(&authorized).await.is_err());
        // Unknown is as good as revoked.
        assert_eq!(client.revoke(&authorized).await, Ok(()));
    }
}

#[actix_web::test]
async fn without_an_endpoint_it_says_so_and_sends_nothing() {
    let app = App::start();
    app.sandbox.set_metadata_field("revocation_endpoint", Value::Null);
    let (client, authorized) = authorized(&app).await;
    let before = app.sandbox.received_requests().len();
    assert_eq!(client.revoke(&authorized).await, Err(RevokeError::NoEndpoint));
    assert_eq!(app.sandbox.received_requests().len(), before);
}

#[actix_web::test]
async fn one_kind_of_token_that_the_ehr_does_not_revoke_is_no_error_both_are() {
    let app = App::start();
    let (client, authorized) = authorized(&app).await;
    unsupported(&app, 1);
    assert_eq!(client.revoke(&authorized).await, Ok(()));
    unsupported(&app, 2);
    let error = client.revoke(&authorized).await.unwrap_err();
    assert!(
        matches!(&error, RevokeError::Endpoint(EndpointError::Refused { error, .. }) if error == "unsupported_token_type"),
        "{error:?}"
    );
}

#[actix_web::test]
async fn a_failure_of_the_first_request_is_reported_and_the_second_is_sent_all_the_same() {
    let app = App::start();
    let (client, authorized) = authorized(&app).await;
    app.sandbox
        .inject(FaultPoint::Revocation, When::Before, Fault::Status(500), Times::Once);
    let error = client.revoke(&authorized).await.unwrap_err();
    assert!(
        matches!(
            error,
            RevokeError::Endpoint(EndpointError::UnexpectedStatus { status: 500, .. })
        ),
        "{error:?}"
    );
    assert_eq!(revocations(&app).len(), 2);
    assert_eq!(
        fhir_status(&app, authorized.tokens().access_token().expose_secret()).await,
        401
    );
    assert_eq!(revoked_grants(&app), [false]);
    // That the second kind is not supported does not hide it either.
    app.sandbox
        .inject(FaultPoint::Revocation, When::Before, Fault::Reset, Times::Once);
    unsupported(&app, 1);
    assert_eq!(
        client.revoke(&authorized).await,
        Err(RevokeError::Endpoint(EndpointError::Transport(
            TransportError::Disconnected
        )))
    );
}

#[actix_web::test]
async fn after_a_shutdown_nothing_is_sent() {
    let app = App::start();
    let (client, authorized) = authorized(&app).await;
    settled(&app).await;
    assert_eq!(
        client.revoke(&authorized).await,
        Err(RevokeError::Endpoint(EndpointError::Transport(
            TransportError::ShutDown
        )))
    );
    assert_eq!(revocations(&app).len(), 0);
}
