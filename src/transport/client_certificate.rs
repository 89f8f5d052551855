//! Who this application is in TLS: [`ClientCertificate`].

use std::{fmt, path::PathBuf, sync::Arc};

use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::CertifiedKey,
};
use secrecy::ExposeSecret as _;

use crate::protocol::client_auth::{
    KeyError, PrivateKey, ReadFile,
    pem_text::{Block, private_block},
};

/// The certificate that this application shows to servers that ask for one (mutual TLS), and the private key that belongs to
/// it. It is read and checked when the configuration is built.
///
/// It is shown to the EHRs of the configuration, and to no registration of a resolver. It says who opens the connection. It
/// replaces no client authentication of SMART: the token endpoint still wants the credentials of the registration.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{PrivateKey, transport::ClientCertificate};
///
/// let in_one_file = ClientCertificate::file("/etc/my-app/identity.pem");
/// let in_two = ClientCertificate::file("/etc/my-app/certificate.pem").key(PrivateKey::file("/etc/my-app/key.pem"));
/// # let _ = (in_one_file, in_two);
/// ```
#[derive(Clone)]
pub struct ClientCertificate {
    /// In the box of a key, since one may be in it.
    certificates: PrivateKey,
    key: Option<PrivateKey>,
}

/// Why a client certificate cannot be used. Nothing of the key is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientCertificateError {
    /// There is no PEM block `CERTIFICATE`.
    #[error("has no `-----BEGIN CERTIFICATE-----`; give the certificate, then those of its authorities, as PEM")]
    NoCertificate,
    /// A certificate is damaged.
    #[error("has a certificate that is damaged; check that the whole text was copied")]
    Malformed,
    /// The key, or the file, cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key is of a kind that TLS has no use for here.
    #[error("has a key that TLS cannot sign with here; use RSA, P-256, P-384, P-521 or Ed25519")]
    UnusableKey,
    /// The key and the first certificate do not belong together.
    #[error("has a key that does not belong to its first certificate; put that of this application first")]
    OtherKey,
}

/// One that was checked.
#[derive(Clone)]
pub(crate) struct CheckedCertificate(Arc<CertifiedKey>);

impl ClientCertificate {
    /// PEM text: the certificate, those that lead from it to an authority that the server knows, and the private key.
    #[must_use]
    pub fn pem(text: impl Into<String>) -> Self {
        Self::of(PrivateKey::pem(text))
    }

    /// The path of such a text, of at most 256 KiB.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(PrivateKey::file(path))
    }

    /// The private key, where it is not in the same text. Default: it is.
    #[must_use]
    pub fn key(mut self, key: PrivateKey) -> Self {
        self.key = Some(key);
        self
    }

    const fn of(certificates: PrivateKey) -> Self {
        Self {
            certificates,
            key: None,
        }
    }

    /// # Errors
    ///
    /// [`ClientCertificateError`] says what is wrong with it.
    pub(crate) fn check(&self, read: ReadFile<'_>) -> Result<CheckedCertificate, ClientCertificateError> {
        let text = self.certificates.read(read)?;
        let certificates = certificates(text.expose_secret())?;
        let key = match &self.key {
            None => private_block(text.expose_secret())?,
            Some(key) => private_block(key.read(read)?.expose_secret())?,
        };
        // Borrowed, so that the one copy of it is the one that is wiped.
        let key = match &key {
            Block::Pkcs8(der) => PrivateKeyDer::Pkcs8(der.as_slice().into()),
            Block::Pkcs1(der) => PrivateKeyDer::Pkcs1(der.as_slice().into()),
            Block::Sec1 { key, .. } => PrivateKeyDer::Sec1(key.as_slice().into()),
            Block::Spki(_) | Block::RsaPublic(_) => return Err(KeyError::PublicKey.into()),
        };
        let key = any_supported_type(&key).map_err(|_| ClientCertificateError::UnusableKey)?;
        let certified = CertifiedKey::new(certificates, key);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(ClientCertificateError::OtherKey),
            Err(_) => return Err(ClientCertificateError::Malformed),
        }
        Ok(CheckedCertificate(Arc::new(certified)))
    }
}

impl CheckedCertificate {
    pub(crate) fn certified(&self) -> CertifiedKey {
        CertifiedKey::clone(&self.0)
    }
}

/// The certificates of a text that may hold a key as well: the key is not handed to a library that leaves copies behind.
fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, ClientCertificateError> {
    const END: &str = "-----END CERTIFICATE-----";
    let mut found = Vec::new();
    for block in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let (body, _) = block.split_once(END).ok_or(ClientCertificateError::Malformed)?;
        // As a variable of the environment may have it.
        let body = body.replace("\\n", "\n");
        let block = pem::parse(format!("-----BEGIN CERTIFICATE-----{body}{END}"))
            .map_err(|_| ClientCertificateError::Malformed)?;
        found.push(block.into_contents().into());
    }
    if found.is_empty() {
        return Err(ClientCertificateError::NoCertificate);
    }
    Ok(found)
}

/// Both hold a key.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate([redacted])")
    }
}

impl fmt::Debug for CheckedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate([redacted])")
    }
}
