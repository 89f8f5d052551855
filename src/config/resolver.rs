//! [`EhrResolver`]: registrations that live outside of the configuration.

use std::{error::Error, fmt, future::Future, pin::Pin, time::Duration};

use super::ehr_builder::EhrBuilder;
use crate::{pages::Logo, protocol::urls::FhirBaseUrl};

/// The future of an [`EhrResolver`].
pub type ResolveFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ResolveError>> + Send + 'a>>;

/// Finds EHR registrations that are not in the configuration: tenants in a database.
///
/// It is asked for what [`SmartConfigBuilder::ehr`] does not have. Its answers are remembered for a while
/// ([`SmartConfigBuilder::resolver_ttl`]), also that there is none, and one question about one EHR runs at a time (one more
/// where a launch needs the EHR that a stranger has asked for first).
///
/// Each call has a thread of its own, inside a tokio runtime of the crate, and 10 seconds. One that panics or takes longer
/// is a call that failed; one that blocks delays nobody else, and until it ends the same is not asked again. A registration
/// that was found before is used on after half a second, and the answer when it comes. At most 32 questions of strangers,
/// who can name any address, run at once, and as many of launches that exist; past 64 that wait strangers are asked to try
/// again.
///
/// Tasks that it gives to `tokio::spawn` are no calls: they share one thread with the timers and sockets of all calls. A task
/// that blocks there stops all of them, and `tokio::task::block_in_place` panics there. Block in the call itself: it has a
/// thread of its own. What it gives to `tokio::task::spawn_blocking` needs a limit of its own: it goes on when the call's time
/// is over, and all calls together have 512 such threads.
///
/// Registrations from here are trusted less than those of the configuration: for them no request goes to an address
/// that is not public (see [`AddressGuard`](crate::transport::AddressGuard)), unless the host is named in
/// [`SmartConfigBuilder::allow_hosts`].
///
/// [`SmartConfigBuilder::ehr`]: crate::SmartConfigBuilder::ehr
/// [`SmartConfigBuilder::resolver_ttl`]: crate::SmartConfigBuilder::resolver_ttl
/// [`SmartConfigBuilder::allow_hosts`]: crate::SmartConfigBuilder::allow_hosts
///
/// # Examples
///
/// ```
/// use std::{collections::HashMap, sync::RwLock};
///
/// use actix_smart_auth::{Ehr, resolver::{EhrChoice, EhrResolver, FhirBaseUrl, ResolveFuture}};
///
/// /// Client ids by FHIR base URL. (In an application: a table.)
/// #[derive(Debug)]
/// struct Tenants(RwLock<HashMap<String, String>>);
///
/// impl EhrResolver for Tenants {
///     fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<actix_smart_auth::EhrBuilder>> {
///         Box::pin(async move {
///             let tenants = self.0.read().map_err(|_| "the list of tenants is broken")?;
///             Ok(tenants
///                 .get(asked.normalized())
///                 .map(|id| Ehr::builder(asked.normalized()).client_id(id).scopes("openid launch patient/Patient.rs")))
///         })
///     }
/// }
/// ```
pub trait EhrResolver: Send + Sync + fmt::Debug + 'static {
    /// The registration of the EHR with this FHIR base URL; `None` when there is none.
    ///
    /// Look it up by [`FhirBaseUrl::normalized`], in which the spellings of one address are equal. The FHIR base URL of
    /// the answer must be that address too; its spelling keys every record, so it must not change from answer to
    /// answer. A redirect URI that is left out is that of the configuration.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] when the answer is unavailable now. An answer from earlier is used on; without one the person
    /// is asked to try again.
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>>;

    /// The EHRs that a person may choose from, by what was typed into the search field (empty at first), best first, at
    /// most `limit`. Default: none; the person then has to come from the EHR, or by a link that names it.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] when the answer is unavailable now.
    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        let _ = (search, limit);
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// An EHR as a person chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EhrChoice {
    /// What the person reads, for example `General Hospital`.
    pub name: String,
    /// The FHIR base URL of the registration.
    pub fhir_base_url: String,
    /// Where it is, for people who know several of that name, for example `Springfield, IL 62701`. `None`: nothing is said.
    pub place: Option<String>,
    /// What it looks like. `None`: nothing is shown.
    pub logo: Option<Logo>,
}

impl EhrChoice {
    /// An EHR with the name that people know it by.
    #[must_use]
    pub fn new(name: impl Into<String>, fhir_base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            fhir_base_url: fhir_base_url.into(),
            place: None,
            logo: None,
        }
    }

    /// The same with the place where it is.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same with a picture, which goes along inside of the page. Give none that a stranger made: all that a [`Logo`] may be is
    /// shown.
    #[must_use]
    pub fn with_logo(mut self, logo: Logo) -> Self {
        self.logo = Some(logo);
        self
    }
}

/// Some of them, for a page that has room for so many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) found: Vec<EhrChoice>,
    /// Whether there are more, or may be.
    pub(crate) more: bool,
}

/// A resolver that failed. What is in it goes to the log, so keep secrets out of it.
pub struct ResolveError {
    source: Box<dyn Error + Send + Sync>,
    pub(crate) cause: ResolveCause,
}

/// What it was that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResolveCause {
    /// The application's resolver.
    Application,
    /// The function of the application's [`BrandDirectory`](super::brand_directory::BrandDirectory).
    Brands,
    /// A brand bundle that was never there.
    BundleAway,
    /// The application's [`FirstUse`](super::first_use::FirstUse).
    FirstUse,
    /// What has the registrations that the application makes by itself. The log has it already.
    RegistrationsAway,
    /// Registering at the EHR. The log has it already.
    Registering {
        /// When it is tried again.
        retry_after: Duration,
    },
}

impl ResolveError {
    /// One that has not to do with the application's own code.
    pub(crate) fn of(cause: ResolveCause, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            source: Box::new(source),
            cause,
        }
    }

    /// The same of another part of the application's code.
    pub(crate) fn blaming(self, cause: ResolveCause) -> Self {
        Self { cause, ..self }
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for ResolveError {
    fn from(source: E) -> Self {
        Self {
            source: source.into(),
            cause: ResolveCause::Application,
        }
    }
}

impl fmt::Debug for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.source, f)
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}
