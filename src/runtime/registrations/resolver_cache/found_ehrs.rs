//! The registrations that the resolver gave, as many as are remembered: [`FoundEhrs`].

use std::sync::Arc;

use super::{memory::Found, recent::Recent};
use crate::{
    config::Ehr,
    runtime::sign_ins::{SignIn, SignIns},
};

/// By the normalized FHIR base URL.
pub(super) struct FoundEhrs {
    recent: Recent<Found>,
    /// Of those with endpoints of their own.
    sign_ins: SignIns<Arc<Ehr>>,
}

impl FoundEhrs {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            recent: Recent::new(capacity),
            sign_ins: SignIns::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.recent.len()
    }

    /// The registration, which counts as used now.
    pub(super) fn get(&mut self, key: &str) -> Option<&mut Found> {
        self.recent.get(key)
    }

    /// The registration. Looking is no use.
    pub(super) fn at(&self, key: &str) -> Option<&Arc<Ehr>> {
        self.recent.peek(key).map(|found| &found.ehr)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Ehr>> {
        self.recent.values().map(|found| &found.ehr)
    }

    /// Those with a sign of this sign-in, and with codes that go elsewhere.
    pub(super) fn with_codes_elsewhere(&self, than: &SignIn) -> impl Iterator<Item = &Arc<Ehr>> {
        self.sign_ins.with_codes_elsewhere(than)
    }

    pub(super) fn insert(&mut self, key: &str, found: Found) {
        let ehr = Arc::clone(&found.ehr);
        if let Some(out) = self.recent.insert(key, found) {
            self.take_out(&out.ehr);
        }
        if let Some(sign_in) = SignIn::configured(&ehr) {
            self.sign_ins
                .put(ehr.fhir_base_url().normalized(), sign_in, Arc::clone(&ehr));
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(out) = self.recent.remove(key) {
            self.take_out(&out.ehr);
        }
    }

    fn take_out(&mut self, ehr: &Ehr) {
        if let Some(sign_in) = SignIn::configured(ehr) {
            self.sign_ins.take_out(ehr.fhir_base_url().normalized(), &sign_in);
        }
    }
}

#[cfg(test)]
mod tests;
