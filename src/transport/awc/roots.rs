//! Root certificates to trust beside the public ones: [`ExtraRoots`].

use rustls::{RootCertStore, pki_types::CertificateDer};

/// Root certificates of a hospital's own authority, checked to be usable as roots.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExtraRoots(pub(super) Vec<CertificateDer<'static>>);

/// A certificate that cannot be a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("certificate number {number} cannot be used as a root: it is not a readable X.509 certificate")]
pub(crate) struct RootCertificateError {
    /// Which one, from 1.
    pub(crate) number: usize,
}

impl ExtraRoots {
    /// Checks that each certificate can be a trust anchor.
    ///
    /// # Errors
    ///
    /// [`RootCertificateError`] names the first that cannot.
    pub(crate) fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, RootCertificateError> {
        let mut trial = RootCertStore::empty();
        for (index, certificate) in certificates.iter().enumerate() {
            trial
                .add(certificate.clone())
                .map_err(|_| RootCertificateError { number: index + 1 })?;
        }
        Ok(Self(certificates))
    }
}
