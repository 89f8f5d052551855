use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    SmartConfig,
    config::Ehr,
    protocol::launch_id::LaunchId,
    store::{LaunchKind, OthersOnOpen, RefreshSent, acceptance::sample},
};

/// Keeps facts of `p1` in a session for `p1`, whose launch was changed like this since the session began. Says whether they are in
/// the record.
async fn is_kept(policy: KeepPatientFacts, change: impl FnOnce(&mut LaunchRecord)) -> bool {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder().ehr(ehr).patient_facts(policy).build().unwrap();
    let runtime = config.runtime();
    let browser = sample::browser();
    let id = LaunchId::random(browser, LaunchKind::Ehr, &mut rand::rng());
    let (key, mut record) = (id.key(), sample::launch(browser, runtime.now()));
    let session = config
        .sessions()
        .session(id, Arc::new(record.clone()), LaunchUse::Counts);
    change(&mut record);
    let opening = runtime.store.open_launch(key, record, OthersOnOpen::Keep);
    opening.await.unwrap();

    let patient = serde_json::json!({ "resourceType": "Patient", "id": "p1", "gender": "other" });
    let facts = PatientFacts::read(&patient, "p1").unwrap();
    keep(&session, &facts).await;

    let loading = runtime.store.load_launch(key, LaunchUse::DoesNotCount);
    let LoadedLaunch::Open { record, .. } = loading.await.unwrap() else {
        panic!("it is open");
    };
    let kept = record.patient_facts.as_deref();
    assert!(kept.is_none_or(|kept| *kept == facts), "{kept:?}");
    kept.is_some()
}

const WANTED: KeepPatientFacts = KeepPatientFacts::WithLaunch;

#[tokio::test]
async fn facts_are_kept_with_the_launch_where_that_is_wanted() {
    assert!(is_kept(WANTED, |_| {}).await);
    assert!(!is_kept(KeepPatientFacts::default(), |_| {}).await);
}

/// The answer to the refresh is written on top of the version in which the token was noted as sent.
#[tokio::test]
async fn facts_are_not_written_over_the_note_that_a_refresh_token_is_being_sent() {
    let sent = |record: &mut LaunchRecord| {
        let until = record.opened_at.saturating_add(Duration::from_secs(60));
        record.refresh.sent = Some(RefreshSent::new(record.opened_at, until, 7));
    };
    assert!(!is_kept(WANTED, sent).await);
}

#[tokio::test]
async fn facts_of_another_patient_than_the_launch_has_by_now_are_not_kept() {
    for patient in [Some("p2"), None] {
        let change = |record: &mut LaunchRecord| record.tokens.context.patient = patient.map(str::to_owned);
        assert!(!is_kept(WANTED, change).await, "{patient:?}");
    }
}
