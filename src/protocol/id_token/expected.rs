//! What an id token is compared with: [`Expected`].

use std::time::Duration;

use super::nonce_policy::NoncePolicy;
use crate::{protocol::secret::Nonce, time::Timestamp};

/// How far the clocks of an EHR and of this machine may be apart, where a registration does not say it.
pub(crate) const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// What a good id token says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// Compared character for character.
    pub(crate) issuer: &'a str,
    /// The client id at this EHR.
    pub(crate) client_id: &'a str,
    /// What was sent in the authorization request.
    pub(crate) nonce: Option<&'a Nonce>,
    pub(crate) nonce_policy: NoncePolicy,
    /// The `aud` of the authorization request, against which a relative `fhirUser` is resolved.
    pub(crate) fhir_base_url: &'a str,
    pub(crate) now: Timestamp,
    /// How far the EHR's clock and ours may be apart.
    pub(crate) clock_tolerance: Duration,
    pub(crate) other_audiences: OtherAudiences,
}

/// Whether an id token that is for others too (`aud`) has to say that it was issued to us (`azp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OtherAudiences {
    /// Yes (OpenID Connect Core 1.0, section 3.1.3.7). The default.
    #[default]
    WithAuthorizedParty,
    /// No: it is enough that our client id is among the audiences (OpenID Connect Core 1.0 with errata set 2, where `azp`
    /// is not demanded any more). An `azp` that names another client is refused all the same.
    Allowed,
}
