//! The key that signs id tokens: RS256, made once per process when it is first needed.

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::Value;

use super::random;

struct SigningKey {
    private: EncodingKey,
    public: Jwk,
    key_id: String,
}

/// Why there is no signature. Only a broken crypto library gets here.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox could not make or use its id token key")]
pub(super) struct KeyError;

/// The other crates of a process may bring a second crypto backend, and then jsonwebtoken panics unless one was chosen.
pub(super) fn choose_crypto_provider() {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

fn signing_key() -> Result<&'static SigningKey, KeyError> {
    static KEY: OnceLock<Option<SigningKey>> = OnceLock::new();
    KEY.get_or_init(generate).as_ref().ok_or(KeyError)
}

fn generate() -> Option<SigningKey> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?;
    let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref().to_vec()));
    let private = EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?;
    let key_id = random::url_safe(8);
    let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256).ok()?;
    public.common.key_id = Some(key_id.clone());
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    Some(SigningKey {
        private,
        public,
        key_id,
    })
}

/// The public half as a JWK Set.
pub(super) fn jwks() -> Result<Value, KeyError> {
    let key = serde_json::to_value(&signing_key()?.public).map_err(|_| KeyError)?;
    Ok(serde_json::json!({ "keys": [key] }))
}

/// An id token with these claims.
pub(super) fn sign(claims: &Value) -> Result<String, KeyError> {
    let key = signing_key()?;
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(key.key_id.clone());
    jsonwebtoken::encode(&header, claims, &key.private).map_err(|_| KeyError)
}
