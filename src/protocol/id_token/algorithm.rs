//! The signature algorithms that an id token may have: [`SignatureAlgorithm`]. Asymmetric ones only.

use super::error::IdTokenError;
use crate::protocol::ehr_text::error_code;

/// What kind of key signs. Each algorithm belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyFamily {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

/// The algorithms of RFC 7518 (section 3.1) and RFC 8037 that sign with a private key. The list is the whole of what is
/// accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlgorithmName {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// An algorithm that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignatureAlgorithm {
    pub(super) name: AlgorithmName,
    pub(super) family: KeyFamily,
}

impl SignatureAlgorithm {
    /// An algorithm by its name, exactly as written (RFC 7518, section 3.1; RFC 8037).
    pub(super) fn by_name(name: &str) -> Option<Self> {
        use AlgorithmName as Name;
        let (name, family) = match name {
            "RS256" => (Name::Rs256, KeyFamily::Rsa),
            "RS384" => (Name::Rs384, KeyFamily::Rsa),
            "RS512" => (Name::Rs512, KeyFamily::Rsa),
            "PS256" => (Name::Ps256, KeyFamily::Rsa),
            "PS384" => (Name::Ps384, KeyFamily::Rsa),
            "PS512" => (Name::Ps512, KeyFamily::Rsa),
            "ES256" => (Name::Es256, KeyFamily::P256),
            "ES384" => (Name::Es384, KeyFamily::P384),
            "ES512" => (Name::Es512, KeyFamily::P521),
            // The newer name of the same (RFC 9864).
            "EdDSA" | "Ed25519" => (Name::EdDsa, KeyFamily::Ed25519),
            _ => return None,
        };
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
