//! Why there is no launch with a token that may be used now: [`LaunchError`].

use std::time::Duration;

use crate::store::{EndReason, RefreshFailure, StoreError};

/// Why a launch cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The launch has ended.
    #[error("the launch has ended ({0:?}); launch again")]
    Ended(EndReason),
    /// No such launch, or forgotten long ago.
    #[error("no such launch; launch again")]
    NotFound,
    /// The access token has run out, and the EHR, its registration or the token store is unavailable, or the EHR's answer cannot
    /// be used. The launch is kept.
    #[error("no usable access token at the moment; try again in {} s", retry_after.as_secs())]
    Unavailable {
        /// What is away.
        cause: RefreshFailure,
        /// When it is worth trying again.
        retry_after: Duration,
        /// How many attempts in a row have failed, as far as that is known.
        failures: u32,
    },
    /// The EHR refuses this application's credentials and the access token has run out. The launch is kept.
    #[error("the EHR refuses this application's credentials; see the log")]
    ClientRefused,
}

impl LaunchError {
    /// No usable token for this reason, and when it is worth trying again.
    pub(crate) const fn no_token(cause: RefreshFailure, retry_after: Duration) -> Self {
        match cause {
            RefreshFailure::ClientRefused => Self::ClientRefused,
            cause => Self::Unavailable {
                cause,
                retry_after,
                failures: 0,
            },
        }
    }

    /// The same after so many failures in a row, if it is one of them.
    pub(crate) fn after_failures(self, so_far: u32) -> Self {
        match self {
            Self::Unavailable {
                cause,
                retry_after,
                failures,
            } => Self::Unavailable {
                cause,
                retry_after,
                failures: failures.max(so_far),
            },
            other => other,
        }
    }

    /// The store is away.
    pub(crate) const fn store_unavailable() -> Self {
        Self::no_token(RefreshFailure::StoreUnavailable, Duration::from_secs(5))
    }
}

impl From<StoreError> for LaunchError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a launch could not be loaded");
        Self::store_unavailable()
    }
}
