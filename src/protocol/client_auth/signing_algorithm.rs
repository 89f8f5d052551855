//! How a key signs: [`SigningAlgorithm`].

use jsonwebtoken::Algorithm;

/// The two algorithms of SMART App Launch 2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-384, with a key of 2048 to 8192 bits. PKCS#11: `CKM_SHA384_RSA_PKCS`.
    Rs384,
    /// ECDSA with SHA-384 on P-384. PKCS#11: `CKM_ECDSA_SHA384`, or `CKM_ECDSA` of a SHA-384 digest.
    Es384,
}

impl SigningAlgorithm {
    /// The name in a JWS header: `RS384` or `ES384`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs384 => "RS384",
            Self::Es384 => "ES384",
        }
    }

    /// The one with this name in a JWS header.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Rs384, Self::Es384]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    /// The one of the two that a list (`token_endpoint_auth_signing_alg_values_supported`) has. `None` where it has both or
    /// neither, or where there is none: it decides nothing.
    pub(crate) fn only_listed(list: Option<&[String]>) -> Option<Self> {
        let has = |wanted: Self| list.is_some_and(|list| list.iter().any(|name| name == wanted.name()));
        match (has(Self::Rs384), has(Self::Es384)) {
            (true, false) => Some(Self::Rs384),
            (false, true) => Some(Self::Es384),
            (true, true) | (false, false) => None,
        }
    }

    pub(super) const fn of_header(self) -> Algorithm {
        match self {
            Self::Rs384 => Algorithm::RS384,
            Self::Es384 => Algorithm::ES384,
        }
    }
}
