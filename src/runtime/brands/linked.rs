//! What EHRs of the configuration are called by the brand bundles that they link themselves: [`LinkedBrands`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout_at};

use super::BrandKeeper;
use crate::{
    config::{CheckedBrands, Ehr, resolver::Choices},
    protocol::{
        brands::BrandLogos,
        network_guard::{AddressGuard, Addresses},
        urls::EndpointUrl,
    },
    runtime::{
        Runtime,
        single_flight::{Joined, SingleFlight, Waiter},
    },
};

/// How long a person waits for names, when they are asked for the first time. Without them the EHR is called as configured.
const PATIENCE: Duration = Duration::from_secs(3);

/// The bundles of the EHRs of one configuration. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(crate) struct LinkedBrands(Arc<Inner>);

struct Inner {
    runtime: Arc<Runtime>,
    logos: BrandLogos,
    /// For bundles that are elsewhere than their EHR, whose metadata names the address.
    guard: AddressGuard,
    /// By the key of the EHR.
    known: Mutex<HashMap<String, Linked>>,
    preparing: SingleFlight<String, ()>,
}

#[derive(Clone)]
struct Linked {
    bundle: EndpointUrl,
    keeper: BrandKeeper,
}

impl LinkedBrands {
    pub(crate) fn new(runtime: Arc<Runtime>, logos: BrandLogos, guard: AddressGuard) -> Self {
        Self(Arc::new(Inner {
            runtime,
            logos,
            guard,
            known: Mutex::default(),
            preparing: SingleFlight::default(),
        }))
    }

    /// What the EHRs of the configuration are called, by their keys, as far as they say so and it fits what a person types: each has up to
    /// `limit` names, and one without a text.
    pub(crate) async fn names(&self, search: &str, limit: usize) -> HashMap<String, Choices> {
        self.prepare(PATIENCE).await;
        let runtime = &self.0.runtime;
        let listed = runtime.registrations.listed();
        let names = listed.iter().filter_map(|ehr| {
            let metadata = runtime.known_metadata_of(ehr)?;
            let identifier = metadata.user_access_brand_identifier();
            let identifier = identifier.and_then(|it| Some((it.system().unwrap_or_default(), it.value()?)));
            let keeper = self.known().get(ehr.key())?.keeper.clone();
            let directory = keeper.directory();
            let names = directory.names_of(ehr.fhir_base_url(), search, identifier, limit);
            Some((ehr.key().to_owned(), names))
        });
        names.collect()
    }

    /// Sees to it that the bundles are there, for so long. It goes on afterwards.
    pub(crate) async fn prepare(&self, patience: Duration) {
        let listed = self.0.runtime.registrations.listed();
        let launched = listed.iter().filter(|ehr| ehr.takes_launches());
        let waiters: Vec<_> = launched.map(|ehr| self.prepare_one(ehr)).collect();
        let until = Instant::now() + patience;
        for waiter in waiters {
            // Without it the EHR is called as configured.
            let _ = timeout_at(until, waiter.result()).await;
        }
    }

    /// One at a time for each EHR, however many people look at the page.
    fn prepare_one(&self, ehr: &Arc<Ehr>) -> Waiter<()> {
        let (leader, waiter) = match self.0.preparing.join(ehr.key().to_owned()) {
            Joined::Waiter(waiter) => return waiter,
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        let (this, ehr) = (self.clone(), Arc::clone(ehr));
        let work = async move {
            // What does not work stands in the log.
            if let Ok(metadata) = this.0.runtime.metadata_of(&ehr).await
                && let Some(linked) = this.linked(&ehr, metadata.user_access_brand_bundle())
            {
                let _ = linked.keeper.ready().await;
            }
            leader.complete(());
        };
        let engine = &self.0.runtime.engine;
        let aside = engine.clone();
        drop(engine.spawn("brand bundle", async move { aside.spawn_aside(work) }));
        waiter
    }

    /// The bundle that the EHR links now. `None`: none.
    fn linked(&self, ehr: &Ehr, bundle: Option<&EndpointUrl>) -> Option<Linked> {
        let mut known = self.known();
        let Some(bundle) = bundle else {
            known.remove(ehr.key());
            return None;
        };
        if let Some(there) = known.get(ehr.key()).filter(|there| there.bundle == *bundle) {
            return Some(there.clone());
        }
        let is_its_own = bundle.url().origin() == ehr.fhir_base_url().url().origin();
        let addresses = match is_its_own {
            true => ehr.addresses().clone(),
            false => Addresses::Guarded(self.0.guard.clone()),
        };
        let checked = CheckedBrands::of_names(bundle.clone(), self.0.logos);
        let (engine, clock) = (&self.0.runtime.engine, Arc::clone(&self.0.runtime.clock));
        let linked = Linked {
            bundle: bundle.clone(),
            keeper: BrandKeeper::new(checked, addresses, engine, clock),
        };
        known.insert(ehr.key().to_owned(), linked.clone());
        Some(linked)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Linked>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
