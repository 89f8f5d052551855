//! What others write while the EHR is asked, and what is deleted there.

use std::time::Duration;

use actix_smart_auth::{
    SmartConfig,
    error::EhrLookupError,
    registration::ClientRegistration,
    sandbox::{Fault, FaultPoint, Times, When},
};
use actix_web::rt::task::JoinHandle;
use serde_json::json;

use super::{New, ended, used};
use crate::support::{Logs, Op, Trouble, eventually};

const LIFE: Duration = Duration::from_secs(16 * 3600);

fn looking(config: &SmartConfig, new: &New) -> JoinHandle<Result<String, EhrLookupError>> {
    let (config, base) = (config.clone(), new.base());
    actix_web::rt::spawn(async move { used(&config, &base).await })
}

fn token(registration: &ClientRegistration) -> String {
    let token = registration.registration_access_token();
    token.unwrap().expose_secret().to_owned()
}

/// A registration whose secret runs out, and a process that reads it: its answer takes a while.
async fn while_it_is_read(new: &New, answer: Fault) -> (SmartConfig, JoinHandle<Result<String, EhrLookupError>>) {
    new.with_client_for(LIFE.as_secs()).await;
    new.clock.advance(LIFE * 7 / 8);
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::After, answer, Times::Once);
    let config = new.process();
    let reading = looking(&config, new);
    eventually("the EHR is asked", || new.managed("GET") == 1).await;
    (config, reading)
}

fn late_answers() -> [Fault; 2] {
    let late = Duration::from_millis(600);
    [Fault::Delay(late), Fault::Hang(late)]
}

#[actix_web::test]
async fn what_an_administrator_keeps_while_the_registration_is_read_stays() {
    for answer in late_answers() {
        let new = New::start();
        let (config, reading) = while_it_is_read(&new, answer).await;
        let admin = new.process();
        let before = new.kept().await.unwrap();
        let metadata = super::super::with_secret()
            .scopes(super::LAUNCH_SCOPES)
            .build()
            .unwrap();
        let after = admin.registrar(&new.base()).update(&before, &metadata).await.unwrap();
        assert_ne!(token(&after), token(&before), "the sandbox gives another one");
        admin.kept_registrations().keep(&after).await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), after.client_id());
        ended(&config).await;
        assert_eq!(token(&new.kept().await.unwrap()), token(&after));
    }
}

#[actix_web::test]
async fn what_an_administrator_forgets_while_the_registration_is_read_does_not_come_back() {
    for answer in late_answers() {
        let new = New::start();
        let (config, reading) = while_it_is_read(&new, answer).await;
        let admin = new.process().kept_registrations();
        assert!(admin.forget(&new.base()).await.unwrap());
        let _ = reading.await.unwrap();
        ended(&config).await;
        assert!(new.kept().await.is_none());
    }
}

#[actix_web::test]
async fn a_client_that_the_store_may_have_is_not_deleted() {
    let logs = Logs::collect();
    let new = New::start();
    let slow = Fault::Delay(Duration::from_secs(3));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let config = new.process();
    let registering = looking(&config, &new);
    eventually("the EHR is asked", || new.registrations().len() == 1).await;
    // It is saved, nobody says so, and nobody can look.
    let swaps = new.store.calls(Op::SwapValue);
    new.store.trouble(Op::LoadValue, Trouble::Fail);
    new.store.trouble(Op::SwapValue, Trouble::LoseAnswer);
    eventually("it is saved", || new.store.calls(Op::SwapValue) > swaps).await;
    new.store.trouble(Op::SwapValue, Trouble::Refuse);
    assert_eq!(registering.await.unwrap(), Err(EhrLookupError::Unavailable));
    ended(&config).await;
    new.store.heal();
    let client_id = new.kept().await.unwrap().client_id().to_owned();
    assert_eq!(new.sandbox.client_ids().join(" "), client_id);
    assert_eq!(used(&new.process(), &new.base()).await.unwrap(), client_id);
    let told = logs
        .text()
        .lines()
        .any(|line| line.contains("ERROR") && line.contains(&client_id) && line.contains("may have it"));
    assert!(told, "{}", logs.text());
}

#[actix_web::test]
async fn of_two_registrations_with_one_client_id_none_is_deleted() {
    let new = New::start();
    let slow = Fault::Delay(Duration::from_secs(1));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let late = new.process();
    let asking = looking(&late, &new);
    eventually("it is registered", || new.sandbox.client_ids().len() == 1).await;
    let client_id = new.sandbox.client_ids().remove(0);
    new.clock.advance(Duration::from_secs(16));
    new.registers_with(&json!({ "client_id": client_id }));
    assert_eq!(used(&new.process(), &new.base()).await.unwrap(), client_id);
    assert_eq!(asking.await.unwrap().unwrap(), client_id);
    ended(&late).await;
    assert_eq!((new.registrations().len(), new.managed("DELETE")), (2, 0));
}

#[actix_web::test]
async fn an_ehr_that_gives_the_same_client_again_has_none_to_delete() {
    let logs = Logs::collect();
    let new = New::start();
    let (config, reading) = while_it_is_read(&new, Fault::Status(503)).await;
    let first = reading.await.unwrap().unwrap();
    ended(&config).await;
    new.registers_with(&json!({ "client_id": first }));
    new.clock.advance(LIFE / 8 - Duration::from_secs(60));
    let config = new.process();
    assert_eq!(used(&config, &new.base()).await.unwrap(), first);
    ended(&config).await;
    assert_eq!(new.registrations().len(), 2);
    let told = logs
        .text()
        .lines()
        .any(|line| line.contains("was registered in its place") && line.contains(&first));
    assert!(!told, "{}", logs.text());
}
