//! Signed JWTs: jsonwebtoken's types, and the signatures of aws-lc-rs itself.
//!
//! jsonwebtoken signs and verifies with a backend that counts for the whole process. An application chooses it for its
//! own JWTs, so a sandbox in that process needs none and sets none.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{
        ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, Header,
    jwk::{AlgorithmParameters, Jwk},
};
use serde::Serialize;
use serde_json::Value;

/// A JWT with an RS256 signature.
pub(super) fn sign(key: &KeyPair, header: &Header, claims: &Value) -> Option<String> {
    let signed = format!("{}.{}", encode(header)?, encode(claims)?);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .ok()?;
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn encode(part: &impl Serialize) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).ok()?))
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// The numbers of a client's public key.
pub(super) enum VerifyingKey {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    /// An uncompressed point.
    P384(Vec<u8>),
}

impl VerifyingKey {
    /// `None` when the numbers are not base64url, or the key is neither RSA nor EC.
    pub(super) fn of(jwk: &Jwk) -> Option<Self> {
        match &jwk.algorithm {
            AlgorithmParameters::RSA(key) => Some(Self::Rsa(RsaPublicKeyComponents {
                n: decode(&key.n)?,
                e: decode(&key.e)?,
            })),
            AlgorithmParameters::EllipticCurve(key) => {
                Some(Self::P384([vec![4], decode(&key.x)?, decode(&key.y)?].concat()))
            }
            _ => None,
        }
    }

    /// Whether the JWT has a well-formed header with this algorithm, and this key's signature.
    pub(super) fn verifies(&self, jwt: &str, algorithm: Algorithm) -> bool {
        let Some((signed, signature)) = jwt.rsplit_once('.') else {
            return false;
        };
        let Some(signature) = decode(signature) else {
            return false;
        };
        let header = signed.split_once('.').and_then(|(header, _)| decode(header));
        let header = header.and_then(|json| serde_json::from_slice::<Header>(&json).ok());
        if header.is_none_or(|header| header.alg != algorithm) {
            return false;
        }
        match (self, algorithm) {
            (Self::Rsa(key), Algorithm::RS384) => key
                .verify(&RSA_PKCS1_2048_8192_SHA384, signed.as_bytes(), &signature)
                .is_ok(),
            (Self::P384(point), Algorithm::ES384) => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
                .verify(signed.as_bytes(), &signature)
                .is_ok(),
            _ => false,
        }
    }
}
