//! Endpoints that a registration names itself: [`EndpointOverride`].

use crate::protocol::urls::EndpointUrl;

/// When endpoints that a registration names are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EndpointsUse {
    /// Always. The EHR's metadata is never asked. The default.
    #[default]
    Always,
    /// When the EHR's metadata is unavailable, or names no usable endpoint.
    WithoutMetadata,
}

/// Endpoints that a registration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointOverride {
    pub(crate) used: EndpointsUse,
    pub(crate) authorization: EndpointUrl,
    pub(crate) token: EndpointUrl,
    pub(crate) revocation: Option<EndpointUrl>,
    /// What `iss` of a callback is compared with.
    pub(crate) issuer: Option<String>,
}
