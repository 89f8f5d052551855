//! Where a key comes from, before anybody has looked at it: [`PrivateKey`], [`PublicKey`], [`PublishedKey`].

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};

use super::{key_error::KeyError, signer::Signer};
use crate::protocol::wiped::{boxed, text_of};

/// Reads a file. Given as an argument, so that the protocol core does no I/O of its own.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Zeroizing<Vec<u8>>>;

/// A private key, as PEM text or the path of a PEM file: PKCS#8 (`BEGIN PRIVATE KEY`), PKCS#1
/// (`BEGIN RSA PRIVATE KEY`) or SEC1 (`BEGIN EC PRIVATE KEY`). It is read and checked when the configuration is built.
///
/// Text from an environment variable may have its line ends written as `\n`. A key that cannot be read, in an HSM or a key
/// management service, is given as what signs with it ([`signer`](Self::signer)).
#[derive(Clone)]
pub struct PrivateKey(Source);

/// A public key to be published: PEM text, the path of a PEM file, DER, or a JWK.
#[derive(Clone)]
pub struct PublicKey(pub(super) PublicSource);

/// A key of which the public half is published: a [`PrivateKey`] or a [`PublicKey`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PublishedKey {
    /// The public half of a private key.
    Private(PrivateKey),
    /// A public key.
    Public(PublicKey),
}

#[derive(Clone)]
enum Source {
    Text(SecretString),
    File(PathBuf),
    /// A key where a path belongs. It was wiped at once.
    NotAPath,
    /// It is elsewhere.
    Signer(Arc<dyn Signer>),
}

#[derive(Clone)]
pub(super) enum PublicSource {
    // In a secret box, since it may be a private key by mistake.
    Pem(PrivateKey),
    Jwk(SecretString),
    Spki(Vec<u8>),
}

impl PrivateKey {
    /// PEM text.
    #[must_use]
    pub fn pem(text: impl Into<String>) -> Self {
        Self(Source::Text(boxed(text.into())))
    }

    /// The path of a PEM file, of at most 256 KiB.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if holds_a_key(&path) {
            drop(Zeroizing::new(path.into_os_string().into_encoded_bytes()));
            return Self(Source::NotAPath);
        }
        Self(Source::File(path))
    }

    /// A key that this process cannot read, by what signs with it. For [`PrivateKeyJwt`](crate::PrivateKeyJwt) only: a TLS
    /// certificate needs a key that can be read.
    #[must_use]
    pub fn signer(signer: impl Signer) -> Self {
        Self(Source::Signer(Arc::new(signer)))
    }

    /// What signs, where the key is elsewhere.
    pub(super) const fn as_signer(&self) -> Option<&Arc<dyn Signer>> {
        match &self.0 {
            Source::Signer(signer) => Some(signer),
            Source::Text(_) | Source::File(_) | Source::NotAPath => None,
        }
    }

    /// Whether there is nothing in it, as with a variable that is set and empty.
    pub(super) fn is_empty(&self) -> bool {
        match &self.0 {
            Source::Text(text) => text.expose_secret().trim().is_empty(),
            Source::File(path) => path.as_os_str().is_empty(),
            Source::NotAPath | Source::Signer(_) => false,
        }
    }

    pub(crate) fn read(&self, read: ReadFile<'_>) -> Result<SecretString, KeyError> {
        match &self.0 {
            Source::Text(text) => Ok(text.clone()),
            Source::NotAPath => Err(KeyError::NotAPath),
            Source::Signer(_) => Err(KeyError::Elsewhere),
            Source::File(path) => {
                let bytes = read(path).map_err(|error| KeyError::Unreadable {
                    path: path.clone(),
                    kind: error.kind(),
                })?;
                Ok(SecretString::from(text_of(&bytes).as_str()))
            }
        }
    }
}

impl PublicKey {
    /// PEM text: `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`.
    #[must_use]
    pub fn pem(text: impl Into<String>) -> Self {
        Self(PublicSource::Pem(PrivateKey::pem(text)))
    }

    /// The path of a PEM file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(PublicSource::Pem(PrivateKey::file(path)))
    }

    /// The `SubjectPublicKeyInfo` (RFC 5280) in DER, as the key services of clouds give it.
    #[must_use]
    pub fn spki_der(der: impl Into<Vec<u8>>) -> Self {
        Self(PublicSource::Spki(der.into()))
    }

    /// A JWK as JSON text (RFC 7517), without private members.
    #[must_use]
    pub fn jwk(json: impl Into<String>) -> Self {
        Self(PublicSource::Jwk(boxed(json.into())))
    }
}

impl From<PrivateKey> for PublishedKey {
    fn from(key: PrivateKey) -> Self {
        Self::Private(key)
    }
}

impl From<PublicKey> for PublishedKey {
    fn from(key: PublicKey) -> Self {
        Self::Public(key)
    }
}

/// Whether what was given as a path is a key. Such a text must not come back in an error message.
fn holds_a_key(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    text.len() > 255 || text.contains(&b'\n') || text.windows(5).any(|dashes| dashes == b"-----")
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(path) => write!(f, "PrivateKey(file {})", path.display()),
            Source::Text(_) | Source::NotAPath => f.write_str("PrivateKey([redacted])"),
            // What the application has in it may be a PIN.
            Source::Signer(_) => f.write_str("PrivateKey(signer)"),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}
