//! Where a launch comes from: [`LaunchOrigin`].

use super::{PinnedClient, PinnedEndpoints};
use crate::protocol::scope::Scopes;

/// Where a launch comes from: which EHR was asked, for what, and as which client.
///
/// Most launches of one registration have the same, so a store in memory keeps it once for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LaunchOrigin {
    /// The key of the EHR registration (its FHIR base URL as registered).
    pub ehr: String,
    /// The FHIR base URL as it was sent in `aud`.
    pub aud: String,
    /// The endpoints that the authorization used.
    pub endpoints: PinnedEndpoints,
    /// The scopes that were requested.
    pub requested: Scopes,
    /// The client that the tokens were given to. `None` in records of versions that did not write it.
    pub client: Option<PinnedClient>,
}
