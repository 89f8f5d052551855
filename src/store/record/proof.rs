//! What proves that a browser has a launch: [`Proof`].

use std::fmt;

use crate::{protocol::secret::LaunchSecret, store::digest::digest};

/// The hash of a launch cookie's secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub [u8; 32]);

impl Proof {
    pub(crate) fn of(secret: &LaunchSecret) -> Self {
        Self(digest("proof", secret.expose_secret()))
    }

    /// Whether the secret is the right one, in constant time.
    pub(crate) fn admits(&self, secret: &LaunchSecret) -> bool {
        let other = Self::of(secret);
        self.0.iter().zip(other.0).fold(0_u8, |acc, (l, r)| acc | (l ^ r)) == 0
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof([redacted])")
    }
}
