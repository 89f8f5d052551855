//! Whose certificates are trusted: [`Roots`], [`Certificates`].

use std::{fmt, ops::Deref};

/// Which root certificates a server's certificate may lead to, beside those of
/// [`extra_root_certificates`](crate::SmartConfigBuilder::extra_root_certificates).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's list, as it was when `webpki-roots` was published that this program is built with. The default: the same on
    /// each machine.
    #[default]
    BuiltIn,
    /// Mozilla's list, and the store of the operating system, where hospitals install the authority of their own.
    BuiltInAndSystem,
    /// The store of the operating system alone.
    System,
}

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
