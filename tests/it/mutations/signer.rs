//! Keys of an issuer, and what they sign.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use serde_json::{Map, Value, json};

use crate::support::{PRIVATE_KEY, RSA_KEY};

/// A private key, with the algorithm that it signs with.
pub(super) struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    public: Map<String, Value>,
}

pub(super) static RS256: LazyLock<Signer> = LazyLock::new(|| Signer::rsa(RSA_KEY));
pub(super) static ES256: LazyLock<Signer> = LazyLock::new(|| Signer::curve(P256_KEY, Algorithm::ES256));
pub(super) static ES384: LazyLock<Signer> = LazyLock::new(|| Signer::curve(PRIVATE_KEY, Algorithm::ES384));
pub(super) static ED25519: LazyLock<Signer> = LazyLock::new(Signer::ed25519);

const P256_KEY: &str = include_str!("../../fixtures/keys/p256-pkcs8.pem");
const ED25519_KEY: &[u8] = include_bytes!("../../fixtures/keys/ed25519-pkcs8.pem");

impl Signer {
    fn rsa(pem: &str) -> Self {
        Self::new(EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), Algorithm::RS256)
    }

    fn curve(pem: &str, algorithm: Algorithm) -> Self {
        Self::new(EncodingKey::from_ec_pem(pem.as_bytes()).unwrap(), algorithm)
    }

    fn ed25519() -> Self {
        Self::new(EncodingKey::from_ed_pem(ED25519_KEY).unwrap(), Algorithm::EdDSA)
    }

    fn new(key: EncodingKey, algorithm: Algorithm) -> Self {
        // Another crate of the process may bring a second crypto backend, and then one has to be chosen.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let public = Jwk::from_encoding_key(&key, algorithm).unwrap();
        let Value::Object(public) = serde_json::to_value(public).unwrap() else {
            panic!("a key is an object")
        };
        Self { key, algorithm, public }
    }

    /// A compact JWS of these texts, whatever they are.
    pub(super) fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{signed}.{signature}")
    }

    /// The public half, with every member that an EHR may write.
    pub(super) fn jwk(&self, kid: &str) -> Map<String, Value> {
        let mut jwk = self.public.clone();
        jwk.insert("kid".to_owned(), json!(kid));
        jwk.insert("use".to_owned(), json!("sig"));
        jwk.insert("key_ops".to_owned(), json!(["verify"]));
        jwk
    }
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
