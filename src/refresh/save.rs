//! Saving what a refresh brought: new tokens, or the note that their answer got lost. It is the only copy.

use std::{sync::Arc, time::Duration};

use crate::{
    shared::Shared,
    store::{EndReason, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, Replaced, Version},
};

/// How saving ended.
pub(crate) enum Saved {
    /// It is in the store.
    Written(Arc<LaunchRecord>),
    /// Somebody else has stored other tokens; these are they.
    Superseded(Arc<LaunchRecord>),
    /// The launch has ended meanwhile. Ending wins.
    Gone(EndReason),
    /// The store did not take it for minutes.
    GaveUp,
}

/// How long a store may be away before what it did not take is given up.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Writes `fresh`, which was made from `basis` at `version`, and tries again while the store is away.
pub(crate) async fn until_written(
    shared: &Shared,
    key: LaunchKey,
    mut version: Version,
    basis: &LaunchRecord,
    fresh: LaunchRecord,
) -> Saved {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(100);
    loop {
        let backend = shared.store.backend();
        let written = backend
            .replace_launch(key, version, fresh.clone(), shared.rules(), shared.now())
            .await;
        let error = match written {
            Ok(Replaced::Written(_)) => return Saved::Written(Arc::new(fresh)),
            Ok(Replaced::Conflict | Replaced::Gone) => match shared.load(key, LaunchUse::DoesNotCount).await {
                Ok(LoadedLaunch::Open {
                    record,
                    version: stored,
                }) => {
                    // A write that failed on the way back may have been done all the same.
                    if same_tokens(&record, &fresh) && record.refresh == fresh.refresh {
                        return Saved::Written(record);
                    }
                    if !same_tokens(&record, basis) {
                        return Saved::Superseded(record);
                    }
                    // Only the notes beside the tokens changed: write on top of them.
                    version = stored;
                    continue;
                }
                Ok(LoadedLaunch::Ended(ended)) => return Saved::Gone(ended.reason),
                Ok(LoadedLaunch::NotFound) => return Saved::Gone(EndReason::LoggedOut),
                Err(error) => error,
            },
            Err(error) => error,
        };
        if waited >= PATIENCE {
            tracing::error!(%error, ehr = %basis.ehr, "what a refresh brought could not be saved and is lost; repair the token store");
            return Saved::GaveUp;
        }
        tracing::warn!(%error, "what a refresh brought could not be saved yet; trying again");
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// An EHR may hand out the same access token twice, so the moment of the request counts as well.
pub(super) fn same_tokens(one: &LaunchRecord, other: &LaunchRecord) -> bool {
    one.tokens.requested_at() == other.tokens.requested_at()
        && one.tokens.access_token().expose_secret() == other.tokens.access_token().expose_secret()
}
