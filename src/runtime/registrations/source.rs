//! Who is asked for registrations that the configuration does not have: [`Source`].

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use tokio::time::Instant;

use crate::{
    config::{
        EhrBuilder,
        resolver::{Choices, EhrResolver, ResolveError, ResolveFuture},
    },
    protocol::urls::FhirBaseUrl,
};

/// Code of the application that finds EHRs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppCode {
    Resolver,
    Brands,
    FirstUse,
}

impl AppCode {
    /// As the log calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Resolver => "the resolver of EHR registrations",
            Self::Brands => "the function of the `BrandDirectory`",
            Self::FirstUse => "`FirstUse::to_register`",
        }
    }

    /// As the log calls several, where nobody knows which of them it was.
    pub(crate) fn one_of(several: impl IntoIterator<Item = Self>) -> String {
        let names: Vec<_> = several.into_iter().map(Self::name).collect();
        names.join(" or ")
    }
}

/// Who is asked: the application's resolver, or also what registers the application by itself.
pub(crate) trait Source: Send + Sync + fmt::Debug + 'static {
    /// As the log calls the application's code in it.
    fn name(&self) -> &str;

    /// Asks the application's code, on a thread for that. Whoever asks waits until `until`.
    fn find(self: Arc<Self>, asked: FhirBaseUrl, until: Instant) -> ResolveFuture<'static, Found>;

    /// As [`Resolver::choices`].
    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Choices>;
}

/// Who has registrations: the application's resolver, or also brand bundles behind it.
pub(crate) trait Resolver: Send + Sync + fmt::Debug + 'static {
    /// As [`EhrResolver::resolve`].
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>>;

    /// As [`EhrResolver::choices`], and whether there may be some that nobody knows for the moment.
    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Choices>;
}

/// The resolver of the application.
#[derive(Debug)]
pub(crate) struct OfApplication(pub(crate) Arc<dyn EhrResolver>);

impl Resolver for OfApplication {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.0.resolve(asked)
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Choices> {
        Box::pin(async move {
            let found = self.0.choices(search, limit).await?;
            Ok(Choices { found, more: false })
        })
    }
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
pub(crate) struct OfResolver {
    pub(crate) resolver: Arc<dyn Resolver>,
    /// As [`Source::name`].
    pub(crate) name: String,
}

impl Source for OfResolver {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(self: Arc<Self>, asked: FhirBaseUrl, _: Instant) -> ResolveFuture<'static, Found> {
        Box::pin(async move { Ok(self.resolver.resolve(&asked).await?.into()) })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Choices> {
        self.resolver.choices(search, limit)
    }
}
