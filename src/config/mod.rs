//! The configuration as data: what an application says, and what comes of it once it is checked.
//!
//! [`builder`], [`ehr_builder`] and [`mod@env`] collect, [`check`] checks everything at once and gives a [`Checked`];
//! [`settings`] and [`ehr`] are what the rest uses. The traits that an application brings are here as well: [`resolver`], [`on_launch`].

mod backend;
mod brand_directory;
mod builder;
mod caller_tokens;
mod check;
mod checked;
mod cookies;
mod ehr;
mod ehr_builder;
mod ehr_names;
mod end_session;
mod endpoints;
mod env;
mod error;
pub(crate) mod first_use;
mod http;
mod installation_client;
mod key_file;
mod launch_scopes;
pub(crate) mod on_launch;
mod once_per_hour;
mod paths;
mod policies;
mod problems;
mod quirks;
mod redirect_uris;
pub(crate) mod resolver;
mod resource_types;
mod settings;
mod sign_in;
#[cfg(any(feature = "actix", feature = "reqwest"))]
mod system_roots;

#[cfg(test)]
pub(crate) mod tests;

pub use backend::BackendRenewal;
pub use brand_directory::BrandDirectory;
pub(crate) use brand_directory::{BundleOrigin, CheckedBrands, NamedBy};
pub use builder::SmartConfigBuilder;
pub(crate) use caller_tokens::CheckedCallerTokens;
pub use caller_tokens::{CallerTokens, IntrospectWith};
pub(crate) use checked::Checked;
pub use cookies::{CookiePolicy, CookiePolicyError, Partitioned, SameSite};
pub(crate) use cookies::{CookieSettings, Secure};
#[cfg(test)]
pub(crate) use ehr::DEFAULT_TOKEN_REQUESTS;
pub use ehr::Ehr;
pub(crate) use ehr::Origin;
pub use ehr_builder::EhrBuilder;
pub use ehr_names::EhrNames;
pub use end_session::{EndSession, IdTokenHint};
pub(crate) use endpoints::EndpointOverride;
pub use endpoints::EndpointsUse;
pub use error::{ConfigError, ConfigProblem, InvalidReason, ProblemKind};
pub use http::CertificateError;
pub(crate) use http::HttpSettings;
pub(crate) use installation_client::CheckedInstallation;
pub use installation_client::InstallationClient;
pub(crate) use launch_scopes::{scopes_of_any_launch, scopes_to_ask};
pub use paths::PathError;
pub(crate) use paths::{LAUNCH_SCOPE, LaunchNaming, Paths};
pub(crate) use policies::CrossSite;
pub use policies::{
    EhrTexts, IdTokenPolicy, IssAlone, KeepPatientFacts, OtherUser, Relaunch, Revocation, StandaloneLaunch,
    SubjectOnRefresh,
};
pub(crate) use quirks::TokenExtra;
pub use quirks::{
    ActivityOnRefresh, DiscoveryHeader, PkceListing, PostedLaunches, Quirks, RefreshScope, ScopeVersionChoice,
    UnprefixedScopes, WildcardScopes,
};
pub(crate) use redirect_uris::RedirectRules;
pub(crate) use resource_types::misspelled_types;
pub(crate) use settings::Settings;
pub use sign_in::SignIn;
pub(crate) use sign_in::check_demand;
