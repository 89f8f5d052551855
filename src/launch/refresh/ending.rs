//! Ending a launch that was judged dead: that version of it, and never a newer one.

use crate::{
    launch::refresh::outcome::RefreshOutcome,
    runtime::Runtime,
    store::{EndReason, EndedLaunches, LaunchEnd, LaunchKey, LaunchUse, LoadedLaunch, StoreError, Version},
};

/// Ends it. Says how it stands then: ended, for that or for an earlier reason; or as somebody has written it meanwhile.
pub(super) async fn end(
    runtime: &Runtime,
    key: LaunchKey,
    version: Version,
    reason: EndReason,
) -> Result<RefreshOutcome, StoreError> {
    Ok(end_and_hand_out(runtime, key, version, reason).await?.1)
}

pub(super) async fn end_or_fail(
    runtime: &Runtime,
    key: LaunchKey,
    version: Version,
    reason: EndReason,
) -> RefreshOutcome {
    end(runtime, key, version, reason)
        .await
        .unwrap_or_else(|error| RefreshOutcome::store_failed(runtime, error))
}

/// Ends it, and hands over the records that were taken out of the store.
pub(super) async fn end_and_hand_out(
    runtime: &Runtime,
    key: LaunchKey,
    version: Version,
    reason: EndReason,
) -> Result<(EndedLaunches, RefreshOutcome), StoreError> {
    let ended = match runtime.store.end_version(key, version, reason).await? {
        LaunchEnd::Ended(ended) => ended,
        LaunchEnd::Newer => EndedLaunches::nothing(),
    };
    if ended.count() > 0 {
        return Ok((ended, RefreshOutcome::Ended(reason)));
    }
    // Somebody may have signed out while the EHR was asked, and revoking made the EHR refuse: who waits for the answer has to
    // be told that, and is not to be sent to a new launch.
    let outcome = match runtime.load(key, LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { record, .. } => RefreshOutcome::Current(record),
        LoadedLaunch::Ended(ended) => RefreshOutcome::Ended(ended.reason),
        LoadedLaunch::NotFound => RefreshOutcome::Forgotten,
    };
    Ok((ended, outcome))
}

#[cfg(test)]
mod tests;
