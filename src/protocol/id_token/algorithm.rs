//! The signature algorithms that an id token may have: [`SignatureAlgorithm`]. Asymmetric ones only.

use jsonwebtoken::Algorithm;

use super::error::IdTokenError;
use crate::protocol::ehr_text::error_code;

/// What kind of key signs. Each algorithm belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyFamily {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// An algorithm that is accepted. What jsonwebtoken knows beyond that, or will know, has no family here and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignatureAlgorithm {
    pub(super) name: Algorithm,
    pub(super) family: KeyFamily,
}

impl SignatureAlgorithm {
    /// An algorithm by its name, exactly as written (RFC 7518, section 3.1; RFC 8037).
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let name = match name {
            // The newer name of the same (RFC 9864).
            "Ed25519" => Algorithm::EdDSA,
            _ => name.parse().ok()?,
        };
        let family = family(name)?;
        Some(Self { name, family })
    }

    /// The `alg` of a token's header.
    ///
    /// # Errors
    ///
    /// [`Unsigned`](IdTokenError::Unsigned), [`SymmetricAlgorithm`](IdTokenError::SymmetricAlgorithm) or
    /// [`UnknownAlgorithm`](IdTokenError::UnknownAlgorithm).
    pub(super) fn of_token(name: &str) -> Result<Self, IdTokenError> {
        if let Some(algorithm) = Self::by_name(name) {
            return Ok(algorithm);
        }
        // The spelling does not matter for what it is, only for what to tell the EHR.
        let lower = name.trim().to_ascii_lowercase();
        Err(match lower.as_str() {
            "none" => IdTokenError::Unsigned,
            "hs256" | "hs384" | "hs512" => IdTokenError::SymmetricAlgorithm,
            _ => IdTokenError::UnknownAlgorithm { name: error_code(name) },
        })
    }
}

/// The list is the whole of what is accepted.
const fn family(algorithm: Algorithm) -> Option<KeyFamily> {
    match algorithm {
        Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => Some(KeyFamily::Rsa),
        Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 => Some(KeyFamily::Rsa),
        Algorithm::ES256 => Some(KeyFamily::P256),
        Algorithm::ES384 => Some(KeyFamily::P384),
        Algorithm::EdDSA => Some(KeyFamily::Ed25519),
        _ => None,
    }
}
