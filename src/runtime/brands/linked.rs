//! What EHRs of the configuration are called by the brand bundles that they link themselves: [`LinkedBrands`].

use std::{
    collections::{HashMap, HashSet},
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

/// How long a person waits for names, once for each EHR. Without them the EHR is called as configured.
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
    /// The keys of those that somebody has waited for. No person does so again: what comes later is there for the next page.
    waited_for: Mutex<HashSet<String>>,
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
            waited_for: Mutex::default(),
            preparing: SingleFlight::default(),
        }))
    }

    /// What the EHRs of the configuration are called, by their keys, as far as they say so and it fits what a person types: each has up to
    /// `limit` names, and one without a text.
    pub(crate) async fn names(&self, search: &str, limit: usize) -> HashMap<String, Choices> {
        self.prepare_for_page().await;
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
        let until = Instant::now() + patience;
        for (ehr, waiter) in self.preparing() {
            // Without it the EHR is called as configured.
            let _ = timeout_at(until, waiter.result()).await;
            self.waited_for().insert(ehr);
        }
    }

    /// The same for a person, who waits for an EHR only if nobody has done so before.
    async fn prepare_for_page(&self) {
        let until = Instant::now() + PATIENCE;
        for (ehr, waiter) in self.preparing() {
            if self.waited_for().contains(&ehr) {
                continue;
            }
            let _ = timeout_at(until, waiter.result()).await;
            self.waited_for().insert(ehr);
        }
    }

    /// Begins with every EHR, by their keys.
    fn preparing(&self) -> Vec<(String, Waiter<()>)> {
        let listed = self.0.runtime.registrations.listed();
        let launched = listed.iter().filter(|ehr| ehr.takes_launches());
        launched
            .map(|ehr| (ehr.key().to_owned(), self.prepare_one(ehr)))
            .collect()
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

    fn waited_for(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.waited_for.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Linked>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
