//! The EHRs of the configuration, in their order and by their address: [`Listed`].

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    config::Ehr,
    protocol::urls::FhirBaseUrl,
    runtime::sign_ins::{SignIn, SignIns},
};

/// An application may have ten thousand of them, and looks one up at each launch and each FHIR request.
pub(super) struct Listed {
    in_order: Arc<[Arc<Ehr>]>,
    /// By what the spellings of its FHIR base URL have in common.
    by_key: HashMap<String, Arc<Ehr>>,
    /// Of those with endpoints of their own.
    sign_ins: SignIns<Arc<Ehr>>,
}

impl Listed {
    pub(super) fn new(ehrs: Vec<Arc<Ehr>>) -> Self {
        let mut sign_ins = SignIns::default();
        for (ehr, sign_in) in ehrs.iter().filter_map(|ehr| Some((ehr, SignIn::configured(ehr)?))) {
            sign_ins.put(&key(ehr), sign_in, Arc::clone(ehr));
        }
        let keyed = ehrs.iter().map(|ehr| (key(ehr), Arc::clone(ehr)));
        Self {
            by_key: keyed.collect(),
            sign_ins,
            in_order: ehrs.into(),
        }
    }

    pub(super) const fn in_order(&self) -> &Arc<[Arc<Ehr>]> {
        &self.in_order
    }

    /// Those where people launch, in their order.
    pub(super) fn for_launches(&self) -> impl Iterator<Item = &Arc<Ehr>> {
        self.in_order.iter().filter(|ehr| ehr.takes_launches())
    }

    /// The one that this spelling of its address names.
    pub(super) fn find(&self, iss: &str) -> Option<&Arc<Ehr>> {
        self.by_key.get(&FhirBaseUrl::key_of(iss)?)
    }

    /// The one with this address, as [`find`](Self::find) reads it.
    pub(super) fn at(&self, normalized: &str) -> Option<&Arc<Ehr>> {
        self.by_key.get(normalized)
    }

    /// Those that are configured with a sign of this sign-in, and with codes that go elsewhere.
    pub(super) fn with_codes_elsewhere(&self, than: &SignIn) -> impl Iterator<Item = &Arc<Ehr>> {
        self.sign_ins.with_codes_elsewhere(than)
    }

    /// Adds one, or puts it in the place of the one with the same address. It is the last then.
    pub(super) fn put(&mut self, ehr: Arc<Ehr>) {
        self.take_out(&key(&ehr));
        if let Some(sign_in) = SignIn::configured(&ehr) {
            self.sign_ins.put(&key(&ehr), sign_in, Arc::clone(&ehr));
        }
        self.by_key.insert(key(&ehr), Arc::clone(&ehr));
        self.in_order = self.in_order.iter().cloned().chain([ehr]).collect();
    }

    /// Returns whether there was one.
    pub(super) fn remove(&mut self, fhir_base_url: &str) -> bool {
        FhirBaseUrl::key_of(fhir_base_url).is_some_and(|key| self.take_out(&key))
    }

    fn take_out(&mut self, key: &str) -> bool {
        let Some(out) = self.by_key.remove(key) else {
            return false;
        };
        if let Some(sign_in) = SignIn::configured(&out) {
            self.sign_ins.take_out(key, &sign_in);
        }
        let others = self.in_order.iter().filter(|ehr| !Arc::ptr_eq(ehr, &out));
        self.in_order = others.cloned().collect();
        true
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.in_order.iter()).finish()
    }
}

fn key(ehr: &Ehr) -> String {
    ehr.fhir_base_url().normalized().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smart_config::SmartConfig;

    fn ehrs(bases: &[&str]) -> Vec<Arc<Ehr>> {
        let builder = bases.iter().fold(SmartConfig::builder(), |builder, base| {
            let ehr = Ehr::builder(*base).client_id("app").scopes("launch patient/*.rs");
            builder.ehr(ehr.redirect_uri("https://app.example/auth/callback"))
        });
        builder.build().unwrap().ehrs().to_vec()
    }

    fn keys(listed: &Listed) -> Vec<&str> {
        listed.in_order().iter().map(|ehr| ehr.key()).collect()
    }

    #[test]
    fn each_is_found_by_every_spelling_of_its_address_and_by_no_other() {
        let listed = Listed::new(ehrs(&["https://a.example/fhir", "https://b.example/fhir/"]));
        for spelling in ["https://b.example/fhir", "HTTPS://B.example:443/fhir/"] {
            assert_eq!(
                listed.find(spelling).map(|ehr| ehr.key()),
                Some("https://b.example/fhir/")
            );
        }
        for other in [
            "https://b.example/FHIR",
            "https://b.example/fhir//",
            "b.example/fhir",
            "",
        ] {
            assert!(listed.find(other).is_none(), "{other}");
        }
    }

    #[test]
    fn one_that_is_put_again_is_the_last_and_the_only_one_of_its_address() {
        let mut listed = Listed::new(ehrs(&["https://a.example/fhir", "https://b.example/fhir"]));
        let again = ehrs(&["https://A.example/fhir/"]).remove(0);
        listed.put(Arc::clone(&again));
        assert_eq!(keys(&listed), ["https://b.example/fhir", "https://A.example/fhir/"]);
        assert!(Arc::ptr_eq(listed.find("https://a.example/fhir").unwrap(), &again));
    }

    #[test]
    fn what_is_removed_is_neither_found_nor_listed() {
        let mut listed = Listed::new(ehrs(&["https://a.example/fhir", "https://b.example/fhir"]));
        assert!(listed.remove("https://a.example/fhir/"));
        assert!(!listed.remove("https://a.example/fhir/"));
        assert_eq!(keys(&listed), ["https://b.example/fhir"]);
        assert!(listed.find("https://a.example/fhir").is_none());
    }
}
