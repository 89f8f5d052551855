//! Keys in every form, and what each method adds to a request.

mod credentials;
mod fingerprint;
mod keys;
mod refused;
mod signer;
mod style;
mod unlisted;

use std::{io, path::Path};

use secrecy::zeroize::Zeroizing;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/keys/",
            $name,
            ".pem"
        ))
    };
}
pub(in crate::protocol::client_auth) use fixture;

/// No test here has a file.
fn no_files(_: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    Err(io::ErrorKind::NotFound.into())
}
