//! Asking the EHR what a token is good for.

use std::time::Duration;

use actix_smart_auth::{
    SmartClient,
    error::{EndpointError, IntrospectError, MalformedIntrospection, TransportError},
    introspection::IntrospectionAuth,
    sandbox::{Endpoint, Fault, FaultPoint, ReceivedRequest, Times, When},
    time::{Clock as _, Timestamp},
};
use serde_json::{Map, Value, json};

use super::{client::authorized, settled};
use crate::support::{App, CLIENT_ID, Opened, Profile};

const BOTH: [IntrospectionAuth; 2] = [IntrospectionAuth::ClientCredentials, IntrospectionAuth::AccessToken];

fn introspections(app: &App) -> Vec<ReceivedRequest> {
    let mut requests = app.sandbox.received_requests();
    requests.retain(|request| request.endpoint == Endpoint::Introspection);
    requests
}

#[actix_web::test]
async fn every_client_type_learns_what_its_token_is_good_for_in_both_ways() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        let (client, authorized) = authorized(&app).await;
        for auth in BOTH {
            let said = client.introspect_with(&authorized, auth).await.unwrap();
            assert!(said.active(), "{profile:?} {auth:?}");
            assert_eq!(said.scope(), Some(authorized.tokens().granted_scopes()));
            assert_eq!(said.client_id(), Some(CLIENT_ID));
            // The sandbox tells whole seconds.
            let expires = authorized.tokens().expires_at().as_secs();
            assert_eq!(said.expires_at().map(Timestamp::as_secs), Some(expires));
            assert_eq!((said.patient(), said.encounter()), (Some("amber-testwood"), None));
            let user = app.sandbox.users()[0].clone();
            assert_eq!(said.subject(), Some(user.subject().as_str()));
            assert_eq!(said.issuer(), Some(app.sandbox.fhir_base_url().as_str()));
            assert!(said.fhir_user().unwrap().starts_with(&app.sandbox.fhir_base_url()));
        }
        let token = authorized.tokens().access_token().expose_secret();
        for (request, auth) in introspections(&app).iter().zip(BOTH) {
            assert_eq!(
                (request.method.as_str(), request.path.as_str()),
                ("POST", "/introspect")
            );
            assert_eq!(request.parameter("token").as_deref(), Some(token));
            assert_eq!(request.parameter("token_type_hint").as_deref(), Some("access_token"));
            let header = request.header("authorization").unwrap_or_default();
            match auth {
                IntrospectionAuth::AccessToken => {
                    assert_eq!(header, format!("Bearer {token}"));
                    assert_eq!(request.form().len(), 2, "no credentials beside the token");
                }
                _ => assert_eq!(header.starts_with("Basic "), profile == Profile::Secret),
            }
        }
    }
}

#[actix_web::test]
async fn of_a_token_that_was_revoked_or_has_expired_only_that_is_told() {
    let app = App::start();
    let (client, first) = authorized(&app).await;
    client.revoke(&first).await.unwrap();
    let (client, second) = authorized(&app).await;
    assert!(client.introspect(&second).await.unwrap().active());
    app.sandbox.expire_access_tokens();
    for authorized in [first, second] {
        let said = client.introspect(&authorized).await.unwrap();
        assert!(!said.active());
        assert_eq!((said.patient(), said.scope(), said.subject()), (None, None, None));
        assert!(said.other().is_empty());
    }
}

#[actix_web::test]
async fn a_session_asks_about_its_own_token() {
    let app = App::builder().sandbox(|sandbox| sandbox.token_lifetime(Duration::from_secs(60)));
    let opened = Opened::with(app).await;
    let session = SmartClient::new(&opened.app.config)
        .unwrap()
        .resume(&opened.handle())
        .await;
    let session = session.unwrap();
    assert_eq!(session.introspect().await.unwrap().patient(), session.patient());
    let bearer = session.introspect_with(IntrospectionAuth::AccessToken).await.unwrap();
    assert!(bearer.active());
    assert_eq!(introspections(&opened.app).len(), 2);
    // It does not refresh for it, and it touches no launch.
    opened.app.advance(61);
    assert!(opened.app.clock.now() > session.expires_at());
    assert!(!session.introspect().await.unwrap().active());
    assert_eq!(opened.app.refreshes(), 0);
    opened.record().await;
}

#[actix_web::test]
async fn without_an_endpoint_it_says_so_and_sends_nothing() {
    let app = App::start();
    app.sandbox.set_metadata_field("introspection_endpoint", Value::Null);
    let (client, authorized) = authorized(&app).await;
    let before = app.sandbox.received_requests().len();
    for auth in BOTH {
        let answer = client.introspect_with(&authorized, auth).await;
        assert_eq!(answer, Err(IntrospectError::NoEndpoint));
    }
    assert_eq!(app.sandbox.received_requests().len(), before);
}

#[actix_web::test]
async fn what_goes_wrong_is_told_apart() {
    let app = App::start();
    let (client, authorized) = authorized(&app).await;
    let set = |name: &str, value: Value| Fault::SetFields(Map::from_iter([(name.to_owned(), value)]));
    let redirect = Fault::Redirect {
        status: 307,
        location: format!("{}/introspect", app.sandbox.origin()),
    };
    for (fault, expected) in [
        (Fault::Status(500), "status 500 and no body"),
        (redirect, "status 307"),
        (Fault::InvalidClient, "(invalid_client, status 401)"),
        (Fault::HtmlBody { status: 200 }, "an HTML page"),
        (Fault::EmptyBody, "answered with no body instead"),
        (Fault::OmitFields(vec!["active".to_owned()]), "`active`"),
        (set("patient", json!("Person/amber-testwood")), "`patient`"),
        (Fault::Reset, "the connection broke"),
    ] {
        for auth in BOTH {
            app.sandbox
                .inject(FaultPoint::Introspection, When::Before, fault.clone(), Times::Once);
            let before = introspections(&app).len();
            let error = client.introspect_with(&authorized, auth).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{fault:?}: {error}");
            assert_eq!(introspections(&app).len(), before + 1, "{fault:?} is not tried again");
            match fault {
                Fault::Reset => assert_eq!(error, EndpointError::Transport(TransportError::Disconnected).into()),
                Fault::SetFields(_) => assert_eq!(error, MalformedIntrospection::Field("patient").into()),
                _ => {}
            }
        }
    }
    // The answer repeats the token; the error does not.
    let token = authorized.tokens().access_token().expose_secret();
    let fault = Fault::OAuthError {
        status: 400,
        error: token.to_owned(),
        description: Some(format!("what is {token}?")),
    };
    app.sandbox
        .inject(FaultPoint::Introspection, When::Before, fault, Times::Always);
    for auth in BOTH {
        let error = client.introspect_with(&authorized, auth).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(token));
    }
    settled(&app).await;
    let error = client.introspect(&authorized).await.unwrap_err();
    assert_eq!(error, EndpointError::Transport(TransportError::ShutDown).into());
}
