//! Documents that an EHR publishes, fetched when first asked for and kept: one [`DocumentCache`] per kind of document and
//! configuration.

mod cache;
mod document;
mod document_kind;
mod endpoints;
mod entries;
mod error;
mod fetch;
mod openid;
mod openid_error;
mod settings;
#[cfg(test)]
mod ssrf;
#[cfg(test)]
mod tests;

pub(crate) use cache::{DocumentCache, Newer};
pub(crate) use document::{Document, DocumentRequest};
pub use document_kind::DocumentKind;
pub(crate) use endpoints::{authorization_endpoint, token_endpoint};
pub use error::{DiscoveryError, RedirectProblem};
pub(crate) use fetch::{Current, fetch_current};
pub(crate) use openid::OpenIdConfiguration;
pub use openid_error::OpenIdConfigurationError;
pub(crate) use settings::DiscoverySettings;
