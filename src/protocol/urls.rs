//! URLs that keep the text they were given.
//!
//! `aud`, `redirect_uri` and the audience of an assertion are compared byte for byte by servers, and a URL type
//! prints `https://ehr.example` back as `https://ehr.example/`. So each type holds the text and a parsed copy.

mod endpoint_url;
mod error;
mod fhir_base_url;
mod https;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use endpoint_url::EndpointUrl;
pub use error::UrlError;
pub use fhir_base_url::FhirBaseUrl;
pub(crate) use https::{is_loopback, parse_https};
