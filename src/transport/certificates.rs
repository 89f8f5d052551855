//! Certificates as they were read: [`Certificates`].

use std::{fmt, ops::Deref};

/// Certificates, as DER. `Debug` shows how many.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Certificates(Vec<Vec<u8>>);

impl Certificates {
    pub(crate) fn add(&mut self, more: impl IntoIterator<Item = Vec<u8>>) {
        self.0.extend(more);
    }
}

impl From<Vec<Vec<u8>>> for Certificates {
    fn from(certificates: Vec<Vec<u8>>) -> Self {
        Self(certificates)
    }
}

impl Deref for Certificates {
    type Target = [Vec<u8>];

    fn deref(&self) -> &[Vec<u8>] {
        &self.0
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates", self.len())
    }
}
