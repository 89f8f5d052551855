//! Why there is no launch with a token that may be used now: [`LaunchError`].

use std::time::Duration;

use crate::{
    log_throttle::log_seldom,
    runtime::Runtime,
    store::{EndReason, LaunchKey, RefreshFailure, StoreError},
};

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
    /// There is no access token to use now. The launch is kept.
    ///
    /// With [`RefreshFailure::StoreUnavailable`] the token store is unavailable: the launch could not be loaded, and its token may be good;
    /// or its token has run out, and a refresh could not be noted or saved. With any other cause the token has run out, and the EHR or its registration is unavailable, or the EHR's answer cannot
    /// be used.
    #[error("{}; try again in {} s", what_is_missing(*cause), retry_after.as_secs())]
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

    /// The store could not load a launch.
    pub(crate) fn not_loaded(runtime: &Runtime, launch: LaunchKey, error: StoreError) -> Self {
        log_seldom!(runtime, warn, launch = launch.reference(), %error, "a launch could not be loaded");
        Self::store_unavailable()
    }

    /// The store could not end a launch.
    pub(crate) fn not_ended(runtime: &Runtime, launch: LaunchKey, error: StoreError) -> Self {
        log_seldom!(runtime, warn, launch = launch.reference(), %error, "a launch could not be ended");
        Self::store_unavailable()
    }
}

/// What an error without a token begins with. A store that is unavailable says nothing about the token.
pub(crate) const fn what_is_missing(cause: RefreshFailure) -> &'static str {
    match cause {
        RefreshFailure::StoreUnavailable => "the token store is unavailable",
        _ => "no usable access token at the moment",
    }
}

#[cfg(test)]
mod tests;
