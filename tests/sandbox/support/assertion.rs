//! Client assertions, and the keys that sign them.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use actix_smart_auth::{
    sandbox::SandboxServer,
    time::{Clock, ManualClock},
};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Map, Value, json};

use super::{ASSERTION_TYPE, Answer, CLIENT, Form, Kind, refresh};

fn rsa_key() -> &'static EncodingKey {
    static KEY: OnceLock<EncodingKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref().to_vec()));
        EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
    })
}

fn ec_key() -> &'static EncodingKey {
    static KEY: OnceLock<EncodingKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        EncodingKey::from_ec_der(pkcs8.as_ref())
    })
}

/// The test client's public keys: `rsa` and `ec`.
pub(crate) fn jwks() -> Value {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let key = |key: &EncodingKey, algorithm, kid: &str| {
        let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        serde_json::to_value(jwk).unwrap()
    };
    json!({"keys": [key(rsa_key(), Algorithm::RS384, "rsa"), key(ec_key(), Algorithm::ES384, "ec")]})
}

/// A client assertion that a test can spoil.
#[derive(Debug, Clone)]
pub(crate) struct Assertion {
    pub(crate) kind: Kind,
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
}

impl Assertion {
    pub(crate) fn new(kind: Kind, sandbox: &SandboxServer, clock: &ManualClock) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let (algorithm, kid) = match kind {
            Kind::Ec => (Algorithm::ES384, "ec"),
            _ => (Algorithm::RS384, "rsa"),
        };
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        let claims = json!({
            "iss": CLIENT,
            "sub": CLIENT,
            "aud": sandbox.token_endpoint(),
            "exp": clock.now().as_secs() + 240,
            "jti": format!("jti-{}", COUNTER.fetch_add(1, Ordering::SeqCst)),
        });
        Self {
            kind,
            header,
            claims: claims.as_object().unwrap().clone(),
        }
    }

    /// Sets a claim; `null` removes it.
    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims.remove(name);
        if !value.is_null() {
            self.claims.insert(name.to_owned(), value);
        }
        self
    }

    pub(crate) fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    pub(crate) fn sign(&self) -> String {
        let key = match self.kind {
            Kind::Ec => ec_key(),
            _ => rsa_key(),
        };
        jsonwebtoken::encode(&self.header, &self.claims, key).unwrap()
    }

    pub(crate) fn attach(&self, form: &Form) -> Form {
        form.clone()
            .with("client_assertion_type", ASSERTION_TYPE)
            .with("client_assertion", &self.sign())
    }
}

/// Sends a refresh with that assertion: an accepted one gets as far as `invalid_grant`.
pub(crate) async fn outcome(sandbox: &SandboxServer, assertion: &Assertion) -> Answer {
    assertion
        .attach(&refresh("unknown"))
        .post(&sandbox.token_endpoint(), &[])
        .await
}
