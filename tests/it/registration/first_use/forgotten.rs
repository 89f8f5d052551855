//! A client that the EHR has deleted.

use std::time::Duration;

use actix_smart_auth::{
    SmartClient, StartOptions,
    registration::{FirstUseError, RefusalMeaning},
};

use super::{New, launched};
use crate::{
    smart_client::sign_in,
    support::{Logs, Op, Trouble, clock},
};

#[actix_web::test]
async fn the_log_says_what_to_do_and_forgetting_it_registers_anew() {
    let logs = Logs::collect();
    let new = New::start();
    let config = new.process();
    launched(&config, &new.base()).await;
    let kept = config.kept_registrations();
    let registration = kept.of(&new.base()).await.unwrap().unwrap();
    let client = SmartClient::for_ehr(&config, &new.base()).await.unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    // An administrator of the EHR does that.
    let registrar = config.registrar(&new.base());
    registrar.delete(&registration).await.unwrap();
    client.finish(pending, &query).await.unwrap_err();
    let told = logs
        .text()
        .lines()
        .any(|line| line.contains("KeptRegistrations::forget") && line.contains(registration.client_id()));
    assert!(told, "{}", logs.text());
    let error = registrar.read(&registration).await.unwrap_err();
    assert_eq!(error.meaning(), Some(RefusalMeaning::Gone));

    assert!(kept.forget(&new.base()).await.unwrap());
    launched(&config, &new.base()).await;
    assert_eq!(new.registrations().len(), 2);
    let anew = kept.of(&new.base()).await.unwrap().unwrap();
    assert_ne!(anew.client_id(), registration.client_id());
    assert_eq!(new.sandbox.client_ids(), [anew.client_id().to_owned()]);
}

#[actix_web::test]
async fn a_change_is_kept_and_used_by_all_processes() {
    let new = New::start();
    let (config, other) = (new.process(), new.process());
    launched(&config, &new.base()).await;
    launched(&other, &new.base()).await;
    let kept = config.kept_registrations();
    let before = kept.of(&new.base()).await.unwrap().unwrap();
    let metadata = super::super::with_secret()
        .scopes(super::LAUNCH_SCOPES)
        .build()
        .unwrap();
    let after = config.registrar(&new.base()).update(&before, &metadata).await.unwrap();
    kept.keep(&after).await.unwrap();
    let token = |it: &actix_smart_auth::registration::ClientRegistration| {
        it.registration_access_token().unwrap().expose_secret().to_owned()
    };
    let seen = other.kept_registrations().of(&new.base()).await.unwrap().unwrap();
    assert_eq!(token(&seen), token(&after));
    assert_ne!(
        token(&seen),
        token(&before),
        "the sandbox gives a new one with each change"
    );
    new.clock.advance(Duration::from_secs(61));
    launched(&other, &new.base()).await;
    assert_eq!(new.registrations().len(), 1);
}

/// The log has this and the EHR.
fn says(logs: &Logs, new: &New, text: &str, named: &str) -> bool {
    let (all, base) = (logs.text(), new.base());
    all.lines()
        .any(|line| line.contains(&base) && line.contains(text) && line.contains(named))
}

/// What the next look finds is what was written.
#[actix_web::test]
async fn the_former_client_is_named_though_an_answer_of_the_store_is_lost() {
    let logs = Logs::collect();
    let new = New::start();
    let config = new.process();
    let (registrar, kept) = (config.registrar(&new.base()), config.kept_registrations());
    let metadata = super::super::with_secret()
        .scopes(super::LAUNCH_SCOPES)
        .build()
        .unwrap();
    let registrar = registrar.initial_access_token(super::INITIAL);
    let (former, another) = (
        registrar.register(&metadata).await.unwrap(),
        registrar.register(&metadata).await.unwrap(),
    );
    kept.keep(&former).await.unwrap();
    new.store.trouble(Op::SwapValue, Trouble::LoseAnswer);
    kept.keep(&another).await.unwrap();
    let named = format!("former=\"{}\"", former.client_id());
    assert!(says(&logs, &new, "was put in the place", &named), "{}", logs.text());

    new.store.trouble(Op::SwapValue, Trouble::LoseAnswer);
    assert!(kept.forget(&new.base()).await.unwrap(), "there was one");
    assert!(
        says(&logs, &new, "was forgotten", another.client_id()),
        "{}",
        logs.text()
    );
}

#[actix_web::test]
async fn a_configuration_that_registers_nowhere_has_none() {
    let config = actix_smart_auth::SmartConfig::builder()
        .ehrs_come_later()
        .clock(clock())
        .build()
        .unwrap();
    let kept = config.kept_registrations();
    assert_eq!(
        kept.of("https://ehr.example/fhir").await.unwrap_err(),
        FirstUseError::NotConfigured
    );
    let new = New::start();
    let kept = new.process().kept_registrations();
    assert!(matches!(kept.of("ehr").await, Err(FirstUseError::FhirBaseUrl(_))));
    assert!(kept.of("https://ehr.example/fhir").await.unwrap().is_none());
}
