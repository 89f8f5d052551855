//! An endpoint that shares the EHR's authorization: [`AssociatedEndpoint`].

use crate::protocol::urls::EndpointUrl;

/// An endpoint that shares this EHR's authorization (experimental in SMART App Launch 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociatedEndpoint {
    pub(super) url: EndpointUrl,
    pub(super) capabilities: Vec<String>,
}

impl AssociatedEndpoint {
    /// The base URL of that endpoint.
    #[must_use]
    pub const fn url(&self) -> &EndpointUrl {
        &self.url
    }

    /// What that endpoint can do; empty when it does not say.
    #[must_use]
    pub fn capabilities(&self) -> &[String] {
        &self.capabilities
    }
}
