//! The signature algorithms that an id token may have: [`Algorithm`]. Asymmetric ones only.

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

/// The list is the whole of what is accepted (RFC 7518, section 3.1; RFC 8037; RFC 9864 for `Ed25519`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// An algorithm by its name, exactly as written.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
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

    pub(super) const fn family(self) -> KeyFamily {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => KeyFamily::Rsa,
            Self::Es256 => KeyFamily::P256,
            Self::Es384 => KeyFamily::P384,
            Self::EdDsa => KeyFamily::Ed25519,
        }
    }
}
