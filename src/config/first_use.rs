//! [`FirstUse`]: EHRs at which the application registers itself when it is first needed there.

use std::{error::Error, fmt, future::Future, pin::Pin};

use super::{
    ehr_builder::EhrBuilder,
    resolver::{EhrChoice, ResolveFuture},
};
use crate::protocol::{
    client_registration::ClientMetadata,
    secret::{InitialAccessToken, SoftwareStatement},
    urls::FhirBaseUrl,
};

/// Says at which EHRs the application registers itself (RFC 7591) when it is first needed there, and how.
///
/// Given to [`SmartConfigBuilder::register_at_first_use`](crate::SmartConfigBuilder::register_at_first_use). It is asked for what
/// neither the configuration nor the [`EhrResolver`](crate::resolver::EhrResolver) has, and its answers are remembered as the
/// resolver's are. It is called as the resolver is: with a thread of its own, 10 seconds, and the same limits. The registration itself
/// takes none of these threads: an EHR that hangs while it registers holds up nobody else.
///
/// **Strangers ask for any address.** Nothing is registered, and nothing fetched, where it answers `None`: name the EHRs that you
/// know. As with a resolver, no request for these EHRs goes to an address that is not public, unless the host is named in
/// [`allow_hosts`](crate::SmartConfigBuilder::allow_hosts).
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{
///     Ehr, PrivateKey, PrivateKeyJwt,
///     registration::{ClientMetadata, FirstUse, ToRegister},
///     resolver::{FhirBaseUrl, ResolveFuture},
/// };
///
/// /// The hospitals that have bought the application. (In an application: a table.)
/// #[derive(Debug)]
/// struct Customers(Vec<String>);
///
/// impl FirstUse for Customers {
///     fn to_register<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
///         Box::pin(async move {
///             let Some(base) = self.0.iter().find(|base| asked.matches(base)) else {
///                 return Ok(None);
///             };
///             let ehr = Ehr::builder(base)
///                 .client_auth(PrivateKeyJwt::new("key-1", PrivateKey::file("/run/secrets/key.pem")))
///                 .redirect_uri("https://app.example/auth/callback")
///                 .scopes("openid fhirUser patient/Patient.rs patient/Observation.rs");
///             let metadata = ClientMetadata::for_ehr("Growth charts", &ehr)?.build()?;
///             Ok(Some(ToRegister::new(ehr, metadata)))
///         })
///     }
/// }
/// ```
pub trait FirstUse: Send + Sync + fmt::Debug + 'static {
    /// What is registered at the EHR with this FHIR base URL; `None` where the application does not register itself.
    ///
    /// The FHIR base URL of [`ToRegister::new`] must be that address too, and its spelling must not change from answer to answer.
    ///
    /// # Errors
    ///
    /// [`ResolveError`](crate::error::ResolveError) when the answer is unavailable now.
    fn to_register<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>>;

    /// As [`EhrResolver::choices`](crate::resolver::EhrResolver::choices). Default: none.
    ///
    /// # Errors
    ///
    /// [`ResolveError`](crate::error::ResolveError) when the answer is unavailable now.
    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        let _ = (search, limit);
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// What the application registers itself with at one EHR.
#[derive(Clone)]
#[must_use = "return it from `FirstUse::to_register`"]
pub struct ToRegister {
    pub(crate) ehr: EhrBuilder,
    pub(crate) metadata: ClientMetadata,
    pub(crate) endpoint: Option<String>,
    pub(crate) initial_access_token: Option<InitialAccessToken>,
    pub(crate) software_statement: Option<SoftwareStatement>,
    pub(crate) management_origins: Vec<String>,
}

impl ToRegister {
    /// `ehr` is the registration as it will be, but for the client id, and for a secret that the EHR makes up. `metadata` is what the
    /// EHR is told ([`ClientMetadata::for_ehr`]). It is read when there is no registration yet; to change one that there is, see
    /// [`KeptRegistrations`](crate::registration::KeptRegistrations).
    pub const fn new(ehr: EhrBuilder, metadata: ClientMetadata) -> Self {
        Self {
            ehr,
            metadata,
            endpoint: None,
            initial_access_token: None,
            software_statement: None,
            management_origins: Vec::new(),
        }
    }

    /// As [`Registrar::endpoint`](crate::registration::Registrar::endpoint).
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// As [`Registrar::initial_access_token`](crate::registration::Registrar::initial_access_token).
    pub fn initial_access_token(mut self, token: impl Into<InitialAccessToken>) -> Self {
        self.initial_access_token = Some(token.into());
        self
    }

    /// As [`Registrar::software_statement`](crate::registration::Registrar::software_statement).
    pub fn software_statement(mut self, statement: impl Into<SoftwareStatement>) -> Self {
        self.software_statement = Some(statement.into());
        self
    }

    /// As [`Registrar::management_at`](crate::registration::Registrar::management_at). Can be repeated.
    pub fn management_at(mut self, origin: impl Into<String>) -> Self {
        self.management_origins.push(origin.into());
        self
    }
}

impl fmt::Debug for ToRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToRegister")
            .field("endpoint", &self.endpoint)
            .field("has_initial_access_token", &self.initial_access_token.is_some())
            .field("has_software_statement", &self.software_statement.is_some())
            .finish_non_exhaustive()
    }
}

/// The future of a [`RegistrationStore`].
pub type RegistrationStoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// Where registrations are kept that the application made by itself: a table of your database. One value for each EHR.
///
/// Given to [`SmartConfigBuilder::registration_store`](crate::SmartConfigBuilder::registration_store). The values are sealed
/// ([`SealingKeys`](crate::store::SealingKeys)) before they come here; they hold secrets that nobody else has. Keep them as long as
/// the application is registered: what is lost is registered again, as another client, and the old one stays at the EHR.
///
/// All processes share it, and it is what keeps two of them from registering at once. Their clocks have to agree to within
/// 5 seconds. Each call has a thread of its own, inside a tokio runtime of the crate, and 5 seconds; it may block. Let it pass
/// `registration::acceptance` (feature `test-util`).
///
/// # Examples
///
/// In memory, for a test. With SQL, `swap` is one `UPDATE … SET value = $new WHERE ehr = $ehr AND value = $expected`, for no
/// expected value `INSERT … ON CONFLICT DO NOTHING`, for no new one `DELETE … WHERE … AND value = $expected`; whether a row was
/// changed is the answer.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
///
/// use actix_smart_auth::registration::{RegistrationStore, RegistrationStoreFuture};
///
/// #[derive(Debug, Default)]
/// struct Table(Mutex<HashMap<String, Vec<u8>>>);
///
/// impl RegistrationStore for Table {
///     fn load<'a>(&'a self, ehr: &'a str) -> RegistrationStoreFuture<'a, Option<Vec<u8>>> {
///         Box::pin(async move { Ok(self.0.lock().map_err(|_| "broken")?.get(ehr).cloned()) })
///     }
///
///     fn swap<'a>(
///         &'a self,
///         ehr: &'a str,
///         expected: Option<Vec<u8>>,
///         value: Option<Vec<u8>>,
///     ) -> RegistrationStoreFuture<'a, bool> {
///         Box::pin(async move {
///             let mut table = self.0.lock().map_err(|_| "broken")?;
///             let is_as_expected = table.get(ehr) == expected.as_ref();
///             match value {
///                 Some(value) if is_as_expected => drop(table.insert(ehr.to_owned(), value)),
///                 None if is_as_expected => drop(table.remove(ehr)),
///                 _ => {}
///             }
///             Ok(is_as_expected)
///         })
///     }
/// }
/// ```
pub trait RegistrationStore: Send + Sync + fmt::Debug + 'static {
    /// The value of an EHR; `None` when there is none. `ehr` is its FHIR base URL, normalized.
    ///
    /// # Errors
    ///
    /// When it cannot be said now. What is in the error goes to the log.
    fn load<'a>(&'a self, ehr: &'a str) -> RegistrationStoreFuture<'a, Option<Vec<u8>>>;

    /// In one step: puts `value` in the place of `expected`, where `None` means no value. Returns whether it did: not if what is there,
    /// byte for byte, is something else. A `value` of `None` removes it. Values have at most 2 MiB.
    ///
    /// # Errors
    ///
    /// When it cannot be done, or is not known to be done. What is in the error goes to the log.
    fn swap<'a>(
        &'a self,
        ehr: &'a str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> RegistrationStoreFuture<'a, bool>;
}
