//! Brand bundles as a resolver of EHRs: [`BrandResolver`].

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{BrandKeeper, FoundInBundles, NotThere};
use crate::{
    config::{
        EhrBuilder,
        resolver::{Choices, EhrResolver, ResolveCause, ResolveError, ResolveFuture},
    },
    log_throttle::{LogThrottle, log_seldom},
    protocol::urls::FhirBaseUrl,
    runtime::registrations::Resolver,
};

/// The function that makes registrations out of brands has panicked.
#[derive(Debug, thiserror::Error)]
#[error("it panicked; the message is on standard error")]
struct Panicked;

/// The brands behind the resolver of the application, if it has one: that knows its own EHRs better.
pub(crate) struct BrandResolver {
    pub(crate) own: Option<Arc<dyn EhrResolver>>,
    pub(crate) keeper: BrandKeeper,
    pub(crate) log_throttle: LogThrottle,
}

impl Resolver for BrandResolver {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async move {
            if let Some(own) = &self.own
                && let Some(found) = own.resolve(asked).await?
            {
                return Ok(Some(found));
            }
            // Where a bundle is missing, the EHR may be in that one: it is unavailable then, and not unknown.
            let look = || told(|| self.keeper.directory().registration(asked)).transpose();
            let found = self.keeper.find(self.keeper.begin(), look).await;
            found.map_err(away)?.map(|found| found.what).transpose()
        })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Choices> {
        Box::pin(async move {
            // A person waits for both at once.
            let until = self.keeper.begin();
            let mut found = match &self.own {
                Some(own) => own.choices(search, limit).await?,
                None => Vec::new(),
            };
            let left = limit.saturating_sub(found.len());
            let look = || {
                let brands = told(|| self.keeper.directory().search(search, left));
                // Where there is no room nobody waits for more.
                let is_enough = brands.as_ref().map_or(true, |brands| left == 0 || !brands.is_empty());
                is_enough.then_some(brands)
            };
            let brands = match self.keeper.find(until, look).await {
                Ok(Some(FoundInBundles { what, more })) => what.map(|brands| (brands, more)),
                Ok(None) => Ok((Vec::new(), false)),
                Err(error) => Err(away(error)),
            };
            match brands {
                Err(error) if found.is_empty() => Err(error),
                Err(error) => {
                    log_seldom!(self, warn, %error, "the EHRs of brand bundles are missing among those to choose from");
                    Ok(Choices { found, more: true })
                }
                Ok((brands, more)) => {
                    found.extend(brands);
                    Ok(Choices { found, more })
                }
            }
        })
    }
}

/// What the function of the application says. Its panic is caught here, where it is known that it is one of this function.
fn told<T>(look: impl FnOnce() -> T) -> Result<T, ResolveError> {
    // It leaves nothing half done: it only looks.
    catch_unwind(AssertUnwindSafe(look)).map_err(|_| ResolveError::of(ResolveCause::Brands, Panicked))
}

fn away(error: NotThere) -> ResolveError {
    ResolveError::of(ResolveCause::BundleAway, error)
}

impl fmt::Debug for BrandResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrandResolver")
            .field("own", &self.own)
            .field("brands", self.keeper.directory())
            .finish_non_exhaustive()
    }
}
