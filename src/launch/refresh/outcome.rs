//! What a refresh came to: [`RefreshOutcome`].

use std::{sync::Arc, time::Duration};

use crate::{
    log_throttle::log_seldom,
    runtime::{Runtime, places::Busy},
    store::{EndReason, LaunchRecord, RefreshFailure, StoreError},
    time::Timestamp,
};

/// What a refresh came to, for all who wait for it.
#[derive(Debug, Clone)]
pub(crate) enum RefreshOutcome {
    /// The launch as it is in the store now: with a new token, or with one that somebody else had fetched.
    Current(Arc<LaunchRecord>),
    /// The launch has ended.
    Ended(EndReason),
    /// The store does not know the launch any more.
    Forgotten,
    /// No new token, the launch is kept.
    Failed {
        cause: RefreshFailure,
        not_before: Timestamp,
        /// How many attempts in a row have failed; 0 where that is not counted.
        failures: u32,
    },
}

impl RefreshOutcome {
    /// What spans call it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Current(_) => "current",
            Self::Ended(_) => "ended",
            Self::Forgotten => "forgotten",
            Self::Failed { cause, .. } => cause.name(),
        }
    }

    /// No new token for this reason, and the next attempt is not far.
    pub(super) fn failed(runtime: &Runtime, cause: RefreshFailure) -> Self {
        Self::failed_for(runtime, cause, Duration::from_secs(5))
    }

    /// No new token for this reason, and the next attempt is worth it after that.
    pub(super) fn failed_for(runtime: &Runtime, cause: RefreshFailure, retry_after: Duration) -> Self {
        Self::Failed {
            cause,
            not_before: runtime.now().saturating_add(retry_after),
            failures: 0,
        }
    }

    pub(super) fn store_failed(runtime: &Runtime, error: StoreError) -> Self {
        tracing::warn!(%error, "a refresh could not use the token store");
        Self::failed(runtime, RefreshFailure::StoreUnavailable)
    }

    /// Too many others want something of the same EHR. Nothing was sent, so nothing is noted.
    pub(super) fn turned_away(runtime: &Runtime, ehr: &str, Busy { retry_after }: Busy) -> Self {
        log_seldom!(
            runtime,
            warn,
            ehr = ehr,
            "too many token requests to this EHR are under way; a refresh was not sent"
        );
        Self::Failed {
            cause: RefreshFailure::Busy,
            not_before: runtime.now().saturating_add(retry_after),
            failures: 0,
        }
    }
}
