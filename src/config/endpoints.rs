//! Endpoints that a registration names itself: [`EndpointOverride`].

use crate::protocol::urls::EndpointUrl;

/// Endpoints that are used without asking the EHR's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointOverride {
    pub(crate) authorization: EndpointUrl,
    pub(crate) token: EndpointUrl,
    pub(crate) revocation: Option<EndpointUrl>,
}
