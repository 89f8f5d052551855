//! A client that the EHR has deleted.

use std::time::Duration;

use actix_smart_auth::{
    SmartClient, StartOptions,
    registration::{FirstUseError, RefusalMeaning},
};

use super::{New, launched};
use crate::{
    smart_client::sign_in,
    support::{Logs, clock},
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
