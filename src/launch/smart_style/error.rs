//! Why there is no style: [`SmartStyleError`].

use crate::{
    protocol::{transport_error::TransportError, urls::UrlError},
    runtime::registrations::EhrLookupError,
};

/// Why there is no [`SmartStyle`](crate::context::SmartStyle). Go on in the application's own look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmartStyleError {
    /// `smart_style_url` is no https URL (http on a loopback host). Nothing was fetched.
    #[error("the EHR's `smart_style_url` cannot be used: {0}")]
    Address(#[from] UrlError),
    /// It leads to a host that is neither that of the FHIR server nor that of the token endpoint. Nothing was fetched.
    #[error(
        "the EHR's `smart_style_url` leads to {origin}; if that is the EHR's, allow it with \
         `SmartConfigBuilder::smart_style_origin`"
    )]
    OtherOrigin {
        /// Where it leads.
        origin: String,
    },
    /// The registration of the EHR is gone, or its resolver cannot say where its requests may go. Nothing was fetched.
    #[error(transparent)]
    Registration(#[from] EhrLookupError),
    /// There was no complete answer within 5 s, or it is larger than 64 KiB.
    #[error("the EHR's style could not be fetched: {}", .0.with_limit("a style has 64 KiB at most, so ask the EHR's operator what it is"))]
    Transport(#[from] TransportError),
    /// The answer has another status than 2xx. Redirects are not followed.
    #[error("the EHR's style could not be fetched: status {0}")]
    Status(u16),
    /// It is no JSON object.
    #[error("the EHR's style is no JSON object")]
    Malformed,
}
