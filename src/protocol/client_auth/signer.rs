//! A key that signs elsewhere: the trait [`Signer`], and what it says.

use std::{fmt, future::Future, pin::Pin};

use super::{der, signing_algorithm::SigningAlgorithm, source::PublicKey};

/// The future of a [`Signer`].
pub type SignFuture<'a> = Pin<Box<dyn Future<Output = Result<Signature, SignerError>> + Send + 'a>>;

/// A private key that this process cannot read: in an HSM, in a PKCS#11 token, in the key management of a cloud.
///
/// [`PrivateKey::signer`](crate::PrivateKey::signer) makes a key of it, which goes wherever another key goes: into
/// [`PrivateKeyJwt::new`](crate::PrivateKeyJwt::new), [`or`](crate::PrivateKeyJwt::or), [`previous`](crate::PrivateKeyJwt::previous) and
/// [`also_publish`](crate::PrivateKeyJwt::also_publish). Its `kid` is given beside it there. It signs the assertion of each
/// token request: some hundred bytes.
///
/// # How it is called
///
/// Each call has a thread of its own, inside a tokio runtime of the crate, and the time of
/// [`signer_timeout`](crate::SmartConfigBuilder::signer_timeout) (10 s). It may block, as PKCS#11 does: that delays nobody but
/// those who wait for this signature. One that panics or takes longer is a call that failed. At most 64 calls for one
/// registration run at once. The future is dropped as soon as it waits when its time is over.
///
/// Nothing is sent before there is a signature: a code and a refresh token are as good as before when there is none, and the
/// time for it does not count as the EHR's. Every signature is verified with [`public_key`](Self::public_key) before it is
/// used.
///
/// # Examples
///
/// The shape of a key management service; the guide has it in full ([clients](crate::guide::clients)).
///
/// ```
/// use actix_smart_auth::{
///     error::SignerError,
///     options::PublicKey,
///     signer::{SignFuture, Signature, Signer, SigningAlgorithm},
/// };
/// # struct KmsClient;
/// # impl KmsClient { async fn sign(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, std::io::Error> { Ok(Vec::new()) } }
///
/// struct KmsKey {
///     client: KmsClient,
///     key_id: String,
///     /// As the service gave it at the start (`GetPublicKey`).
///     public_key: Vec<u8>,
/// }
///
/// impl Signer for KmsKey {
///     fn algorithm(&self) -> SigningAlgorithm {
///         SigningAlgorithm::Es384
///     }
///
///     fn public_key(&self) -> PublicKey {
///         PublicKey::spki_der(self.public_key.clone())
///     }
///
///     fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a> {
///         Box::pin(async move {
///             let der = self.client.sign(&self.key_id, message).await.map_err(|error| {
///                 eprintln!("the key service did not sign: {error}");
///                 SignerError::Unavailable
///             })?;
///             Signature::from_ecdsa_der(&der)
///         })
///     }
/// }
/// ```
pub trait Signer: Send + Sync + 'static {
    /// How it signs.
    fn algorithm(&self) -> SigningAlgorithm;

    /// The public half, which is published and with which each signature is verified. Asked for when the configuration is
    /// built, so that it has to be known by then.
    fn public_key(&self) -> PublicKey;

    /// Signs the message itself, not a digest of it: [`SigningAlgorithm`] says how.
    ///
    /// # Errors
    ///
    /// [`SignerError`]. Write what you know more into your own log: nothing else comes through here, so that no secret does.
    fn sign<'a>(&'a self, message: &'a [u8]) -> SignFuture<'a>;
}

/// A signature in the form of JWS (RFC 7518).
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

/// Why a [`Signer`] gave no signature. Nothing of the key, of a PIN or of an answer is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// What holds the key cannot be reached, or has too much to do. It may be better soon.
    #[error("what holds the key is unavailable")]
    Unavailable,
    /// It is not allowed to use the key: a PIN, a role or a policy.
    #[error("the application may not use the key; look at its PIN, role or policy")]
    NotAllowed,
    /// There is no such key, or it is disabled.
    #[error("the key is not there or is disabled")]
    NoKey,
    /// It failed otherwise.
    #[error("it failed; its own log may say why")]
    Failed,
    /// What should be a signature in ASN.1 DER is none ([`Signature::from_ecdsa_der`]).
    #[error("it gave something that is no signature in ASN.1 DER")]
    NotDer,
}

impl Signature {
    /// The bytes as JWS has them. RS384: the signature, as long as the modulus. ES384: `r` and `s`, each of 48 bytes, one
    /// after the other, as PKCS#11 gives them.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// From an ES384 signature in ASN.1 DER (`Ecdsa-Sig-Value`, RFC 3279), as the key services of clouds give it.
    ///
    /// # Errors
    ///
    /// [`SignerError::NotDer`].
    pub fn from_ecdsa_der(der: &[u8]) -> Result<Self, SignerError> {
        der::ecdsa_signature(der).map(Self).ok_or(SignerError::NotDer)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

// A signature is good for one request and says nothing to anybody.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} bytes)", self.0.len())
    }
}
