//! Random values, drawn from a generator that the caller brings.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::CryptoRng;

use crate::protocol::secret::{BrowserId, CodeVerifier, LaunchSecret, Nonce, State};

/// `N` random bytes as base64url without padding.
#[must_use]
pub(crate) fn random_text<const N: usize>(rng: &mut dyn CryptoRng) -> String {
    let mut bytes = [0_u8; N];
    rng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

impl CodeVerifier {
    /// A new verifier: 256 random bits as 43 characters (RFC 7636, section 4.1).
    #[must_use]
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::new(random_text::<32>(rng))
    }
}

impl State {
    /// A new `state`: 256 random bits as 43 characters. SMART App Launch 2.2 asks for at least 122 bits.
    #[must_use]
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::new(random_text::<32>(rng))
    }
}

impl Nonce {
    /// A new `nonce`: 256 random bits as 43 characters.
    #[must_use]
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::new(random_text::<32>(rng))
    }
}

impl LaunchSecret {
    /// A new proof for a launch cookie: 256 random bits as 43 characters.
    #[must_use]
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::new(random_text::<32>(rng))
    }
}

impl BrowserId {
    /// A new id for a browser: 256 random bits as 43 characters.
    #[must_use]
    pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::new(random_text::<32>(rng))
    }
}

#[cfg(test)]
mod tests;
