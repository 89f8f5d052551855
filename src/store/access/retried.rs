//! Patience with a store, for what exists nowhere else.

use std::{future::Future, time::Duration};

use super::{StoreAccess, patience::Patience};
use crate::{log_throttle::log_seldom, store::StoreError};

/// How long an operation is tried that brings what exists nowhere else.
const LONG: Duration = Duration::from_secs(5 * 60);
/// How long one is tried whose failure costs less.
pub(crate) const BRIEF: Duration = Duration::from_secs(30);

impl StoreAccess {
    /// Tries an operation for five minutes, where trying again may help.
    pub(crate) async fn retried<T, F, Fut>(&self, operation: F) -> Result<T, StoreError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        self.retried_for(LONG, operation).await
    }

    /// Tries an operation for half a minute, where trying again may help.
    pub(crate) async fn retried_briefly<T, F, Fut>(&self, operation: F) -> Result<T, StoreError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        self.retried_for(BRIEF, operation).await
    }

    async fn retried_for<T, F, Fut>(&self, time: Duration, mut operation: F) -> Result<T, StoreError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        let mut patience = Patience::of(time);
        loop {
            match operation().await {
                Err(error) if may_pass(error) => {
                    log_seldom!(self, warn, %error, "the token store failed; trying again");
                    if !patience.allows_another().await {
                        return Err(error);
                    }
                }
                result => return result,
            }
        }
    }
}

/// `Refused` too: where passwords change, the server may know the new one before the application does.
const fn may_pass(error: StoreError) -> bool {
    match error {
        StoreError::Unavailable
        | StoreError::Full
        | StoreError::ReadOnly
        | StoreError::Refused
        | StoreError::Schema => true,
        StoreError::UnknownKey | StoreError::Unreadable => false,
    }
}

#[cfg(test)]
mod tests;
