//! The key of a [`Signer`], checked: [`SignerKey`], and what waits for its signature: [`ToSign`].

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;

use super::{
    applied::AppliedAuth,
    key_error::KeyError,
    public_key::PublicJwk,
    signer::{Signature, Signer, SignerError},
    signing_algorithm::SigningAlgorithm,
    source::ReadFile,
};

/// A signer whose public key fits its algorithm. Whether it signs is not tried when the configuration is built: what holds
/// the key may be away then, and back when it is needed.
#[derive(Clone)]
pub(crate) struct SignerKey {
    signer: Arc<dyn Signer>,
    algorithm: SigningAlgorithm,
    verifier: Arc<ParsedPublicKey>,
    /// How long its signatures are.
    length: usize,
}

/// Why there is no signature that can be sent. Nothing was sent to the EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSigned {
    /// The signer said so.
    #[error("the signer of the key did not sign: {0}")]
    Signer(#[from] SignerError),
    /// It did not sign within [`signer_timeout`](crate::SmartConfigBuilder::signer_timeout).
    #[error("the signer of the key did not sign in the time that it has (`SmartConfigBuilder::signer_timeout`)")]
    TimedOut,
    /// It panicked.
    #[error("the signer of the key panicked; the message is on standard error")]
    Panicked,
    /// As many calls of it are under way as there may be.
    #[error("too many calls of the signer of the key are under way; it is too slow, or some of them hang")]
    Busy,
    /// No thread could be started for it.
    #[error("no thread could be started for the signer of the key")]
    NotStarted,
    /// The signature has not the length that its algorithm demands.
    #[error(
        "the signer of the key gave a signature of {got} bytes instead of {expected}; where it is ASN.1 DER, use \
         `Signature::from_ecdsa_der`"
    )]
    #[non_exhaustive]
    Length {
        /// How long it has to be.
        expected: usize,
        /// How long it is.
        got: usize,
    },
    /// The public key does not verify the signature: it is another key's, or of a digest of the digest.
    #[error(
        "the signature is not one of the key that is published; compare the key that the signer uses with its `public_key`, \
         and see that the message is hashed once"
    )]
    OtherKey,
}

impl SignerKey {
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with the public key.
    pub(super) fn check(
        kid: &str,
        signer: &Arc<dyn Signer>,
        read: ReadFile<'_>,
    ) -> Result<(Self, PublicJwk), KeyError> {
        let public = PublicJwk::read(kid, &signer.public_key(), read)?;
        let algorithm = signer.algorithm();
        if public.algorithm() != algorithm {
            return Err(KeyError::OtherAlgorithm { algorithm });
        }
        let (verifier, length) = public.verifier()?;
        let key = Self {
            signer: Arc::clone(signer),
            algorithm,
            verifier: Arc::new(verifier),
            length,
        };
        Ok((key, public))
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm.of_header()
    }

    fn verified(&self, message: &[u8], signature: &Signature) -> Result<(), NotSigned> {
        let (expected, got) = (self.length, signature.as_bytes().len());
        if got != expected {
            return Err(NotSigned::Length { expected, got });
        }
        let verified = self.verifier.verify_sig(message, signature.as_bytes());
        verified.map_err(|_| NotSigned::OtherKey)
    }
}

/// An assertion without its signature, and what goes with it.
pub(crate) struct ToSign {
    pub(super) key: SignerKey,
    pub(super) kid: String,
    /// Header and claims, as they are signed.
    pub(super) assertion: String,
    /// In which member of the form it goes.
    pub(super) member: &'static str,
    /// What else authentication adds to the request.
    pub(super) applied: AppliedAuth,
}

impl ToSign {
    pub(crate) fn signer(&self) -> Arc<dyn Signer> {
        Arc::clone(&self.key.signer)
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) const fn algorithm(&self) -> SigningAlgorithm {
        self.key.algorithm
    }

    /// What is to be signed.
    pub(crate) fn message(&self) -> &[u8] {
        self.assertion.as_bytes()
    }

    /// With the signature, once it is verified.
    ///
    /// # Errors
    ///
    /// [`NotSigned::Length`] and [`NotSigned::OtherKey`].
    pub(crate) fn signed(self, signature: &Signature) -> Result<AppliedAuth, NotSigned> {
        self.key.verified(self.message(), signature)?;
        let Self {
            mut assertion,
            mut applied,
            member,
            ..
        } = self;
        assertion.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_bytes(), &mut assertion);
        applied.form.push((member, assertion));
        Ok(applied)
    }
}

impl fmt::Debug for ToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToSign").field("kid", &self.kid).finish_non_exhaustive()
    }
}
