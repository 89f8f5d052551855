//! What an id token is compared with: [`Expected`].

use super::nonce_policy::NoncePolicy;
use crate::{protocol::secret::Nonce, time::Timestamp};

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
}
