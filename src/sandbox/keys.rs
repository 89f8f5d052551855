//! The keys that sign id tokens: RS256, made when first needed and shared by all sandboxes of the process.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::{
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, Header,
    jwk::{AlgorithmParameters, CommonParameters, Jwk, KeyAlgorithm, PublicKeyUse, RSAKeyParameters, RSAKeyType},
};
use serde_json::{Value, json};

use super::{
    jwt, random,
    settings::{KeyIds, KeyRotation},
};

struct SigningKey {
    private: KeyPair,
    public: Jwk,
    key_id: String,
}

/// Why there is no signature. Only a broken crypto library gets here.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox could not make or use its id token key")]
pub(super) struct KeyError;

/// Which of the process's keys a sandbox uses, by their numbers.
#[derive(Debug, Clone)]
pub(super) struct KeyRing {
    /// The one that signs.
    signing: usize,
    /// Those that are published.
    published: Vec<usize>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self {
            signing: 0,
            published: vec![0],
        }
    }
}

impl KeyRing {
    /// Signs with the next key from now on.
    pub(super) fn rotate(&mut self, rotation: KeyRotation) {
        self.signing += 1;
        if rotation == KeyRotation::DropOld {
            self.published.clear();
        }
        self.published.push(self.signing);
    }

    /// The public halves as a JWK Set, and `more` behind them as they are.
    pub(super) fn jwks(&self, key_ids: &KeyIds, more: &[Value]) -> Result<Value, KeyError> {
        let mut keys = Vec::new();
        for number in &self.published {
            let mut public = signing_key(*number)?.public.clone();
            if *key_ids == KeyIds::Absent {
                public.common.key_id = None;
            }
            keys.push(serde_json::to_value(&public).map_err(|_| KeyError)?);
        }
        keys.extend_from_slice(more);
        Ok(json!({ "keys": keys }))
    }

    /// An id token with these claims.
    pub(super) fn sign(&self, claims: &Value, key_ids: &KeyIds) -> Result<String, KeyError> {
        let key = signing_key(self.signing)?;
        let mut header = Header::new(Algorithm::RS256);
        header.kid = match key_ids {
            KeyIds::Published => Some(key.key_id.clone()),
            KeyIds::NotInTokens | KeyIds::Absent => None,
            KeyIds::InTokens(other) => Some(other.clone()),
        };
        jwt::sign(&key.private, &header, claims).ok_or(KeyError)
    }
}

/// Making a key takes a tenth of a second, so that each is made once.
fn signing_key(number: usize) -> Result<Arc<SigningKey>, KeyError> {
    static KEYS: Mutex<Vec<Arc<SigningKey>>> = Mutex::new(Vec::new());
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    while keys.len() <= number {
        keys.push(Arc::new(generate().ok_or(KeyError)?));
    }
    keys.get(number).cloned().ok_or(KeyError)
}

fn generate() -> Option<SigningKey> {
    let private = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let modulus = modulus(private.public_key().as_ref())?;
    let key_id = random::url_safe(8);
    let public = Jwk {
        common: CommonParameters {
            key_algorithm: Some(KeyAlgorithm::RS256),
            key_id: Some(key_id.clone()),
            public_key_use: Some(PublicKeyUse::Signature),
            ..CommonParameters::default()
        },
        algorithm: AlgorithmParameters::RSA(RSAKeyParameters {
            key_type: RSAKeyType::RSA,
            n: URL_SAFE_NO_PAD.encode(modulus),
            e: "AQAB".to_owned(),
        }),
    };
    Some(SigningKey {
        private,
        public,
        key_id,
    })
}

/// The modulus in the `RSAPublicKey` (RFC 8017) of a key of 2048 bits whose exponent is 65537: between the same bytes in
/// every such key.
fn modulus(der: &[u8]) -> Option<&[u8]> {
    let sequence_and_sign = [0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
    let exponent = [0x02, 0x03, 0x01, 0x00, 0x01];
    der.strip_prefix(&sequence_and_sign)?.strip_suffix(&exponent)
}
