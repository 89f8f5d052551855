//! Whether to believe an id token: [`verify`].

use super::{
    check::check_claims,
    claims::IdTokenClaims,
    error::IdTokenError,
    expected::Expected,
    jws::{JoseHeader, Jws},
    key_set::KeySet,
};
use crate::protocol::secret::RawIdToken;

/// Verifies an id token that came with the answer to a code exchange (OpenID Connect Core 1.0, section 3.1.3.7).
///
/// In this order: that it is a signed JWT, what its header says, the key, the signature, then the claims `iss`, `aud`,
/// `azp`, `exp`, `iat`, `nbf`, `nonce`, `sub`. Clocks may differ by [`Expected::clock_tolerance`]. A claim that is `null` counts as absent.
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
    let candidates = keys.candidates(key_id.as_deref(), algorithm)?;
    if !candidates
        .iter()
        .any(|key| key.verifies(algorithm, jws.signed, &jws.signature))
    {
        return Err(IdTokenError::BadSignature);
    }
    check_claims(jws.claims()?, expected)
}
