//! Ending a launch that was judged dead: that version of it, and never a newer one.

use crate::{
    launch::{
        refresh::{RefreshOutcome, attempt::store_failed},
        revoke::{Orphans, Revoker},
    },
    protocol::token::RefreshMismatch,
    runtime::Shared,
    store::{EndReason, JustEnded, LaunchEnd, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, StoreError, Version},
};

/// Ends it. Says how it stands then: ended, for that or for an earlier reason; or as somebody has written it meanwhile.
pub(super) async fn end(
    shared: &Shared,
    key: LaunchKey,
    version: Version,
    reason: EndReason,
) -> Result<RefreshOutcome, StoreError> {
    Ok(end_and_hand_out(shared, key, version, reason).await?.1)
}

pub(super) async fn end_or_fail(
    shared: &Shared,
    key: LaunchKey,
    version: Version,
    reason: EndReason,
) -> RefreshOutcome {
    end(shared, key, version, reason)
        .await
        .unwrap_or_else(|error| store_failed(shared, error))
}

/// Ends a launch whose refresh named another patient or user. Unlike tokens that ran out or were refused, its old ones
/// work on.
pub(super) async fn end_of_somebody_else(
    shared: &Shared,
    revoker: &Revoker,
    key: LaunchKey,
    (record, version): (&LaunchRecord, Version),
    brought: Orphans,
    mismatch: RefreshMismatch,
) -> RefreshOutcome {
    let reason = match mismatch {
        RefreshMismatch::PatientChanged => EndReason::PatientChanged,
        RefreshMismatch::UserChanged => EndReason::UserChanged,
    };
    tracing::error!(%mismatch, ehr = %record.ehr, "a refresh was answered for somebody else; its tokens are dropped");
    revoker.revoke(&record.ehr, &record.endpoints, brought);
    match end_and_hand_out(shared, key, version, reason).await {
        Ok((ended, outcome)) => {
            revoker.launches(&ended);
            match &outcome {
                RefreshOutcome::Ended(reason) => tracing::error!(ehr = %record.ehr, ?reason, "the launch is ended"),
                // Somebody has written other tokens meanwhile, which were not for somebody else.
                _ => tracing::warn!(ehr = %record.ehr, "the launch goes on with newer tokens"),
            }
            outcome
        }
        Err(error) => store_failed(shared, error),
    }
}

async fn end_and_hand_out(
    shared: &Shared,
    key: LaunchKey,
    version: Version,
    reason: EndReason,
) -> Result<(JustEnded, RefreshOutcome), StoreError> {
    let ended = match shared.store.end_version(key, version, reason).await? {
        LaunchEnd::Ended(ended) => ended,
        LaunchEnd::Newer => JustEnded::nothing(),
    };
    if ended.count() > 0 {
        return Ok((ended, RefreshOutcome::Ended(reason)));
    }
    // Somebody may have signed out while the EHR was asked, and revoking made the EHR refuse: who waits for the answer has to
    // be told that, and is not to be sent to a new launch.
    let outcome = match shared.load(key, LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { record, .. } => RefreshOutcome::Current(record),
        LoadedLaunch::Ended(ended) => RefreshOutcome::Ended(ended.reason),
        LoadedLaunch::NotFound => RefreshOutcome::Forgotten,
    };
    Ok((ended, outcome))
}
