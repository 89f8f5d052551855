//! What this process is about to obtain, one for each EHR: [`UnderWay`].

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{
    error::{Failed, FirstUseError},
    kept::Need,
    obtain::Wanted,
};
use crate::{
    protocol::client_registration::ClientRegistration,
    runtime::single_flight::{Joined, SingleFlight, Waiter},
};

/// At how many EHRs at once the application may be registering itself. Those that hang are given up within a minute and a half.
const MOST: usize = 512;

pub(super) type Outcome = Result<ClientRegistration, Failed>;

/// Registrations that are obtained or read at the moment. However many ask, each EHR has one of each, and none waits for those of others.
#[derive(Debug)]
pub(super) struct UnderWay {
    flights: SingleFlight<(String, Need), Outcome>,
    places: Arc<Semaphore>,
}

impl Default for UnderWay {
    fn default() -> Self {
        Self {
            flights: SingleFlight::default(),
            places: Arc::new(Semaphore::new(MOST)),
        }
    }
}

impl UnderWay {
    /// What comes of it. It goes on though nobody waits: it is for all.
    ///
    /// # Errors
    ///
    /// [`FirstUseError::TooMany`].
    pub(super) fn join(&self, wanted: Wanted, need: Need) -> Result<Waiter<Outcome>, FirstUseError> {
        let (leader, waiter) = match self.flights.join((wanted.name.ehr.clone(), need)) {
            Joined::Waiter(waiter) => return Ok(waiter),
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let place = Arc::clone(&self.places).try_acquire_owned();
        let Ok(place) = place else {
            // Somebody may wait already.
            leader.complete(Err(FirstUseError::TooMany.into()));
            return Err(FirstUseError::TooMany);
        };
        let engine = wanted.runtime.engine.clone();
        let work = async move {
            let outcome = wanted.run().await;
            drop(place);
            outcome
        };
        engine.spawn_then("client registration", work, |outcome| leader.complete(outcome));
        Ok(waiter)
    }
}
