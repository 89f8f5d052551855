//! The certificate of a sandbox that serves https: [`SandboxTls`].

use std::{fmt, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// A certificate and its key.
#[derive(Clone)]
pub struct SandboxTls {
    config: Arc<ServerConfig>,
    trusted: Option<String>,
}

/// Why there is no TLS with these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFilesError {
    /// The chain is empty or no PEM.
    #[error("there is no certificate in it; give a chain in PEM that begins with the server's own (BEGIN CERTIFICATE)")]
    NoCertificate,
    /// The key is no PEM.
    #[error("there is no private key in it; give one in PEM (BEGIN PRIVATE KEY)")]
    NoKey,
    /// They are not a pair, or of a kind that TLS does not take.
    #[error("certificate and key do not fit: {0}")]
    NotAPair(String),
}

impl SandboxTls {
    /// `certificates` is the chain, the server's own first, `key` its private key, both in PEM.
    ///
    /// # Errors
    ///
    /// When one is missing, or they are not a pair.
    pub fn pem(certificates: &str, key: &str) -> Result<Self, TlsFilesError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| TlsFilesError::NoCertificate)?;
        if chain.is_empty() {
            return Err(TlsFilesError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| TlsFilesError::NoKey)?;
        let not_a_pair = |error: rustls::Error| TlsFilesError::NotAPair(error.to_string());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(not_a_pair)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(not_a_pair)?;
        Ok(Self {
            config: Arc::new(config),
            trusted: None,
        })
    }

    /// Says which certificate clients have to trust, in PEM: for those who ask the sandbox for it
    /// ([`SandboxServer::trusted_certificate`](super::SandboxServer::trusted_certificate)).
    #[must_use]
    pub fn trusted_by(mut self, certificate: impl Into<String>) -> Self {
        self.trusted = Some(certificate.into());
        self
    }

    /// For HTTP/1.1 alone.
    pub(super) fn config(&self) -> ServerConfig {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }

    pub(super) fn trusted(&self) -> Option<&str> {
        self.trusted.as_deref()
    }
}

impl fmt::Debug for SandboxTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxTls").finish_non_exhaustive()
    }
}
