//! What did not finish and was not sent can be tried again.

use actix_smart_auth::{
    SmartClient, StartOptions,
    error::{CallbackQueryError, FinishError},
    sandbox::{Fault, FaultPoint, Times, When},
};

use super::sign_in;
use crate::support::App;

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
    let app = App::start();
    // Nobody listens there.
    app.sandbox
        .set_metadata_field("token_endpoint", "http://127.0.0.1:1/token");
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let unfinished = client.finish(pending, &query).await.unwrap_err();
    assert!(
        matches!(&unfinished.error, FinishError::Token(error) if error.was_not_sent()),
        "{unfinished:?}"
    );
    let again = client.finish(*unfinished.pending.unwrap(), &query).await.unwrap_err();
    assert!(
        again.pending.is_some(),
        "the endpoints are pinned, and it is still not there"
    );
    assert_eq!(app.exchanges(), 0);
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
async fn a_sign_in_of_another_ehr_and_one_after_a_shutdown_are_given_back() {
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
