//! Reading, changing and deleting a registration (RFC 7592).

use actix_smart_auth::{
    registration::{ClientRegistration, Management, RefusalMeaning, RegistrationError, RegistrationOperation},
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::{Map, Value, json};

use super::{New, metadata, with_secret};

fn token(registration: &ClientRegistration) -> &str {
    registration.registration_access_token().unwrap().expose_secret()
}

#[actix_web::test]
async fn a_registration_is_read_changed_and_deleted_with_its_own_token() {
    let new = New::start();
    let registration = new.registered().await;
    let read = new.registrar().read(&registration).await.unwrap();
    assert_eq!(read.members(), registration.members());
    let wanted = with_secret().client_uri("https://app.example/").build().unwrap();
    let changed = new.registrar().update(&read, &wanted).await.unwrap();
    assert_eq!(changed.client_id(), registration.client_id());
    assert_eq!(changed.members()["client_uri"], "https://app.example/");
    assert_eq!(changed.changes(), []);
    new.registrar().delete(&changed).await.unwrap();
    assert_eq!(new.sandbox.client_ids().len(), 0);

    let requests = new.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|it| (it.method.as_str(), it.header("authorization").unwrap().to_owned()))
        .collect();
    let bearer = |registration| format!("Bearer {}", token(registration));
    let expected = [
        ("POST", format!("Bearer {}", super::INITIAL)),
        ("GET", bearer(&registration)),
        ("PUT", bearer(&read)),
        ("DELETE", bearer(&changed)),
    ];
    assert_eq!(sent, expected);
    let body: Map<String, Value> = serde_json::from_str(&requests[2].body).unwrap();
    let mut expected = wanted.members().clone();
    expected.insert("client_id".to_owned(), json!(registration.client_id()));
    assert_eq!(body, expected);
}

#[actix_web::test]
async fn a_new_token_replaces_the_old_one_and_the_old_one_works_no_more() {
    let new = New::start();
    let registration = new.registered().await;
    let changed = new.registrar().update(&registration, &metadata()).await.unwrap();
    assert_ne!(token(&registration), token(&changed));
    new.registrar().read(&changed).await.unwrap();
    let error = new.registrar().read(&registration).await.unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::Gone));
}

#[actix_web::test]
async fn a_deleted_client_is_gone() {
    let new = New::start();
    let registration = new.registered().await;
    new.registrar().delete(&registration).await.unwrap();
    for error in [
        new.registrar().read(&registration).await.unwrap_err(),
        new.registrar().update(&registration, &metadata()).await.unwrap_err(),
        new.registrar().delete(&registration).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.status(), error.meaning()),
            (Some(401), Some(RefusalMeaning::Gone))
        );
        assert!(error.to_string().contains("register again"), "{error}");
    }
}

#[actix_web::test]
async fn a_status_alone_says_what_the_specification_gives_it() {
    for (status, meaning) in [
        (401, RefusalMeaning::Gone),
        (403, RefusalMeaning::NotAllowed),
        (405, RefusalMeaning::NotOffered),
    ] {
        let new = New::start();
        let registration = new.registered().await;
        let fault = Fault::Status(status);
        new.sandbox
            .inject(FaultPoint::RegistrationManagement, When::Before, fault, Times::Once);
        let error = new.registrar().delete(&registration).await.unwrap_err();
        assert_eq!((error.status(), error.meaning()), (Some(status), Some(meaning)));
        assert_eq!(error.operation(), Some(RegistrationOperation::Delete));
        assert!(!error.may_have_been_done());
        assert_eq!(new.requests().len(), 2);
    }
}

#[actix_web::test]
async fn a_success_with_an_error_in_it_deletes_nothing() {
    let new = New::start();
    let registration = new.registered().await;
    let fault = Fault::OAuthError {
        status: 200,
        error: "access_denied".to_owned(),
        description: None,
    };
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::Before, fault, Times::Once);
    let error = new.registrar().delete(&registration).await.unwrap_err();
    assert_eq!(error.error_code(), Some("access_denied"));
}

#[actix_web::test]
async fn an_answer_about_another_client_is_not_taken() {
    let new = New::start();
    let registration = new.registered().await;
    let fields = [("client_id".to_owned(), json!("another"))];
    let fault = Fault::SetFields(fields.into_iter().collect());
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::Before, fault, Times::Once);
    let error = new.registrar().read(&registration).await.unwrap_err();
    assert!(
        matches!(
            error,
            RegistrationError::Unusable {
                member: "client_id",
                ..
            }
        ),
        "{error}"
    );
}

#[actix_web::test]
async fn where_the_server_offers_no_management_nothing_is_sent() {
    let new = New::start();
    let names = ["registration_access_token", "registration_client_uri"];
    let fault = Fault::OmitFields(names.map(str::to_owned).to_vec());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, fault, Times::Once);
    let registration = new.registered().await;
    let error = new.registrar().read(&registration).await.unwrap_err();
    assert_eq!(error, RegistrationError::NotManageable(Management::NotOffered));
    assert_eq!(new.requests().len(), 1);
}

#[actix_web::test]
async fn a_registration_at_another_ehr_is_not_managed_here() {
    let (new, other) = (New::start(), New::start());
    let registration = new.registered().await;
    for error in [
        other.registrar().read(&registration).await.unwrap_err(),
        other.registrar().delete(&registration).await.unwrap_err(),
    ] {
        assert_eq!(error, RegistrationError::OtherEhr);
    }
    assert_eq!((new.requests().len(), other.requests().len()), (1, 0));
}
