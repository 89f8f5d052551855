//! New tokens that a server has lost, stored again by a process that still has them.
//!
//! A fail-over to a replica that lags brings back the tokens of before. An EHR that replaces refresh tokens does not take those again: the
//! launch would be lost, although each process that has answered a request of it since still has the new ones.

use std::time::Instant;

use super::{Opened, OpenedRecords};
use crate::{
    log_throttle::log_seldom,
    store::{LaunchKey, LaunchRecord, LoadedLaunch, Replaced, Stamped, StoreError, Version, went_back::went_back},
};

impl OpenedRecords {
    /// The launch as it was loaded; where the server has lost newer tokens that this process has, with those, stored again by `replace`. `None`
    /// where somebody has written to it meanwhile, perhaps the same: then it is to be loaded again.
    ///
    /// `known` is what this process had of it before it was loaded. A launch that has ended stays so, and one that the server does not know
    /// is not opened again: it may have ended.
    pub(in crate::store) async fn restored<F>(
        &self,
        key: LaunchKey,
        known: Option<Opened>,
        loaded: LoadedLaunch,
        now: Instant,
        replace: impl FnOnce(Version, LaunchRecord) -> F,
    ) -> Option<LoadedLaunch>
    where
        F: Future<Output = Result<Stamped<Replaced>, StoreError>>,
    {
        let (Some(known), LoadedLaunch::Open { record, version }) = (known, &loaded) else {
            return Some(loaded);
        };
        if !went_back((record, *version), (&known.record, known.version)) {
            return Some(loaded);
        }
        // Boxed: most loads should not carry the room for it with them.
        let replaced = Box::pin(replace(*version, (*known.record).clone())).await;
        match replaced.map(|replaced| replaced.value) {
            Ok(Replaced::Written(version)) => {
                log_seldom!(
                    self,
                    warn,
                    launch = key.reference(),
                    "the token store has lost newer tokens of a launch, as after a fail-over; this process had them, and they are stored again"
                );
                let record = known.record;
                Some(LoadedLaunch::Open { record, version })
            }
            Ok(Replaced::Conflict) => None,
            Ok(Replaced::Gone) => {
                self.forget(key, now);
                None
            }
            // The next load comes to it: this process keeps them.
            Err(_) => Some(loaded),
        }
    }
}

#[cfg(test)]
mod tests;
