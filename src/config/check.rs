//! Checks a whole configuration and reports everything at once: [`SmartConfigBuilder::check`].

mod ehrs;
mod keys;
mod redirects;
mod sending;
mod values;

use std::sync::Arc;

use super::{
    builder::SmartConfigBuilder,
    checked::{Checked, CheckedResolver},
    error::ConfigError,
    problems::Problems,
    resource_types::warn_about_misspelled_types,
    settings::Settings,
};
use crate::{
    protocol::network_guard::AddressGuard,
    store::{MemoryStore, SealingKeys, TokenStore},
};
use ehrs::warn_about_http;
use keys::check_keys;
use redirects::Located;

impl SmartConfigBuilder {
    /// Checks everything and reads the key files.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every missing and every invalid value.
    pub(crate) fn check(mut self) -> Result<Checked, ConfigError> {
        let mut problems = Problems::default();
        let default_redirect = self.redirect_uri.take();
        let ehrs = self.check_ehrs(default_redirect.as_deref(), &mut problems);
        let extra_keys = self.check_published(&mut problems);
        check_keys(&ehrs, &extra_keys, &mut problems);
        let located = self.check_redirects(default_redirect, &ehrs, &mut problems);
        self.check_values(&mut problems);
        let style_origins = self.check_style_origins(&mut problems);
        self.check_sending(&mut problems);
        let guard = AddressGuard::new(&self.allowed_hosts)
            .map_err(|error| problems.invalid("allow_hosts", error))
            .unwrap_or_default();
        let (store, sealing) = self.store_and_keys(&mut problems);

        let finds_more_ehrs = self.finds_more_ehrs();
        let brands = self
            .brands
            .take()
            .and_then(|brands| brands.check(&guard, &mut problems));
        let (Some(located), Some(sealing), true) = (located, sealing, problems.0.is_empty()) else {
            return Err(ConfigError::new(problems.0));
        };
        let Located {
            paths,
            cookies,
            redirect_rules,
        } = located;
        let ehrs: Vec<_> = ehrs.into_iter().filter_map(|checked| checked.ehr).collect();
        warn_about_http(&ehrs);
        warn_about_misspelled_types(&ehrs);
        let is_in_memory = self.registration_store.is_none() && store.backend().process_local().is_some();
        if self.first_use.is_some() && is_in_memory {
            tracing::warn!(
                "what the application registers at first use is kept in the memory of this process: each process and each start registers \
                 it anew. Give a token store for several processes, or `registration_store`"
            );
        }
        Ok(Checked {
            settings: Settings {
                paths,
                cookies,
                policies: self.policies,
                http: self.http,
                tokens: self.tokens,
                metadata_ttl: self.metadata_ttl,
                on_launch_timeout: self.on_launch_timeout,
                signer_timeout: self.signer_timeout,
                rules: self.rules,
                brand: self.brand,
                language: self.language,
                pages: self.pages,
                frame_ancestors: self.frame_ancestors,
                style_origins,
            },
            ehrs,
            resolver: finds_more_ehrs.then_some(CheckedResolver {
                resolver: self.resolver,
                first_use: self.first_use,
                registration_store: self.registration_store,
                brands,
                ttl: self.resolver_ttl,
                guard: guard.clone(),
            }),
            redirect_rules,
            extra_keys,
            store,
            sealing,
            clock: self.clock,
            on_launch: self.hook,
            transport: self.transport,
            audit: self.audit,
            ehr_names: self.ehr_names,
            guard,
        })
    }

    /// Whether there are EHRs beyond those of the configuration.
    pub(super) fn finds_more_ehrs(&self) -> bool {
        self.resolver.is_some() || self.brands.is_some() || self.first_use.is_some()
    }

    fn store_and_keys(&mut self, problems: &mut Problems) -> (TokenStore, Option<SealingKeys>) {
        let clock = &self.clock;
        let store = self
            .store
            .take()
            .unwrap_or_else(|| TokenStore::new(MemoryStore::new().timed_by(Arc::clone(clock))));
        if self.registration_store.is_some() && self.sealing_keys.is_none() {
            // Those of the token store may be new with each start.
            problems.missing("registration_sealing_keys");
        }
        let sealing = self.sealing_keys.take().or_else(|| store.backend().sealing_keys());
        if sealing.is_none() {
            problems.missing("sealing_keys");
        }
        (store, sealing)
    }
}
