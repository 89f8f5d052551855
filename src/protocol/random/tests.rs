use rand::{SeedableRng as _, rngs::StdRng};

use super::*;

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
