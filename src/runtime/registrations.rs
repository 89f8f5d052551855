//! The EHRs that the application is registered with: [`Registrations`].
//!
//! Those of the configuration come first, and can be added and removed at run time. What they do not know is asked of
//! the application's [`EhrResolver`](crate::resolver::EhrResolver), if it has one, and remembered for a while.

mod asker;
mod choices;
mod client;
mod listed;
mod lookup_error;
mod resolver_cache;
mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

pub use self::lookup_error::EhrLookupError;
pub(crate) use self::{
    asker::Asker,
    client::{ClientNow, explain_refusal},
    resolver_cache::{ResolverCache, ResolverCacheParts},
    source::{AppCode, Found, OfApplication, OfResolver, Resolver, Source},
};
use self::{choices::Lines, listed::Listed};
use crate::{
    config::{
        ConfigError, Ehr, EhrBuilder, RedirectRules,
        resolver::{Choices, EhrChoice},
    },
    log_throttle::{LogThrottle, log_seldom},
    protocol::{
        brands::Wanted,
        client_auth::{Jwks, PublicJwk},
        urls::FhirBaseUrl,
    },
    runtime::{both::both, sign_ins::SignIn},
};

/// All registrations of one configuration.
#[derive(Debug)]
pub(crate) struct Registrations {
    listed: RwLock<Listed>,
    resolver: Option<Arc<ResolverCache>>,
    rules: RedirectRules,
    /// Keys that are published whichever EHRs there are.
    extra_keys: Vec<PublicJwk>,
    log_throttle: LogThrottle,
}

impl Registrations {
    pub(crate) fn new(
        listed: Vec<Arc<Ehr>>,
        resolver: Option<ResolverCache>,
        rules: RedirectRules,
        extra_keys: Vec<PublicJwk>,
    ) -> Self {
        Self {
            listed: RwLock::new(Listed::new(listed)),
            resolver: resolver.map(Arc::new),
            rules,
            extra_keys,
            log_throttle: LogThrottle::default(),
        }
    }

    /// The registrations of the configuration, in their order.
    pub(crate) fn listed(&self) -> Arc<[Arc<Ehr>]> {
        Arc::clone(self.read().in_order())
    }

    /// Whether a person has to say which EHR is meant.
    pub(crate) fn are_several(&self) -> bool {
        self.resolver.is_some() || self.read().for_launches().nth(1).is_some()
    }

    /// Whether nobody can launch, whatever EHR is named.
    pub(crate) fn are_none(&self) -> bool {
        self.resolver.is_none() && self.read().for_launches().next().is_none()
    }

    /// The one that is meant where none is named.
    pub(crate) fn only(&self) -> Option<Arc<Ehr>> {
        let listed = self.read();
        let mut for_launches = listed.for_launches();
        match (&self.resolver, for_launches.next(), for_launches.next()) {
            (None, Some(only), None) => Some(Arc::clone(only)),
            _ => None,
        }
    }

    /// The registration that a received `iss`, or the key of a record, names.
    ///
    /// Text that is no FHIR base URL is never shown to the resolver.
    pub(crate) async fn find(&self, iss: &str, asker: Asker) -> Result<Arc<Ehr>, EhrLookupError> {
        if let Some(listed) = self.find_listed(iss) {
            return Ok(listed);
        }
        match (&self.resolver, FhirBaseUrl::parse(iss)) {
            (Some(resolver), Ok(asked)) => resolver.find(&asked, asker).await,
            _ => Err(EhrLookupError::NotRegistered),
        }
    }

    /// The registration of a record, as far as it is known without asking anybody.
    pub(crate) fn known(&self, key: &str) -> Option<Arc<Ehr>> {
        self.find_listed(key).or_else(|| self.resolver.as_ref()?.known(key))
    }

    /// Every registration that is known without asking anybody.
    pub(crate) fn all_known(&self) -> Vec<Arc<Ehr>> {
        let mut all = self.listed().to_vec();
        all.extend(
            self.resolver
                .as_ref()
                .map(|resolver| resolver.all_known())
                .unwrap_or_default(),
        );
        all
    }

    /// Those at this normalized FHIR base URL that are among [`all_known`](Self::all_known): one of the configuration, and one that
    /// the resolver gave before.
    pub(crate) fn known_at(&self, normalized: &str) -> impl Iterator<Item = Arc<Ehr>> {
        let listed = self.read().at(normalized).cloned();
        let found = self.resolver.as_ref().and_then(|resolver| resolver.at(normalized));
        listed.into_iter().chain(found)
    }

    /// Those among [`all_known`](Self::all_known) whose own endpoints share a sign with this sign-in, and send codes elsewhere.
    pub(crate) fn with_codes_elsewhere(&self, than: &SignIn) -> Vec<Arc<Ehr>> {
        let mut those: Vec<_> = self.read().with_codes_elsewhere(than).map(Arc::clone).collect();
        if let Some(resolver) = &self.resolver {
            those.extend(resolver.with_codes_elsewhere(than));
        }
        those
    }

    /// Whether one of them may demand that a person signs in anew. What a resolver would find is not known.
    #[cfg(feature = "actix")]
    pub(crate) fn may_demand_new_sign_in(&self) -> bool {
        let listed = self.read();
        let mut demands = listed.for_launches().map(|ehr| ehr.sign_in().after_timeout());
        self.resolver.is_some() || demands.any(|demand| demand.is_some())
    }

    fn find_listed(&self, iss: &str) -> Option<Arc<Ehr>> {
        self.read().find(iss).cloned()
    }

    /// Adds a registration, or puts it in the place of the one with the same FHIR base URL.
    pub(crate) fn put(&self, ehr: EhrBuilder) -> Result<Arc<Ehr>, ConfigError> {
        let ehr = Arc::new(ehr.build_alone(&self.rules)?);
        self.write().put(Arc::clone(&ehr));
        Ok(ehr)
    }

    /// Removes a registration of the configuration. Returns whether there was one.
    pub(crate) fn remove(&self, fhir_base_url: &str) -> bool {
        self.write().remove(fhir_base_url)
    }

    fn read(&self) -> RwLockReadGuard<'_, Listed> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Listed> {
        self.listed.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what the resolver said about an EHR, so that it is asked again.
    pub(crate) fn forget(&self, fhir_base_url: &str) {
        if let Some(resolver) = &self.resolver {
            resolver.forget(fhir_base_url);
        }
    }

    /// What a person can choose from: at most `limit`, and whether there may be more. `names`, by the key of an EHR: what it is called
    /// instead of its name in the configuration. They are waited for beside the resolver, as a person waits for both.
    pub(crate) async fn choices(
        &self,
        search: &str,
        limit: usize,
        names: impl Future<Output = HashMap<String, Choices>>,
    ) -> Result<Choices, EhrLookupError> {
        let of_resolver = async {
            match &self.resolver {
                Some(resolver) => resolver.choices(search, limit.saturating_add(1)).await,
                None => Ok(Choices::default()),
            }
        };
        let (mut names, of_resolver) = both(names, of_resolver).await;
        let (wanted, mut lines) = (Wanted::of(search), Lines::default());
        let listed = self.listed();
        for ehr in listed.iter().filter(|ehr| ehr.takes_launches()) {
            let said = names.remove(ehr.key()).filter(|names| !names.found.is_empty());
            let name = ehr.name().unwrap_or(ehr.key());
            match said {
                Some(names) => lines.add_names(names),
                None if wanted.fits(name) => lines.add_in_order(vec![EhrChoice::new(name, ehr.key())]),
                None => {}
            }
        }
        match of_resolver {
            Ok(Choices { found, more }) => {
                lines.add_in_order(found);
                if more {
                    lines.add_unknown();
                }
            }
            Err(error) if lines.is_empty() => return Err(error),
            // The log has it, and who finds theirs among the others need not wait.
            Err(_) => lines.add_unknown(),
        }
        Ok(lines.first(limit))
    }

    /// The public keys of all registrations that are known now. `None` when there is no key client.
    pub(crate) fn jwks(&self) -> Option<String> {
        let ehrs = self.all_known();
        let mut jwks = Jwks::default();
        let of_ehrs = ehrs.iter().flat_map(|ehr| ehr.credentials().public_keys());
        for key in self.extra_keys.iter().chain(of_ehrs) {
            if let Err(duplicate) = jwks.add(key) {
                // Anybody may ask for the keys, as often as they like.
                log_seldom!(self, error, kid = %duplicate.0, "two different keys have the same `kid`; one of them is not published");
            }
        }
        jwks.to_json()
    }
}
