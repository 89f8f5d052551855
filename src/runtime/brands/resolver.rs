//! Brand bundles as a resolver of EHRs: [`BrandResolver`].

use std::{fmt, sync::Arc};

use super::{BrandKeeper, NotThere};
use crate::{
    config::{
        EhrBuilder,
        resolver::{EhrChoice, EhrResolver, ResolveCause, ResolveError, ResolveFuture},
    },
    protocol::urls::FhirBaseUrl,
};

/// The brands behind the resolver of the application, if it has one: that knows its own EHRs better.
pub(crate) struct BrandResolver {
    pub(crate) own: Option<Arc<dyn EhrResolver>>,
    pub(crate) keeper: BrandKeeper,
}

impl EhrResolver for BrandResolver {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async move {
            if let Some(own) = &self.own
                && let Some(found) = own.resolve(asked).await?
            {
                return Ok(Some(found));
            }
            // Where a bundle is missing, the EHR may be in that one: it is unavailable then, and not unknown.
            let found = self.keeper.find(|| self.keeper.directory().registration(asked)).await;
            found.map_err(away)
        })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        Box::pin(async move {
            let mut found = match &self.own {
                Some(own) => own.choices(search, limit).await?,
                None => Vec::new(),
            };
            let left = limit.saturating_sub(found.len());
            let search = || {
                let brands = self.keeper.directory().search(search, left);
                // Where there is no room nobody waits for more.
                (left == 0 || !brands.is_empty()).then_some(brands)
            };
            match self.keeper.find(search).await {
                Err(error) if found.is_empty() => Err(away(error)),
                brands => {
                    found.extend(brands.ok().flatten().unwrap_or_default());
                    Ok(found)
                }
            }
        })
    }
}

fn away(error: NotThere) -> ResolveError {
    ResolveError::of(ResolveCause::BundleAway, error)
}

impl fmt::Debug for BrandResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrandResolver")
            .field("own", &self.own)
            .field("brands", self.keeper.directory())
            .finish()
    }
}
