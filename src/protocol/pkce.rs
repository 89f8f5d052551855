//! PKCE (RFC 7636): always S256, whatever the server lists; never `plain`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::protocol::secret::CodeVerifier;

impl CodeVerifier {
    /// The S256 code challenge of this verifier (RFC 7636, section 4.2). It is not a secret.
    #[must_use]
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.expose_secret()))
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn random_values_are_43_characters_of_the_unreserved_alphabet_and_differ() {
        let mut rng = StdRng::seed_from_u64(7);
        let verifier = CodeVerifier::random(&mut rng);
        let state = State::random(&mut rng);
        let nonce = Nonce::random(&mut rng);
        let texts = [
            verifier.expose_secret(),
            state.expose_secret(),
            nonce.expose_secret(),
            CodeVerifier::random(&mut rng).expose_secret(),
        ]
        .map(str::to_owned);
        for text in &texts {
            assert_eq!(text.len(), 43);
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
            assert_eq!(texts.iter().filter(|other| *other == text).count(), 1);
        }
    }
}
