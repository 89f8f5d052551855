//! How requests to the EHR are sent: [`HttpSettings`], and root certificates beyond the usual ones.

use std::time::Duration;

#[cfg(any(feature = "actix", feature = "reqwest"))]
use crate::transport::HttpClient;
use crate::transport::settings::TransportSettings;

/// Limits and identity of requests to the EHR.
#[derive(Debug, Clone)]
pub(crate) struct HttpSettings {
    /// Over head and body, of what is asked for documents (metadata, keys), registrations, revocations and introspections. Token requests have
    /// `token_deadline`, FHIR requests `Fhir::timeout`.
    pub(crate) request_timeout: Duration,
    /// What a transport of the application's own does not know of.
    pub(crate) transport: TransportSettings,
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub(crate) client: HttpClient,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(10),
            transport: TransportSettings::default(),
            #[cfg(any(feature = "actix", feature = "reqwest"))]
            client: HttpClient::default(),
        }
    }
}

/// Why root certificates cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// There is no PEM block `CERTIFICATE`.
    #[error("has no `-----BEGIN CERTIFICATE-----`; convert a DER file with `openssl x509 -inform DER`")]
    NoCertificate,
    /// A PEM block is damaged.
    #[error("is damaged; check that the whole text was copied")]
    Malformed,
    /// There is a private key in it.
    #[error("contains a private key, which does not belong here; give the certificates alone")]
    PrivateKey,
    /// A certificate cannot be a root.
    #[error("certificate {number} cannot be used as a root; check it with `openssl x509 -text`")]
    NotARoot {
        /// Its place in the text, from 1.
        number: usize,
    },
}

/// The certificates of a PEM text, as DER.
pub(super) fn root_certificates(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let blocks = pem::parse_many(text).map_err(|_| CertificateError::Malformed)?;
    if blocks.iter().any(|block| block.tag().ends_with("PRIVATE KEY")) {
        return Err(CertificateError::PrivateKey);
    }
    let certificates: Vec<_> = blocks
        .into_iter()
        .filter(|block| block.tag() == "CERTIFICATE")
        .map(pem::Pem::into_contents)
        .collect();
    if certificates.is_empty() {
        let cut_off = text.contains("-----BEGIN CERTIFICATE-----");
        return Err(if cut_off {
            CertificateError::Malformed
        } else {
            CertificateError::NoCertificate
        });
    }
    check_roots(&certificates)?;
    Ok(certificates)
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
fn check_roots(certificates: &[Vec<u8>]) -> Result<(), CertificateError> {
    let mut store = rustls::RootCertStore::empty();
    for (index, der) in certificates.iter().enumerate() {
        store
            .add(der.as_slice().into())
            .map_err(|_| CertificateError::NotARoot {
                number: index.saturating_add(1),
            })?;
    }
    Ok(())
}

/// Without a transport of ours nothing looks into a certificate.
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
const fn check_roots(_certificates: &[Vec<u8>]) -> Result<(), CertificateError> {
    Ok(())
}

#[cfg(test)]
mod tests;
