//! Answers that are lost, and callers that go away.

use std::time::Duration;

use actix_smart_auth::{
    Ehr,
    registration::RegistrationError,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::json;

use super::{New, metadata, secrets, with_secret};
use crate::support::{Logs, eventually};

#[actix_web::test]
async fn a_lost_answer_is_not_asked_for_again_and_says_that_a_client_may_be_left() {
    for fault in [Fault::Reset, Fault::Truncated, Fault::Hang(Duration::ZERO)] {
        let new = New::start();
        new.sandbox
            .inject(FaultPoint::Registration, When::After, fault, Times::Once);
        let error = new.refused().await;
        assert!(error.may_have_registered(), "{error}");
        assert!(error.to_string().contains("list of clients"), "{error}");
        assert_eq!(new.requests().len(), 1);
        assert_eq!(new.sandbox.client_ids().len(), 1, "the sandbox has done it");
    }
}

/// Begins a registration, whose answer takes a while, and goes away.
async fn abandoned(new: &New) {
    let pause = Fault::Delay(Duration::from_secs(2));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, pause, Times::Once);
    let registrar = new.registrar();
    let waiting = actix_web::rt::spawn(async move { registrar.register(&metadata()).await });
    eventually("the request is there", || new.requests().len() == 1).await;
    waiting.abort();
}

/// The same, and goes away before the EHR is asked to register it: what that answers can be chosen apart.
async fn abandoned_early(new: &New) {
    let pause = Fault::Delay(Duration::from_secs(2));
    new.sandbox
        .inject(FaultPoint::Metadata, When::Before, pause, Times::Once);
    let asked = new.sandbox.received_requests().len();
    let registrar = new.registrar();
    let waiting = actix_web::rt::spawn(async move { registrar.register(&metadata()).await });
    eventually("it has begun", || new.sandbox.received_requests().len() > asked).await;
    waiting.abort();
}

#[actix_web::test]
async fn a_registration_whose_caller_has_gone_is_deleted_again() {
    let new = New::start();
    abandoned(&new).await;
    eventually("it is deleted", || new.requests().len() == 2).await;
    eventually("nothing is left", || new.sandbox.client_ids().is_empty()).await;
    assert_eq!(new.requests()[1].method, "DELETE");
}

#[actix_web::test]
async fn a_client_that_is_in_use_and_that_the_ehr_gives_again_is_not_deleted() {
    let new = New::start();
    let registration = new.registered().await;
    let ehr = Ehr::builder(new.sandbox.fhir_base_url())
        .redirect_uri(super::CALLBACK)
        .scopes(super::SCOPES);
    new.config.put_ehr(registration.ehr(ehr)).unwrap();
    let same = [("client_id".to_owned(), json!(registration.client_id()))];
    let same = Fault::SetFields(same.into_iter().collect());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, same, Times::Once);
    abandoned_early(&new).await;
    eventually("it is registered", || new.requests().len() == 2).await;
    assert_eq!(new.config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    assert!(new.requests().iter().all(|request| request.method == "POST"));
}

/// An EHR may give one that another program has.
#[actix_web::test]
async fn a_client_whose_caller_has_gone_and_that_may_be_an_older_one_is_not_deleted() {
    let logs = Logs::collect();
    let new = New::start();
    let undated = Fault::OmitFields(vec!["client_id_issued_at".to_owned()]);
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, undated, Times::Once);
    abandoned_early(&new).await;
    let base = new.sandbox.fhir_base_url();
    let told = |line: &str| line.contains(&base) && line.contains("`client_id_issued_at`");
    eventually("it is told", || logs.text().lines().any(told)).await;
    assert_eq!(new.config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    assert_eq!((new.requests().len(), new.sandbox.client_ids().len()), (1, 1));
}

#[actix_web::test]
async fn one_that_cannot_be_deleted_is_named_in_the_log() {
    let logs = Logs::collect();
    let new = New::start();
    new.sandbox.inject(
        FaultPoint::RegistrationManagement,
        When::Before,
        Fault::Status(405),
        Times::Always,
    );
    abandoned(&new).await;
    eventually("the log names it", || {
        let ids = new.sandbox.client_ids();
        let text = logs.text();
        ids.len() == 1 && text.contains("delete it at the EHR") && text.contains(&ids[0])
    })
    .await;
}

#[actix_web::test]
async fn a_change_whose_answer_is_lost_may_have_been_made_and_is_not_made_twice() {
    let new = New::start();
    let registration = new.registered().await;
    new.sandbox.inject(
        FaultPoint::RegistrationManagement,
        When::After,
        Fault::Reset,
        Times::Once,
    );
    let changed = with_secret().client_uri("https://app.example/").build().unwrap();
    let error = new.registrar().update(&registration, &changed).await.unwrap_err();
    assert!(error.may_have_been_done() && !error.may_have_registered(), "{error}");
    assert_eq!(new.requests().len(), 2);
}

#[actix_web::test]
async fn no_secret_is_in_a_log_line_a_debug_text_or_an_error() {
    let logs = Logs::collect();
    let new = New::start();
    let registrar = new.registrar().software_statement("marker.software.statement");
    let registration = registrar.register(&metadata()).await.unwrap();
    let mut hidden = secrets(&registration);
    hidden.push("marker.software.statement".to_owned());
    let read = registrar.read(&registration).await.unwrap();
    let changed = registrar.update(&read, &metadata()).await.unwrap();
    hidden.extend(secrets(&changed));
    let mut shown = format!("{registrar:?} {registration:?} {read:?} {changed:?}");
    // A server that repeats what it was sent.
    let token = registration.registration_access_token().unwrap().expose_secret();
    for (point, repeated) in [
        (FaultPoint::Registration, super::INITIAL),
        (FaultPoint::Registration, "marker.software.statement"),
        (FaultPoint::RegistrationManagement, token),
    ] {
        let fault = Fault::OAuthError {
            status: 400,
            error: "invalid_request".to_owned(),
            description: Some(format!("What is {repeated}?")),
        };
        new.sandbox.inject(point, When::Before, fault, Times::Once);
        let error: RegistrationError = match point {
            FaultPoint::Registration => registrar.register(&metadata()).await.unwrap_err(),
            _ => registrar.read(&registration).await.unwrap_err(),
        };
        assert_eq!(error.description(), None);
        shown.push_str(&format!("{error} {error:?}"));
    }
    registrar.delete(&changed).await.unwrap();
    shown.push_str(&logs.text());
    for secret in hidden {
        assert!(!shown.contains(&secret), "{secret} is shown");
        assert!(!shown.contains(&json!(secret).to_string()), "{secret} is shown in JSON");
    }
    assert!(shown.contains("a client was registered at the EHR"));
}

/// Some servers tell their clients apart by a secret in this address.
#[actix_web::test]
async fn the_address_of_a_registration_is_in_no_log_line_and_no_error() {
    let logs = Logs::collect();
    let new = New::start();
    let secret = "marker-in-the-address-of-a-registration";
    let address = format!("{}/{secret}?key={secret}", new.sandbox.registration_endpoint());
    let fields = [("registration_client_uri".to_owned(), json!(address))];
    let fault = Fault::SetFields(fields.into_iter().collect());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, fault, Times::Once);
    let registration = new.registered().await;
    assert_eq!(registration.registration_client_uri().unwrap().expose_secret(), address);
    let refused = new.registrar().read(&registration).await.unwrap_err();
    assert_eq!(refused.status(), Some(401));
    new.sandbox.inject(
        FaultPoint::RegistrationManagement,
        When::Before,
        Fault::Reset,
        Times::Once,
    );
    let lost = new.registrar().delete(&registration).await.unwrap_err();
    let shown = format!("{registration:?} {refused} {refused:?} {lost} {lost:?}");
    assert!(!shown.contains(secret), "{shown}");
    let text = logs.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains(secret)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
    assert!(text.contains("/(client registration)"), "the exchange itself is logged");
}

/// It may be one that somebody uses: what is in use is not known here.
#[actix_web::test]
async fn a_client_that_comes_with_an_answer_that_cannot_be_used_is_not_deleted_for_a_program_that_registers_by_itself()
{
    let logs = Logs::collect();
    let new = New::start();
    let unusable = [("client_id".to_owned(), json!(7))];
    let unusable = Fault::SetFields(unusable.into_iter().collect());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, unusable, Times::Once);
    let error = new.refused().await;
    assert!(error.may_have_registered(), "{error}");
    assert_eq!(new.config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    assert!(new.requests().iter().all(|request| request.method == "POST"));
    assert_eq!(new.sandbox.client_ids().len(), 1);
    let (text, base) = (logs.text(), new.sandbox.fhir_base_url());
    let told = |line: &str| line.contains(&base) && line.contains("EHR's list of clients");
    assert!(text.lines().any(told), "{text}");
}
