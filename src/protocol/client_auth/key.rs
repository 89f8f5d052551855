//! A private key that signs: [`SigningKey`], parsed once, or the signer that has it.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384},
};
use jsonwebtoken::Algorithm;

use super::{
    der::{self, Curve},
    key_error::KeyError,
    pem_text::{Block, private_block},
    public_key::{PublicJwk, check_rsa_size, unsupported},
    signer::Signer,
    signer_key::SignerKey,
    source::ReadFile,
};

/// A private key. One in the memory of AWS-LC, which wipes what it frees, has signed once already, so that it will again.
pub(crate) struct SigningKey {
    pair: Pair,
    public: PublicJwk,
}

enum Pair {
    Rsa(rsa::KeyPair),
    P384(EcdsaKeyPair),
    Elsewhere(SignerKey),
}

impl SigningKey {
    /// Reads the private key of a PEM text.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says why the key is refused.
    pub(crate) fn from_pem(kid: &str, text: &str) -> Result<Self, KeyError> {
        let pair = match private_block(text)? {
            Block::Pkcs1(der) => rsa_pair(&der)?,
            Block::Sec1 { key, parameters } => {
                let (own, scalar_bytes) = der::sec1(&key).ok_or(KeyError::Malformed)?;
                let curve = own.or_else(|| parameters.and_then(|der| der::ec_parameters(&der)));
                // A key that names no curve is taken for P-384 if it could be one: any 48 bytes can.
                match curve {
                    None if scalar_bytes != 48 => {
                        return Err(KeyError::Curve {
                            name: "of unknown name",
                        });
                    }
                    None => p384_pair(&key, Curve::P384)?,
                    Some(curve) => p384_pair(&key, curve)?,
                }
            }
            Block::Pkcs8(der) => {
                let info = der::pkcs8(&der).ok_or(KeyError::Malformed)?;
                match info.algorithm {
                    der::OID_RSA => rsa_pair(info.key)?,
                    der::OID_EC => p384_pair(&der, info.curve.unwrap_or(Curve::Explicit))?,
                    other => return Err(unsupported(other)),
                }
            }
            Block::Spki(_) | Block::RsaPublic(_) => return Err(KeyError::PublicKey),
        };
        let public = match &pair {
            Pair::Rsa(pair) => PublicJwk::rsa(kid, pair.public_key().as_ref())?,
            Pair::P384(pair) => PublicJwk::p384(kid, pair.public_key().as_ref())?,
            Pair::Elsewhere(_) => return Err(KeyError::Elsewhere),
        };
        let key = Self { pair, public };
        key.sign(b"trial").ok_or(KeyError::Malformed)?;
        Ok(key)
    }

    /// The key of a signer.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with its public half.
    pub(super) fn of_signer(kid: &str, signer: &Arc<dyn Signer>, read: ReadFile<'_>) -> Result<Self, KeyError> {
        let (key, public) = SignerKey::check(kid, signer, read)?;
        Ok(Self {
            pair: Pair::Elsewhere(key),
            public,
        })
    }

    /// The signer that has it, where one has.
    pub(super) const fn elsewhere(&self) -> Option<&SignerKey> {
        match &self.pair {
            Pair::Elsewhere(key) => Some(key),
            Pair::Rsa(_) | Pair::P384(_) => None,
        }
    }

    pub(crate) fn kid(&self) -> &str {
        self.public.kid()
    }

    /// One of the two algorithms of SMART App Launch 2.2. The key decides which.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        match &self.pair {
            Pair::Rsa(_) => Algorithm::RS384,
            Pair::P384(_) => Algorithm::ES384,
            Pair::Elsewhere(key) => key.algorithm(),
        }
    }

    pub(crate) const fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// The signature as JWS wants it (RFC 7518): PKCS#1 v1.5 for RS384, `r` and `s` of 48 bytes each for ES384. `None` as well
    /// where somebody else has the key.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA384, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Pair::P384(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            Pair::Elsewhere(_) => None,
        }
    }
}

fn rsa_pair(der: &[u8]) -> Result<Pair, KeyError> {
    check_rsa_size(der::rsa_private_modulus(der).ok_or(KeyError::Malformed)?)?;
    rsa::KeyPair::from_der(der)
        .map(Pair::Rsa)
        .map_err(|_| KeyError::Malformed)
}

fn p384_pair(der: &[u8], curve: Curve) -> Result<Pair, KeyError> {
    if let Curve::Other(name) = curve {
        return Err(KeyError::Curve { name });
    }
    EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, der)
        .map(Pair::P384)
        .map_err(|_| match curve {
            Curve::Explicit => KeyError::Curve {
                name: "given by explicit parameters",
            },
            _ => KeyError::Malformed,
        })
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("alg", &self.algorithm())
            .finish_non_exhaustive()
    }
}
