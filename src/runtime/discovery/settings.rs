//! What can be set about discovery: [`DiscoverySettings`].

use std::time::Duration;

/// What can be set about discovery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiscoverySettings {
    /// How long a document is kept when the server does not ask for less.
    pub(crate) ttl: Duration,
    /// How long one fetch may take, redirects included.
    pub(crate) timeout: Duration,
}
