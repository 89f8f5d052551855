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
        brands::{Brand, BrandLogos, Brands, BrandsReport, MalformedBrands, search},
        urls::{EndpointUrl, FhirBaseUrl},
    },
};

/// How large a bundle may be, where nothing else is said.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// How old a bundle may be before its publisher is asked for a newer one.
const REFRESH_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// It is not asked more often than this.
const SOONEST: Duration = Duration::from_secs(60);

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
/// on; also where fewer than half of its FHIR servers come, until every look, and at least three, has found it so for as long as a bundle
/// may be old. As with every resolver, requests to these EHRs go to public addresses only.
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
///             .scopes("openid fhirUser launch/patient patient/*.rs")
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
    loaded: Arc<RwLock<BTreeMap<usize, Arc<Brands>>>>,
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
    /// long its publisher is away.
    ///
    /// # Errors
    ///
    /// [`MalformedBrands`] when it is no brand bundle.
    pub fn starting_with(self, bundle: &[u8]) -> Result<Self, MalformedBrands> {
        let brands = Brands::parse(bundle, self.logos)?;
        brands.tell_left_out("the copy of `starting_with`");
        self.put(0, brands)?;
        Ok(self)
    }

    /// The brands that the application believes, by what a person types (name, alias, city, state, postal code; without regard to case
    /// and accents, and with `ae` for `ä`), best first. Each word has to be the beginning of one there, or at least four letters inside of one. As far as bundles were loaded.
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
        loaded.values().cloned().collect()
    }

    pub(crate) fn is_loaded(&self, source: usize) -> bool {
        self.report_of(source).is_some()
    }

    /// How many brands were loaded of one bundle.
    pub(crate) fn report_of(&self, source: usize) -> Option<BrandsReport> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.get(&source).map(|brands| brands.report())
    }

    /// Takes what was read. What has nothing in it takes nobody's place.
    pub(crate) fn put(&self, source: usize, brands: Brands) -> Result<(), MalformedBrands> {
        if brands.report().choices == 0 {
            return Err(MalformedBrands::Empty);
        }
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(source, Arc::new(brands));
        Ok(())
    }

    pub(super) fn check(self, problems: &mut Problems) -> Option<CheckedBrands> {
        let sources: Vec<_> = self
            .sources
            .iter()
            .map(|source| problems.url("brands", source, EndpointUrl::parse))
            .collect();
        if self.refresh_after < SOONEST {
            problems.invalid("brands", InvalidReason::RefreshedTooOften);
        }
        Some(CheckedBrands {
            sources: sources.into_iter().collect::<Option<_>>()?,
            named_by: NamedBy::Application,
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
    pub(crate) directory: BrandDirectory,
}

impl CheckedBrands {
    /// One bundle that gives names to what is registered already, and registers nothing.
    pub(crate) fn of_names(bundle: EndpointUrl, logos: BrandLogos) -> Self {
        Self {
            directory: BrandDirectory::new(bundle.as_str(), |_| None).logos(logos),
            sources: vec![bundle],
            named_by: NamedBy::Ehr,
        }
    }

    pub(crate) const fn logos(&self) -> BrandLogos {
        self.directory.logos
    }

    pub(crate) const fn body_limit(&self) -> usize {
        self.directory.body_limit
    }

    pub(crate) const fn refresh_after(&self) -> Duration {
        self.directory.refresh_after
    }
}
