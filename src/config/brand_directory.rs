//! Where the application finds out which EHRs there are: [`BrandDirectory`].

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::{
    ehr_builder::EhrBuilder,
    error::InvalidReason,
    problems::Problems,
    resolver::{Choices, EhrChoice},
};
use crate::{
    pages::Logo,
    protocol::{
        brands::{Brand, BrandLogos, Brands, BrandsReport, MalformedBrands, StillThere, search},
        network_guard::AddressGuard,
        urls::{EndpointUrl, FhirBaseUrl},
    },
};

/// How large a bundle may be, where nothing else is said.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// How old a bundle may be before its publisher is asked for a newer one.
const REFRESH_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// It is not asked more often than this.
const SOONEST: Duration = Duration::from_secs(60);

/// As the log calls the bundle that comes with the application.
const COPY: &str = "the copy of `starting_with`";

/// What makes a registration out of a brand, or does not.
type Register = dyn Fn(&Brand<'_>) -> Option<EhrBuilder> + Send + Sync;

/// Brand bundles as a list of EHRs that people choose from, by name, alias and place: the user-access brand bundle of an EHR, or a
/// vendor's list of all its customers (SMART App Launch 2.2, User-access Brands and Endpoints).
///
/// A bundle says which FHIR servers there are and what people call them. It does not say that the application is registered there: for
/// that the application gives a function, which makes a registration (client id, credentials, scopes, quirks) out of a brand, or returns
/// `None` for one that it does not believe. Only what it believes is shown, and can be launched.
///
/// Give it to [`SmartConfigBuilder::brands`](crate::SmartConfigBuilder::brands). A bundle is fetched when it is first needed
/// ([`SmartConfig::load_brands`](crate::SmartConfig::load_brands) does it before), and again when somebody needs it and it is older than a
/// day, by its `ETag` and without anybody waiting for it. Where its publisher is away or sends what cannot be used, the last one is used
/// on. The same where half of the FHIR servers of the last one that was fetched are gone, or more. Such a bundle is believed when every look
/// has found it so for as long as a bundle may be old ([`refresh_after`](Self::refresh_after)), and at least three looks have.
///
/// As with every resolver, requests to these EHRs go to public addresses only; a server whose address says itself that it is not public
/// ([`allow_hosts`](crate::SmartConfigBuilder::allow_hosts)) is not among the choices. Clones share what was loaded: where configurations
/// allow different hosts, give each a directory of its own.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{Ehr, Quirks, SmartConfig, brands::BrandDirectory};
///
/// let epic = BrandDirectory::new("https://vendor.example/Endpoints/Brands", |brand| {
///     // One client id at all customers of this vendor.
///     let is_r4 = brand.fhir_version().is_none_or(|version| version.starts_with("4.0"));
///     is_r4.then(|| {
///         Ehr::builder(brand.fhir_base_url())
///             .name(brand.name())
///             .client_id("my-app")
///             .scopes("openid fhirUser launch/patient patient/Patient.rs")
///             .quirks(Quirks::epic())
///     })
/// });
/// let config = SmartConfig::builder()
///     .redirect_uri("https://app.example/auth/callback")
///     .brands(epic)
///     .build()?;
/// # let _ = config;
/// # Ok::<(), actix_smart_auth::error::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "give it to `SmartConfigBuilder::brands`"]
pub struct BrandDirectory {
    sources: Vec<String>,
    body_limit: usize,
    refresh_after: Duration,
    logos: BrandLogos,
    register: Arc<Register>,
    /// By the place of the source.
    loaded: Arc<RwLock<BTreeMap<usize, Loaded>>>,
}

/// A bundle that is there.
struct Loaded {
    brands: Arc<Brands>,
    origin: BundleOrigin,
}

/// Where a bundle that is there came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BundleOrigin {
    /// It came with the application, and may be as old as that.
    Copy,
    Fetched,
}

impl BrandDirectory {
    /// The bundle at this address, and what makes a registration out of one of its brands. The registration has to have the FHIR base
    /// URL of the brand; it may leave out the redirect URI.
    pub fn new(
        bundle: impl Into<String>,
        register: impl Fn(&Brand<'_>) -> Option<EhrBuilder> + Send + Sync + 'static,
    ) -> Self {
        Self {
            sources: vec![bundle.into()],
            body_limit: BODY_LIMIT,
            refresh_after: REFRESH_AFTER,
            logos: BrandLogos::default(),
            register: Arc::new(register),
            loaded: Arc::default(),
        }
    }

    /// A further bundle. Each is fetched by itself: what one has works while another is missing.
    ///
    /// Where two have the same FHIR server, what the first one says of it counts. So the bundle that an EHR links itself
    /// (`user_access_brand_bundle`) comes before a vendor's, as SMART wants it.
    pub fn and_bundle(mut self, bundle: impl Into<String>) -> Self {
        self.sources.push(bundle.into());
        self
    }

    /// How large a bundle may be, in bytes. Default: 64 MiB. While it is read it takes some more.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How old a bundle may be before a newer one is asked for. Default: 24 h; at least a minute.
    pub const fn refresh_after(mut self, age: Duration) -> Self {
        self.refresh_after = age;
        self
    }

    /// Whether people see the logos of the brands that the application believes. Default: they do not. Say it before
    /// [`starting_with`](Self::starting_with).
    pub const fn logos(mut self, logos: BrandLogos) -> Self {
        self.logos = logos;
        self
    }

    /// Begins with this copy of the first bundle, which came with the application: it is used until a newer one was fetched, however
    /// long its publisher is away. The first one that is fetched takes its place, however few of its FHIR servers that has.
    ///
    /// # Errors
    ///
    /// [`MalformedBrands`] when it is no brand bundle.
    pub fn starting_with(self, bundle: &[u8]) -> Result<Self, MalformedBrands> {
        let brands = Brands::parse(bundle, self.logos)?;
        brands.tell_left_out(COPY);
        self.put(0, brands, BundleOrigin::Copy)?;
        Ok(self)
    }

    /// The brands that the application believes, by what a person types (name, alias, city, state, postal code; without regard to case
    /// and accents, and with `ae` for `ä`), best first. Each word has to be the beginning of one there, or at least four letters inside of
    /// one. As far as bundles were loaded.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<EhrChoice> {
        let (loaded, mut seen) = (self.loaded(), HashSet::new());
        let its = search(loaded.iter().map(Arc::as_ref), text);
        let believed = its.filter(|brand| (self.register)(brand).is_some());
        let choices = believed.map(|brand| choice(&brand));
        let new = choices.filter(|it| seen.insert((it.name.clone(), it.place.clone(), it.fhir_base_url.clone())));
        new.take(limit).collect()
    }

    /// What one FHIR server is called, by what a person types, at most `limit`: what has this identifier (system and value) first. Without
    /// a text it has one name, however many parts it has.
    pub(crate) fn names_of(
        &self,
        server: &FhirBaseUrl,
        text: &str,
        identifier: Option<(&str, &str)>,
        limit: usize,
    ) -> Choices {
        let loaded = self.loaded();
        let its = search(loaded.iter().map(Arc::as_ref), text);
        let mut its: Vec<_> = its.filter(|brand| server.matches(brand.fhir_base_url())).collect();
        // Stable: the order of the search stays.
        its.sort_by_key(|brand| !identifier.is_some_and(|wanted| brand.identifiers().any(|it| it == wanted)));
        let shown = match text.trim().is_empty() {
            true => limit.min(1),
            false => limit,
        };
        Choices {
            found: its.iter().take(shown).map(choice).collect(),
            more: its.len() > shown,
        }
    }

    /// The registration of the FHIR server at this address, if a bundle that was loaded has it and the application believes it.
    #[must_use]
    pub fn registration(&self, fhir_base_url: &FhirBaseUrl) -> Option<EhrBuilder> {
        let loaded = self.loaded();
        let first = loaded.iter().find_map(|brands| brands.at(fhir_base_url))?;
        (self.register)(&first)
    }

    /// How many brands were loaded, of all bundles together. Which entries of a bundle were left out, and why, is in the log at the level
    /// `debug`, when the bundle is read.
    #[must_use]
    pub fn report(&self) -> BrandsReport {
        self.loaded().iter().fold(BrandsReport::default(), |sum, brands| {
            let of = brands.report();
            BrandsReport {
                choices: sum.choices.saturating_add(of.choices),
                endpoints: sum.endpoints.saturating_add(of.endpoints),
                left_out: sum.left_out.saturating_add(of.left_out),
            }
        })
    }

    /// In the order of the sources.
    fn loaded(&self) -> Vec<Arc<Brands>> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.values().map(|it| Arc::clone(&it.brands)).collect()
    }

    pub(crate) fn is_loaded(&self, source: usize) -> bool {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.contains_key(&source)
    }

    /// How many of the FHIR servers of a bundle that was fetched are in a newer one as well. A copy that came with the application says
    /// nothing of what its publisher has had lately: it counts as if there was none.
    pub(crate) fn still_there(&self, source: usize, newer: &Brands) -> StillThere {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let before = loaded.get(&source).filter(|it| it.origin == BundleOrigin::Fetched);
        let before = before.map(|it| Arc::clone(&it.brands));
        drop(loaded);
        before.map_or_else(StillThere::default, |before| newer.still_there(&before))
    }

    /// Takes out of the choices what these rules for addresses refuse, and puts back what others before them have refused.
    fn leave_out_refused(&self, guard: &AddressGuard) {
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        for it in loaded.values_mut() {
            // The data are copied only while somebody searches.
            Arc::make_mut(&mut it.brands).leave_out_refused(guard);
            if it.origin == BundleOrigin::Copy {
                it.brands.tell_refused(COPY);
            }
        }
    }

    /// Takes what was read. What has nothing in it takes nobody's place.
    pub(crate) fn put(&self, source: usize, brands: Brands, origin: BundleOrigin) -> Result<(), MalformedBrands> {
        if brands.is_empty() {
            return Err(MalformedBrands::Empty);
        }
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        let brands = Arc::new(brands);
        loaded.insert(source, Loaded { brands, origin });
        Ok(())
    }

    pub(super) fn check(self, guard: &AddressGuard, problems: &mut Problems) -> Option<CheckedBrands> {
        let sources: Vec<_> = self
            .sources
            .iter()
            .map(|source| problems.url("brands", source, EndpointUrl::parse))
            .collect();
        if self.refresh_after < SOONEST {
            problems.invalid("brands", InvalidReason::RefreshedTooOften);
        }
        self.leave_out_refused(guard);
        Some(CheckedBrands {
            sources: sources.into_iter().collect::<Option<_>>()?,
            named_by: NamedBy::Application,
            guard: Some(guard.clone()),
            directory: self,
        })
    }
}

fn choice(brand: &Brand<'_>) -> EhrChoice {
    EhrChoice {
        name: brand.label(),
        fhir_base_url: brand.fhir_base_url().to_owned(),
        place: brand.place(),
        logo: brand.logo().and_then(Logo::of_pixels),
    }
}

/// Addresses are left out: one that is not checked yet may have a password in it.
impl fmt::Debug for BrandDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrandDirectory")
            .field("sources", &self.sources.len())
            .field("loaded", &self.report())
            .finish_non_exhaustive()
    }
}

/// Who says where a bundle is. That one can change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The application, in a [`BrandDirectory`].
    Application,
    /// An EHR, in its metadata.
    Ehr,
}

/// What was checked of it.
#[derive(Debug)]
pub(crate) struct CheckedBrands {
    pub(crate) sources: Vec<EndpointUrl>,
    pub(crate) named_by: NamedBy,
    /// Which EHRs of a bundle are among the choices. `None`: those of a bundle that only gives names to what is configured.
    guard: Option<AddressGuard>,
    pub(crate) directory: BrandDirectory,
}

impl CheckedBrands {
    /// One bundle that gives names to what is registered already, and registers nothing.
    pub(crate) fn of_names(bundle: EndpointUrl, logos: BrandLogos) -> Self {
        Self {
            directory: BrandDirectory::new(bundle.as_str(), |_| None).logos(logos),
            sources: vec![bundle],
            named_by: NamedBy::Ehr,
            guard: None,
        }
    }

    /// What reads a bundle.
    pub(crate) fn reader(&self) -> impl FnOnce(&[u8]) -> Result<Brands, MalformedBrands> + Send + 'static {
        let (logos, guard) = (self.directory.logos, self.guard.clone());
        move |json| {
            let mut brands = Brands::parse(json, logos)?;
            if let Some(guard) = &guard {
                brands.leave_out_refused(guard);
            }
            Ok(brands)
        }
    }

    pub(crate) const fn body_limit(&self) -> usize {
        self.directory.body_limit
    }

    pub(crate) const fn refresh_after(&self) -> Duration {
        self.directory.refresh_after
    }
}
