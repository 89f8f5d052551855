//! Keys of an issuer, and what they sign.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use serde_json::{Map, Value, json};

use crate::support::{PRIVATE_KEY, RSA_KEY};

/// A private key, with the algorithm that it signs with.
pub(crate) struct Signer {
    key: Key,
    public: Map<String, Value>,
}

enum Key {
    Jwt(EncodingKey, Algorithm),
    /// jsonwebtoken does not know ES512.
    P521(EcdsaKeyPair),
}

pub(crate) static RS256: LazyLock<Signer> = LazyLock::new(|| Signer::rsa(RSA_KEY, Algorithm::RS256));
pub(super) static ES256: LazyLock<Signer> = LazyLock::new(|| Signer::curve(P256_KEY, Algorithm::ES256));
pub(super) static ES384: LazyLock<Signer> = LazyLock::new(|| Signer::curve(PRIVATE_KEY, Algorithm::ES384));
pub(super) static ED25519: LazyLock<Signer> = LazyLock::new(Signer::ed25519);

const OTHER_RSA_KEY: &str = include_str!("../../fixtures/keys/rsa2048-other-pkcs8.pem");
const P256_KEY: &str = include_str!("../../fixtures/keys/p256-pkcs8.pem");
const P521_KEY: &str = include_str!("../../fixtures/keys/p521-pkcs8.pem");
const ED25519_KEY: &[u8] = include_bytes!("../../fixtures/keys/ed25519-pkcs8.pem");

impl Signer {
    /// By the name of an algorithm.
    pub(crate) fn of_algorithm(name: &str) -> Self {
        match name {
            "ES512" => Self::p521(),
            "EdDSA" => Self::ed25519(),
            "ES256" => Self::curve(P256_KEY, Algorithm::ES256),
            "ES384" => Self::curve(PRIVATE_KEY, Algorithm::ES384),
            rsa => Self::rsa(RSA_KEY, rsa.parse().unwrap()),
        }
    }

    /// By the name that the files of the cases use. `rsa` signs, `other rsa` signs nothing.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "rsa" => Self::of_algorithm("RS256"),
            "other rsa" => Self::rsa(OTHER_RSA_KEY, Algorithm::RS256),
            "p256" => Self::of_algorithm("ES256"),
            "p384" => Self::of_algorithm("ES384"),
            "p521" => Self::p521(),
            "ed25519" => Self::ed25519(),
            other => panic!("no such key: {other}"),
        }
    }

    fn rsa(pem: &str, algorithm: Algorithm) -> Self {
        Self::new(EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), algorithm)
    }

    fn curve(pem: &str, algorithm: Algorithm) -> Self {
        Self::new(EncodingKey::from_ec_pem(pem.as_bytes()).unwrap(), algorithm)
    }

    fn ed25519() -> Self {
        Self::new(EncodingKey::from_ed_pem(ED25519_KEY).unwrap(), Algorithm::EdDSA)
    }

    fn p521() -> Self {
        let der = pem::parse(P521_KEY).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, der.contents()).unwrap();
        // An uncompressed point: 4, then both coordinates.
        let (x, y) = key.public_key().as_ref()[1..].split_at(66);
        let public = json!({ "kty": "EC", "crv": "P-521", "x": encode(x), "y": encode(y) });
        Self {
            public: object(public),
            key: Key::P521(key),
        }
    }

    fn new(key: EncodingKey, algorithm: Algorithm) -> Self {
        // Another crate of the process may bring a second crypto backend, and then one has to be chosen.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let public = Jwk::from_encoding_key(&key, algorithm).unwrap();
        Self {
            key: Key::Jwt(key, algorithm),
            public: object(serde_json::to_value(public).unwrap()),
        }
    }

    /// A compact JWS of these texts, whatever they are.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = match &self.key {
            Key::Jwt(key, algorithm) => jsonwebtoken::crypto::sign(signed.as_bytes(), key, *algorithm).unwrap(),
            Key::P521(key) => encode(key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap()),
        };
        format!("{signed}.{signature}")
    }

    /// The public half, with every member that an EHR may write.
    pub(crate) fn jwk(&self, kid: &str) -> Map<String, Value> {
        let mut jwk = self.public.clone();
        jwk.insert("kid".to_owned(), json!(kid));
        jwk.insert("use".to_owned(), json!("sig"));
        jwk.insert("key_ops".to_owned(), json!(["verify"]));
        jwk
    }

    /// The public half, with the numbers and nothing else.
    pub(crate) fn bare_jwk(&self) -> Map<String, Value> {
        let mut jwk = self.public.clone();
        jwk.retain(|name, _| matches!(name.as_str(), "kty" | "crv" | "n" | "e" | "x" | "y"));
        jwk
    }
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}
