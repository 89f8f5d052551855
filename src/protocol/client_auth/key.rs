//! A private key that signs: [`SigningKey`], parsed once.

use std::fmt;

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
};

/// A private key that has signed once already, so that it will again. It is in the memory of AWS-LC, which wipes what it
/// frees.
pub(crate) struct SigningKey {
    pair: Pair,
    public: PublicJwk,
}

enum Pair {
    Rsa(rsa::KeyPair),
    P384(EcdsaKeyPair),
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
        };
        let key = Self { pair, public };
        key.sign(b"trial").ok_or(KeyError::Malformed)?;
        Ok(key)
    }

    pub(crate) fn kid(&self) -> &str {
        self.public.kid()
    }

    /// One of the two algorithms of SMART App Launch 2.2. The key decides which.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::RS384,
            Pair::P384(_) => Algorithm::ES384,
        }
    }

    pub(crate) const fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// The signature as JWS wants it (RFC 7518): PKCS#1 v1.5 for RS384, `r` and `s` of 48 bytes each for ES384.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA384, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Pair::P384(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
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
