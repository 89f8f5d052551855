//! Renewing a token before anybody asks for it: for applications whose requests must never wait for the EHR.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    obtain::{Tokens, Wanted},
    work::Work,
};
use crate::{config::BackendRenewal, runtime::registrations::EhrLookupError, store::ValueKey};

/// How often it is looked whether a token is due. Not one long sleep: a machine may sleep as well.
const LOOK: Duration = Duration::from_secs(5);

/// The tokens that are renewed in the background. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub(super) struct Renewals(Arc<Mutex<HashSet<ValueKey>>>);

impl Renewals {
    /// Renews the token whenever it is due from now on, where the registration wants that: as long as it does, and until the engine
    /// ends.
    pub(super) fn begin(&self, tokens: &Tokens, work: &Work) {
        let is_wanted = work
            .ehr
            .backend()
            .is_some_and(|backend| backend.renewal == BackendRenewal::InBackground);
        if !is_wanted || !self.lock().insert(work.key) {
            return;
        }
        let (renewals, tokens, work) = (self.clone(), tokens.clone(), work.clone());
        let engine = tokens.runtime().engine.clone();
        engine.spawn_aside(async move {
            keep_renewed(&tokens, &work).await;
            renewals.lock().remove(&work.key);
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<ValueKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when the registration does not want it any more.
async fn keep_renewed(tokens: &Tokens, work: &Work) {
    loop {
        tokio::time::sleep(LOOK).await;
        let (now, known) = (tokens.runtime().now(), tokens.known(work.key));
        if known.is_some_and(|token| !token.is_due(now)) {
            continue;
        }
        let ehr = match tokens.runtime().ehr_of_record(work.ehr.key()).await {
            Ok(ehr) => ehr,
            Err(EhrLookupError::Unavailable) => continue,
            Err(_) => return,
        };
        let is_same_client = ehr.client_id() == work.ehr.client_id();
        let is_wanted = ehr
            .backend()
            .is_some_and(|backend| backend.renewal == BackendRenewal::InBackground);
        if !is_same_client || !is_wanted {
            return;
        }
        let work = Work { ehr, ..work.clone() };
        // What came of it stands in the log.
        let _ = tokens.outcome_of(work, Wanted::Fresh).await;
    }
}
