//! Giving back claims whose answers were lost: [`LostClaims`].

use std::{future::Future, sync::Arc};

use tokio::{runtime::Handle, sync::Semaphore};

use super::{
    StoreError,
    access::{BRIEF, Patience},
    operation::{Claim, Stamped},
};
use crate::time::Timestamp;

/// So many claims are given back at once. What an overloaded store did not take must not come back to it many times over.
const AT_ONCE: usize = 128;

/// Claims that were not answered, and that may have been done all the same.
///
/// Nobody exchanges the code of such a one, and whoever comes again with it waits for an answer that never comes. Nobody but the
/// backend can tell it from the claim of somebody who is at work: it alone knows the attempt.
pub(super) struct LostClaims(Arc<Semaphore>);

impl Default for LostClaims {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl LostClaims {
    /// Repeats a claim as the same attempt, and releases it where the store has it. Runs beside its caller, in the caller's runtime.
    pub(super) fn give_back<S, C, R>(
        &self,
        store: S,
        claim: impl Fn(S) -> C + Send + 'static,
        release: impl Fn(S, Timestamp) -> R + Send + 'static,
    ) where
        S: Clone + Send + 'static,
        C: Future<Output = Result<Stamped<Claim>, StoreError>> + Send,
        R: Future<Output = Result<Stamped<()>, StoreError>> + Send,
    {
        if let Ok(runtime) = Handle::try_current()
            && let Ok(place) = Arc::clone(&self.0).try_acquire_owned()
        {
            runtime.spawn(async move {
                until_given_back(store, claim, release).await;
                drop(place);
            });
        }
    }
}

async fn until_given_back<S, C, R>(store: S, claim: impl Fn(S) -> C, release: impl Fn(S, Timestamp) -> R)
where
    S: Clone,
    C: Future<Output = Result<Stamped<Claim>, StoreError>>,
    R: Future<Output = Result<Stamped<()>, StoreError>>,
{
    let mut patience = Patience::of(BRIEF);
    while patience.allows_another().await {
        let claimed_at = match claim(store.clone()).await {
            Ok(Stamped {
                value: Claim::Fresh,
                at,
            }) => at,
            // Somebody else has it.
            Ok(_) | Err(StoreError::Unreadable | StoreError::UnknownKey) => return,
            Err(_) => continue,
        };
        if release(store.clone(), claimed_at).await.is_ok() {
            return;
        }
    }
    tracing::warn!(
        "the token store did not say whether it has claimed a sign-in, and the claim could not be given back; the person may have to \
         begin anew"
    );
}

#[cfg(test)]
mod tests;
