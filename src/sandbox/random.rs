//! Values nobody can guess.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rand::Rng;

fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// `count` random bytes in base64url.
pub(super) fn url_safe(count: usize) -> String {
    URL_SAFE_NO_PAD.encode(bytes(count))
}

/// 32 random bytes with `+`, `/` and `=` among them, as real servers send: a client that forgets to percent-encode
/// fails here and not in a hospital.
pub(super) fn awkward() -> String {
    format!("+/{}", STANDARD.encode(bytes(32)))
}
