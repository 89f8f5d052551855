//! Renewing a token before anybody asks for it: for applications whose requests must never wait for the EHR.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    obtain::{Tokens, Wanted},
    work::{Credentials, Work},
};
use crate::{config::BackendRenewal, store::ValueKey, time::Timestamp};

/// How long a list of scopes that is not the registration's own is renewed though nobody asks for it.
const UNUSED: Duration = Duration::from_secs(3_600);
/// How often it is looked whether a token is due. Not one long sleep: a machine may sleep as well.
const LOOK: Duration = Duration::from_secs(5);

/// The tokens that are renewed in the background, and when each was last asked for. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub(super) struct Renewals(Arc<Mutex<HashMap<ValueKey, Timestamp>>>);

impl Renewals {
    /// Renews the token whenever it is due from now on, where the registration wants that: as long as it does, and until the engine
    /// ends.
    pub(super) fn begin(&self, tokens: &Tokens, work: &Work) {
        let is_wanted = work
            .ehr
            .backend()
            .is_some_and(|backend| backend.renewal == BackendRenewal::InBackground);
        // The registration, which is looked up again each time, does not have other credentials.
        if !is_wanted || work.credentials == Credentials::Other {
            return;
        }
        match self.lock().entry(work.key) {
            Entry::Occupied(_) => return,
            Entry::Vacant(free) => free.insert(tokens.runtime().now()),
        };
        let (renewals, tokens, work) = (self.clone(), tokens.clone(), work.clone());
        let engine = tokens.runtime().engine.clone();
        engine.spawn_aside(async move {
            renewals.keep_renewed(&tokens, &work).await;
            renewals.lock().remove(&work.key);
        });
    }

    /// Somebody asks for this token.
    pub(super) fn asked_for(&self, key: ValueKey, now: Timestamp) {
        if let Some(last) = self.lock().get_mut(&key) {
            *last = now;
        }
    }

    /// Whether nobody has asked for long.
    fn is_unused(&self, key: ValueKey, now: Timestamp) -> bool {
        let last = self.lock().get(&key).copied();
        last.is_none_or(|last| now.saturating_since(last) >= UNUSED)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ValueKey, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the registration does not want it any more.
    async fn keep_renewed(&self, tokens: &Tokens, work: &Work) {
        loop {
            tokio::time::sleep(LOOK).await;
            let (now, known) = (tokens.runtime().now(), tokens.known(work.key));
            if known.is_some_and(|token| !token.is_due(now)) {
                continue;
            }
            let ehr = match tokens.runtime().ehr_of_record(work.ehr.key()).await {
                Ok(ehr) => ehr,
                Err(error) if error.is_temporary() => continue,
                Err(_) => return,
            };
            let is_same_client = ehr.client_id() == work.ehr.client_id();
            let is_wanted = ehr.backend().is_some_and(|backend| {
                backend.renewal == BackendRenewal::InBackground
                    && (backend.scopes == work.scopes || !self.is_unused(work.key, now))
            });
            if !is_same_client || !is_wanted {
                return;
            }
            let work = Work { ehr, ..work.clone() };
            // What came of it stands in the log.
            let _ = tokens.outcome_of(work, Wanted::Fresh).await;
        }
    }
}
