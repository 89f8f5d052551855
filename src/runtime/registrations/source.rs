//! Who is asked for registrations that the configuration does not have: [`Source`].

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use tokio::time::Instant;

use crate::{
    config::{
        EhrBuilder,
        resolver::{EhrChoice, EhrResolver, ResolveError, ResolveFuture},
    },
    protocol::urls::FhirBaseUrl,
};

/// The application's resolver, as the log calls it.
pub(super) const OF_RESOLVER: &str = "the resolver of EHR registrations";
/// The application's code that says where it registers itself, as the log calls it.
pub(crate) const FIRST_USE: &str = "`FirstUse::to_register`";
/// Where it may have been the one or the other.
pub(crate) const RESOLVER_OR_FIRST_USE: &str = "the resolver of EHR registrations or `FirstUse::to_register`";

/// Who is asked: the application's resolver, or also what registers the application by itself.
pub(crate) trait Source: Send + Sync + fmt::Debug + 'static {
    /// As the log calls the application's code in it.
    fn name(&self) -> &'static str;

    /// Asks the application's code, on a thread for that. Whoever asks waits until `until`.
    fn find(self: Arc<Self>, asked: FhirBaseUrl, until: Instant) -> ResolveFuture<'static, Found>;

    /// As [`EhrResolver::choices`].
    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>>;
}

/// What the application's code says.
pub(crate) enum Found {
    Nothing,
    Registration(Box<EhrBuilder>),
    /// It comes from elsewhere. To be waited for away from the threads of the application's code, which others need.
    Awaited(Pin<Box<dyn Future<Output = Result<EhrBuilder, ResolveError>> + Send>>),
}

impl From<Option<EhrBuilder>> for Found {
    fn from(found: Option<EhrBuilder>) -> Self {
        found.map_or(Self::Nothing, |found| Self::Registration(Box::new(found)))
    }
}

/// A resolver, and nothing else.
#[derive(Debug)]
pub(crate) struct OfResolver(pub(crate) Arc<dyn EhrResolver>);

impl Source for OfResolver {
    fn name(&self) -> &'static str {
        OF_RESOLVER
    }

    fn find(self: Arc<Self>, asked: FhirBaseUrl, _: Instant) -> ResolveFuture<'static, Found> {
        Box::pin(async move { Ok(self.0.resolve(&asked).await?.into()) })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        self.0.choices(search, limit)
    }
}
