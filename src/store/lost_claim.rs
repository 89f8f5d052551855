//! Giving back claims whose answers were lost: [`LostClaims`].

use std::{future::Future, sync::Arc};

use tokio::{runtime::Handle, sync::Semaphore};

use super::{
    StoreError,
    access::{BRIEF, Patience},
    operation::{Claim, Stamped},
};
use crate::{
    log_throttle::{LogThrottle, log_seldom},
    time::Timestamp,
};

/// So many claims are given back at once. What an overloaded store did not take must not come back to it many times over.
const AT_ONCE: usize = 128;

/// Claims that were not answered, and that may have been done all the same.
///
/// Nobody exchanges the code of such a one, and whoever comes again with it waits for an answer that never comes. Nobody but the
/// backend can tell it from the claim of somebody who is at work: it alone knows the attempt.
#[derive(Clone)]
pub(super) struct LostClaims {
    places: Arc<Semaphore>,
    log_throttle: Arc<LogThrottle>,
}

/// Names one attempt to claim. A claim that is sent twice is known by it as one, and one that comes after it was given back as over.
pub(super) type Attempt = [u8; 16];

impl Default for LostClaims {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            log_throttle: Arc::default(),
        }
    }
}

impl LostClaims {
    /// Claims until a moment, as an attempt of its own. Where that is not answered, the same attempt is repeated until it is, and released where the
    /// store has it: beside the caller, in the caller's runtime.
    pub(super) async fn claim<S, C, R>(
        &self,
        store: S,
        until: Timestamp,
        claim: impl Fn(S, Attempt) -> C + Send + 'static,
        release: impl Fn(S, Timestamp) -> R + Send + 'static,
    ) -> Result<Stamped<Claim>, StoreError>
    where
        S: Clone + Send + 'static,
        C: Future<Output = Result<Stamped<Claim>, StoreError>> + Send + 'static,
        R: Future<Output = Result<Stamped<()>, StoreError>> + Send + 'static,
    {
        let attempt: Attempt = rand::random();
        let claimed = claim(store.clone(), attempt).await;
        // It may have been sent twice, and only the second time refused. What only asks leaves nothing to give back.
        let may_be_claimed =
            matches!(claimed, Err(error) if !is_about_the_record(error)) && until > Timestamp::from_millis(0);
        if may_be_claimed && let Ok(runtime) = Handle::try_current() {
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                self.say_not_given_back();
                return claimed;
            };
            let this = self.clone();
            runtime.spawn(async move {
                if !is_given_back(store, move |store| claim(store, attempt), release).await {
                    this.say_not_given_back();
                }
                drop(place);
            });
        }
        claimed
    }

    fn say_not_given_back(&self) {
        log_seldom!(
            self,
            warn,
            "the claim of a sign-in that the token store may have taken could not be given back; the person may have to begin anew"
        );
    }
}

/// Whether the store is there, and has a claim that cannot be read.
const fn is_about_the_record(error: StoreError) -> bool {
    matches!(error, StoreError::Unreadable | StoreError::UnknownKey)
}

/// Whether nothing is left of the claim, once that is known.
async fn is_given_back<S, C, R>(store: S, claim: impl Fn(S) -> C, release: impl Fn(S, Timestamp) -> R) -> bool
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
            // Somebody else has it, or it was given back and that was not answered.
            Ok(_) => return true,
            Err(error) if is_about_the_record(error) => return true,
            Err(_) => continue,
        };
        if release(store.clone(), claimed_at).await.is_ok() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
