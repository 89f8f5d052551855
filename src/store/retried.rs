//! Patience with a store, for what exists nowhere else.

use std::{future::Future, time::Duration};

use super::StoreError;

/// Tries an operation for half a minute, where trying again may help.
pub(crate) async fn retried<T, F, Fut>(mut operation: F) -> Result<T, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match operation().await {
            Err(error) if may_pass(error) && pause < Duration::from_secs(16) => {
                tracing::warn!(%error, "the token store failed; trying again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            result => return result,
        }
    }
}

const fn may_pass(error: StoreError) -> bool {
    matches!(error, StoreError::Unavailable | StoreError::Full | StoreError::ReadOnly)
}
