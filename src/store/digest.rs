//! Hashes under which things are kept and compared.

use sha2::{Digest as _, Sha256};

use crate::protocol::id_token::IdTokenClaims;

/// SHA-256 with a label in front, so that the same text never gives the same key in two places.
pub(crate) fn digest(label: &str, text: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(label)
        .chain_update([0])
        .chain_update(text)
        .finalize()
        .into()
}

/// A user, hashed: enough to see that two launches are the same person's, no more.
pub(crate) fn user_digest(user: &IdTokenClaims) -> [u8; 32] {
    // An issuer is a URL and has no NUL, so no two pairs give the same text.
    digest("user", &format!("{}\0{}", user.issuer(), user.subject()))
}
