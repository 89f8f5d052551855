//! Whether to believe an id token: [`verify`].

use super::{
    check::check_claims,
    claims::IdTokenClaims,
    error::IdTokenError,
    jws::{JoseHeader, Jws},
    key_set::KeySet,
};
use crate::{
    protocol::secret::{Nonce, RawIdToken},
    time::Timestamp,
};

/// What an id token has to do with the `nonce` of its authorization request.
///
/// `nonce` is optional in the code flow, PKCE protects the code already, and SMART servers need not support it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NoncePolicy {
    /// A nonce is sent. A token with another one is refused, a token without one is accepted. The default.
    #[default]
    IfReturned,
    /// A nonce is sent, and has to come back (OpenID Connect Core 1.0, section 3.1.3.7).
    Required,
    /// No nonce is sent, for EHRs that refuse a request with one. A token that has one all the same is refused: it
    /// belongs to another request.
    NotSent,
}

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

/// Verifies an id token that came with the answer to a code exchange (OpenID Connect Core 1.0, section 3.1.3.7).
///
/// In this order: that it is a signed JWT, what its header says, the key, the signature, then the claims `iss`, `aud`,
/// `azp`, `exp`, `iat`, `nbf`, `nonce`, `sub`. Clocks may differ by 60 s. A claim that is `null` counts as absent.
///
/// Not checked: `at_hash`, which is optional in the code flow (section 3.1.3.8), where access token and id token come
/// in one answer over TLS; how old `iat` is; `acr`, which is not asked for; `auth_time`, which is looked at where a new sign-in was
/// demanded ([`check_sign_in`](crate::protocol::sign_in::check_sign_in)).
///
/// A `fhirUser` that cannot be used is as absent, with a warning in the log.
///
/// # Errors
///
/// [`IdTokenError`] says which check failed first.
pub(crate) fn verify(
    token: &RawIdToken,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<IdTokenClaims, IdTokenError> {
    let jws = Jws::parse(token.expose_secret())?;
    let JoseHeader { algorithm, key_id } = jws.header()?;
    let key = keys.select(key_id.as_deref(), algorithm)?;
    if !key.verifies(algorithm, jws.signed, &jws.signature) {
        return Err(IdTokenError::BadSignature);
    }
    check_claims(jws.claims()?, expected)
}
