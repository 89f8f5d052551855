//! The configuration: [`SmartConfig`], built once and shared by everything.
//!
//! [`builder`] and [`env`] collect, [`build`] checks everything at once, [`settings`] and [`ehr`] are what the rest uses.

mod build;
mod builder;
mod cookies;
mod ehr;
mod env;
mod error;
mod http;
mod paths;
mod policies;
mod settings;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

pub use builder::SmartConfigBuilder;
pub use cookies::{CookiePolicy, CookiePolicyError, Partitioned, SameSite};
pub(crate) use cookies::{LaunchCookies, Secure};
pub(crate) use ehr::EndpointOverride;
pub use ehr::{Ehr, EhrBuilder};
pub use error::{ConfigError, ConfigProblem, InvalidReason, ProblemKind};
pub use http::CertificateError;
pub(crate) use http::HttpSettings;
pub use paths::PathError;
pub(crate) use paths::{LAUNCH_PARAMETER, LAUNCH_SCOPE, LaunchNaming, Paths};
pub(crate) use policies::{CrossSite, Policies};
pub use policies::{OtherUser, Relaunch, StandaloneLaunch};
pub(crate) use settings::{Settings, TokenTimes};

/// A checked configuration. Cheap to clone; clones share everything.
///
/// Build it once, outside the closure of `HttpServer::new`, which runs once per worker.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{ClientAuth, Ehr, SmartConfig};
///
/// let config = SmartConfig::builder()
///     .ehr(
///         Ehr::builder("https://ehr.example/fhir/r4")
///             .client_id("my-app")
///             .client_auth(ClientAuth::client_secret("from a safe place"))
///             .redirect_uri("https://app.example/auth/callback")
///             .scopes("openid fhirUser launch/patient patient/*.rs offline_access"),
///     )
///     .build()?;
/// assert_eq!(config.ehrs()[0].client_id(), "my-app");
/// # Ok::<(), actix_smart_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SmartConfig {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    ehrs: Vec<Arc<Ehr>>,
    jwks: Option<String>,
}

impl SmartConfig {
    /// Starts a configuration with the defaults that are given with each option.
    pub fn builder() -> SmartConfigBuilder {
        SmartConfigBuilder::default()
    }

    /// One EHR from environment variables, and the defaults for everything else. The variables are listed at
    /// [`EhrBuilder::from_env`]; to set other options too, begin with [`SmartConfigBuilder::ehr_from_env`].
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().ehr_from_env().build()
    }

    /// The EHRs, in the order they were given. At least one.
    #[must_use]
    pub fn ehrs(&self) -> &[Arc<Ehr>] {
        &self.inner.ehrs
    }

    /// The EHR that a received `iss` names.
    pub(crate) fn ehr_for_iss(&self, iss: &str) -> Option<&Arc<Ehr>> {
        self.inner.ehrs.iter().find(|ehr| ehr.fhir_base_url().matches(iss))
    }

    /// The EHR that a record names by its [`Ehr::key`].
    pub(crate) fn ehr_by_key(&self, key: &str) -> Option<&Arc<Ehr>> {
        self.inner.ehrs.iter().find(|ehr| ehr.key() == key)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The JWKS document; `None` when no EHR has a key client.
    pub(crate) fn jwks(&self) -> Option<&str> {
        self.inner.jwks.as_deref()
    }
}

impl fmt::Debug for SmartConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartConfig")
            .field("ehrs", &self.inner.ehrs)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
