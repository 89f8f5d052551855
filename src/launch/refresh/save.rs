//! Saving what a refresh brought: new tokens, or the note that their answer got lost. It is the only copy.

use std::{sync::Arc, time::Duration};

use crate::{
    launch::refresh::outcome::RefreshOutcome,
    runtime::Runtime,
    store::{
        LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, Patience, Replaced, StoreError, Version, went_back::went_back,
    },
};

/// How saving ended.
pub(crate) enum Saved {
    /// It is in the store.
    Written(Arc<LaunchRecord>),
    /// Somebody else has stored other tokens; these are they.
    Superseded(Arc<LaunchRecord>),
    /// The launch is not open any more. Ending wins.
    Gone(RefreshOutcome),
    /// The store did not take it for minutes.
    GaveUp,
}

/// How long a store may be away before what it did not take is given up.
pub(super) const UNTIL_SAVED: Duration = Duration::from_secs(5 * 60);

/// How often in a row the record may have changed meanwhile. Later there is a pause before each attempt: servers that disagree about who has it
/// may go on with that for long.
pub(super) const CONFLICTS: u32 = 3;

/// Writes `fresh`, which was made from `basis` at `version`, and tries again while the store is away. `tell_trouble` is called when the
/// store has failed: until then it is not what anybody waits for in vain.
pub(crate) async fn until_written(
    runtime: &Runtime,
    key: LaunchKey,
    mut version: Version,
    basis: &LaunchRecord,
    fresh: LaunchRecord,
    tell_trouble: impl Fn(),
) -> Saved {
    let mut patience = Patience::of(UNTIL_SAVED);
    let (known, mut conflicts, mut said) = (version, 0, false);
    let (ehr, launch) = (&basis.origin.ehr, key.reference());
    let written = |record, said| {
        if said {
            tracing::info!(%ehr, launch, "what a refresh brought is saved now");
        }
        Saved::Written(record)
    };
    loop {
        let error = match runtime.store.replace_launch(key, version, fresh.clone()).await {
            Ok(Replaced::Written(_)) => return written(Arc::new(fresh), said),
            Ok(Replaced::Conflict | Replaced::Gone) => match runtime.load(key, LaunchUse::DoesNotCount).await {
                Ok(LoadedLaunch::Open {
                    record,
                    version: stored,
                }) => {
                    // A write that failed on the way back may have been done all the same.
                    if same_tokens(&record, &fresh) && record.refresh == fresh.refresh {
                        return written(record, said);
                    }
                    let is_a_note = same_tokens(&fresh, basis);
                    // That it was sent may be among what the store has lost.
                    let note_was_lost = record.refresh.sent.is_none() && stored < known;
                    let somebody_else_sends = record.refresh.sent != basis.refresh.sent && !note_was_lost;
                    let only_notes_changed = same_tokens(&record, basis) && !(is_a_note && somebody_else_sends);
                    let brings_the_newest = !is_a_note && went_back((&record, stored), (basis, known));
                    if !only_notes_changed && !brings_the_newest {
                        return Saved::Superseded(record);
                    }
                    // On top of the notes, or of the older tokens.
                    version = stored;
                    conflicts += 1;
                    if conflicts <= CONFLICTS {
                        continue;
                    }
                    StoreError::Unavailable
                }
                Ok(LoadedLaunch::Ended(ended)) => return Saved::Gone(RefreshOutcome::Ended(ended.reason)),
                Ok(LoadedLaunch::NotFound) => return Saved::Gone(RefreshOutcome::Forgotten),
                Err(error) => error,
            },
            Err(error) => error,
        };
        if !std::mem::replace(&mut said, true) {
            tell_trouble();
            tracing::warn!(%error, %ehr, launch, "what a refresh brought could not be saved yet; trying again");
        }
        if !patience.allows_another().await {
            tracing::error!(%error, %ehr, launch, "what a refresh brought could not be saved and is lost; repair the token store");
            return Saved::GaveUp;
        }
    }
}

/// An EHR may hand out the same access token twice, so the moment of the request counts as well.
pub(super) fn same_tokens(one: &LaunchRecord, other: &LaunchRecord) -> bool {
    one.tokens.requested_at() == other.tokens.requested_at()
        && one.tokens.access_token().expose_secret() == other.tokens.access_token().expose_secret()
}

#[cfg(test)]
mod tests;
