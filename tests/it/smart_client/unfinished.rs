//! What did not finish and was not sent can be tried again.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use actix_smart_auth::{
    Ehr, SmartClient, StartOptions,
    error::{CallbackQueryError, FinishError, TokenError},
    sandbox::{Fault, FaultPoint, Times, When},
};

use serde_json::json;

use super::sign_in;
use crate::support::{App, ClosedPort, http};

#[actix_web::test]
async fn a_callback_of_somebody_else_does_not_use_up_the_sign_in() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let unfinished = client.finish(pending, "state=guessed&code=x").await.unwrap_err();
    assert!(matches!(unfinished.error, FinishError::StateMismatch), "{unfinished:?}");
    let pending = *unfinished.pending.unwrap();
    let unfinished = client.finish(pending, "code=x").await.unwrap_err();
    assert!(
        matches!(unfinished.error, FinishError::Query(CallbackQueryError::StateMissing)),
        "{unfinished:?}"
    );
    assert_eq!(unfinished.to_string(), unfinished.error.to_string());
    let authorized = client.finish(*unfinished.pending.unwrap(), &query).await.unwrap();
    assert_eq!(authorized.patient(), Some("amber-testwood"));
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn a_code_that_was_not_sent_is_sent_the_next_time() {
    // A port at which nobody listens yet.
    let closed = ClosedPort::new();
    let app = App::start();
    app.sandbox
        .set_metadata_field("token_endpoint", format!("{}/token", closed.origin()));
    let client = SmartClient::new(&app.config).unwrap();
    let scopes = "launch/patient patient/Patient.rs";
    let (pending, query) = sign_in(&client, StartOptions::standalone().scopes(scopes)).await;
    let unfinished = client.finish(pending, &query).await.unwrap_err();
    assert!(
        matches!(&unfinished.error, FinishError::Token(error) if error.was_not_sent()),
        "{unfinished:?}"
    );
    let listener = TcpListener::bind(closed.address).unwrap();
    let serving = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 8192];
        let read = connection.read(&mut request).unwrap();
        let tokens = json!({
            "access_token": "abc", "token_type": "Bearer", "expires_in": 3600, "scope": scopes, "patient": "p1",
        });
        connection
            .write_all(&http(200, "application/json", tokens.to_string()))
            .unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let authorized = client.finish(*unfinished.pending.unwrap(), &query).await.unwrap();
    assert_eq!(authorized.patient(), Some("p1"));
    assert!(serving.join().unwrap().starts_with("POST /token "));
}

#[actix_web::test]
async fn a_code_that_was_sent_or_refused_is_gone() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    for fault in [Fault::InvalidGrant, Fault::Reset, Fault::Status(503), Fault::EmptyBody] {
        app.sandbox
            .inject(FaultPoint::Exchange, When::Before, fault.clone(), Times::Once);
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let unfinished = client.finish(pending, &query).await.unwrap_err();
        assert!(matches!(unfinished.error, FinishError::Token(_)), "{unfinished:?}");
        assert!(unfinished.pending.is_none(), "{fault:?}");
    }
    let (pending, _) = sign_in(&client, StartOptions::standalone()).await;
    let denied = format!("error=access_denied&state={}", pending.state().expose_secret());
    let unfinished = client.finish(pending, &denied).await.unwrap_err();
    assert!(matches!(unfinished.error, FinishError::Refused(_)) && unfinished.pending.is_none());
}

#[actix_web::test]
async fn a_sign_in_of_another_ehr_is_given_back_and_finishes_with_the_client_of_that() {
    let other = App::start();
    let base = other.sandbox.fhir_base_url();
    let of_other = base.clone();
    let app = App::builder()
        .another_ehr(move |redirect_uri| {
            Ehr::builder(of_other)
                .client_id(crate::support::CLIENT_ID)
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs")
        })
        .start();
    let own = SmartClient::new(&app.config).unwrap();
    let others = SmartClient::for_ehr(&app.config, &base).await.unwrap();
    let (pending, query) = sign_in(&own, StartOptions::standalone()).await;
    let unfinished = others.finish(pending, &query).await.unwrap_err();
    assert!(matches!(unfinished.error, FinishError::OtherEhr), "{unfinished:?}");
    own.finish(*unfinished.pending.unwrap(), &query).await.unwrap();
}

#[actix_web::test]
async fn one_that_began_with_another_client_id_is_over() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let changed = Ehr::builder(app.sandbox.fhir_base_url())
        .client_id("another-client")
        .redirect_uri(client_redirect(&app))
        .scopes("launch/patient patient/*.rs");
    app.config.put_ehr(changed).unwrap();
    let after = SmartClient::new(&app.config).unwrap();
    let unfinished = after.finish(pending, &query).await.unwrap_err();
    assert!(
        matches!(unfinished.error, FinishError::Token(TokenError::RegistrationChanged)),
        "{unfinished:?}"
    );
    assert!(unfinished.pending.is_none());
    assert_eq!(app.exchanges(), 0);
}

fn client_redirect(app: &App) -> String {
    app.config.ehrs()[0].redirect_uri().unwrap().to_owned()
}

#[actix_web::test]
async fn one_after_a_shutdown_is_given_back() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    app.config.shutdown(std::time::Duration::from_secs(5)).await;
    let unfinished = client.finish(pending, &query).await.unwrap_err();
    assert!(
        matches!(&unfinished.error, FinishError::Token(error) if error.was_not_sent()),
        "{unfinished:?}"
    );
    assert!(unfinished.pending.is_some());
    assert_eq!(app.exchanges(), 0);
}
