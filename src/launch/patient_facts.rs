//! The facts of the patient that stay with a launch, where the application wants that ([`KeepPatientFacts`]).
//!
//! [`KeepPatientFacts`]: crate::patient::KeepPatientFacts

use crate::{
    config::KeepPatientFacts,
    launch::session::SmartSession,
    protocol::patient::facts::PatientFacts,
    store::{LaunchRecord, LaunchUse, LoadedLaunch, StoreError},
};

/// The facts that are kept with the launch, if these are of its patient.
pub(crate) fn kept(session: &SmartSession) -> Option<&PatientFacts> {
    let kept = session.record().patient_facts.as_deref();
    kept.filter(|facts| Some(facts.id()) == session.patient())
}

/// Keeps the facts with the launch, if that is wanted. Where somebody else writes to the launch at the same moment, they go without:
/// the next page fetches them again.
pub(crate) async fn keep(session: &SmartSession, facts: &PatientFacts) {
    let is_wanted = session.runtime().settings.policies.patient_facts == KeepPatientFacts::WithLaunch;
    if !is_wanted || Some(facts.id()) != session.patient() {
        return;
    }
    if let Err(error) = write(session, facts).await {
        tracing::debug!(%error, "facts of a patient were not kept with the launch");
    }
}

async fn write(session: &SmartSession, facts: &PatientFacts) -> Result<(), StoreError> {
    let (runtime, key) = (session.runtime(), session.launch_id().key());
    let LoadedLaunch::Open { record, version } = runtime.load(key, LaunchUse::DoesNotCount).await? else {
        return Ok(());
    };
    // Whoever sends a refresh token has the next word.
    if record.refresh.sent.is_some() || record.tokens.context().patient() != Some(facts.id()) {
        return Ok(());
    }
    let with_facts = LaunchRecord {
        patient_facts: Some(Box::new(facts.clone())),
        ..(*record).clone()
    };
    runtime.store.replace_launch(key, version, with_facts).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
