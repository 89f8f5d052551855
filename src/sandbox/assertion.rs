//! Client assertions (`client-confidential-asymmetric`, RFC 7523): a JWT signed by the client, good for one request.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, jwk::Jwk};
use serde_json::{Map, Value};

use crate::time::Timestamp;

use super::{client::Jwks, jwt::VerifyingKey};

/// An assertion may not reach further into the future than that.
const LONGEST_LIFE: u64 = 300;
/// A key set of a client that is larger than this is not read.
const LARGEST_KEY_SET: usize = 1 << 20;
const FETCH_LIMIT: Duration = Duration::from_secs(5);

/// What is wrong with an assertion.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the assertion is not a signed JWT")]
    Malformed,
    #[error("the header typ has to be JWT")]
    Type,
    #[error("the header alg has to be RS384 or ES384")]
    Algorithm,
    #[error("the header kid is missing")]
    NoKeyId,
    #[error("the header jku is not the registered JWKS URL")]
    KeySetUrl,
    #[error("the JWKS could not be read from {url}: {reason}")]
    Fetch { url: String, reason: String },
    #[error("the JWKS has no member keys")]
    NoKeys,
    #[error("{count} keys of the JWKS have the kid and kty of the assertion; it has to be exactly one")]
    KeyCount { count: usize },
    #[error("the JWKS publishes a private key: take it out and make a new one")]
    PrivateKey,
    #[error("the key does not fit: {0}")]
    Key(&'static str),
    #[error("the signature is wrong")]
    Signature,
    #[error("the claim {0} is missing or has the wrong type")]
    Claim(&'static str),
    #[error("iss and sub have to be the client id")]
    Subject,
    #[error("aud has to be the token endpoint's URL, as one string")]
    Audience,
    #[error("the assertion has expired")]
    Expired,
    #[error("exp is more than 300 seconds ahead")]
    TooLong,
    #[error("the assertion is not valid yet")]
    NotYet,
}

/// A JWT taken apart, not checked.
pub(super) struct Unverified<'a> {
    jwt: &'a str,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

fn decode_part(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(jwt: &'a str) -> Result<Self, Refusal> {
        let mut parts = jwt.split('.');
        let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        Ok(Self {
            jwt,
            header: decode_part(header).ok_or(Refusal::Malformed)?,
            claims: decode_part(claims).ok_or(Refusal::Malformed)?,
        })
    }

    /// Whose keys to look at.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    pub(super) fn algorithm(&self) -> Option<&str> {
        self.header_text("alg")
    }

    fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    fn claim_text(&self, name: &'static str) -> Result<&str, Refusal> {
        self.claims
            .get(name)
            .and_then(Value::as_str)
            .ok_or(Refusal::Claim(name))
    }

    /// Checks everything but the replay, and returns the `jti` for that.
    pub(super) fn verify(
        &self,
        client_id: &str,
        registered: &Jwks,
        keys: &[Value],
        audiences: &[String],
        now: Timestamp,
    ) -> Result<String, Refusal> {
        if self.header_text("typ") != Some("JWT") {
            return Err(Refusal::Type);
        }
        let (algorithm, family) = match self.header_text("alg") {
            Some("RS384") => (Algorithm::RS384, "RSA"),
            Some("ES384") => (Algorithm::ES384, "EC"),
            _ => return Err(Refusal::Algorithm),
        };
        let key_id = self.header_text("kid").ok_or(Refusal::NoKeyId)?;
        if let Some(stated) = self.header.get("jku") {
            let Jwks::Url(url) = registered else {
                return Err(Refusal::KeySetUrl);
            };
            if stated.as_str() != Some(url) {
                return Err(Refusal::KeySetUrl);
            }
        }
        let key = usable_key(keys, key_id, family, algorithm)?;
        if !key.verifies(self.jwt, algorithm) {
            return Err(Refusal::Signature);
        }
        self.check_claims(client_id, audiences, now)
    }

    fn check_claims(&self, client_id: &str, audiences: &[String], now: Timestamp) -> Result<String, Refusal> {
        if self.claim_text("iss")? != client_id || self.claim_text("sub")? != client_id {
            return Err(Refusal::Subject);
        }
        let audience = self.claims.get("aud").and_then(Value::as_str);
        if !audiences.iter().any(|allowed| audience == Some(allowed)) {
            return Err(Refusal::Audience);
        }
        let expires = self
            .claims
            .get("exp")
            .and_then(Value::as_u64)
            .ok_or(Refusal::Claim("exp"))?;
        if expires <= now.as_secs() {
            return Err(Refusal::Expired);
        }
        if expires > now.as_secs() + LONGEST_LIFE {
            return Err(Refusal::TooLong);
        }
        for name in ["nbf", "iat"] {
            match self.claims.get(name) {
                None => {}
                Some(value) if value.as_u64().ok_or(Refusal::Claim(name))? > now.as_secs() => {
                    return Err(Refusal::NotYet);
                }
                Some(_) => {}
            }
        }
        match self.claim_text("jti")? {
            "" => Err(Refusal::Claim("jti")),
            jti => Ok(jti.to_owned()),
        }
    }
}

fn usable_key(keys: &[Value], key_id: &str, family: &str, algorithm: Algorithm) -> Result<VerifyingKey, Refusal> {
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
    if keys.iter().any(|key| key.get("d").is_some()) {
        return Err(Refusal::PrivateKey);
    }
    let matching: Vec<&Value> = keys
        .iter()
        .filter(|key| text(key, "kid").as_deref() == Some(key_id) && text(key, "kty").as_deref() == Some(family))
        .collect();
    let [key] = matching.as_slice() else {
        return Err(Refusal::KeyCount { count: matching.len() });
    };
    if text(key, "use").is_some_and(|purpose| purpose != "sig") {
        return Err(Refusal::Key("its use is not sig"));
    }
    if text(key, "alg").is_some_and(|alg| alg != format!("{algorithm:?}")) {
        return Err(Refusal::Key("its alg is not the one in the header"));
    }
    if algorithm == Algorithm::ES384 && text(key, "crv").as_deref() != Some("P-384") {
        return Err(Refusal::Key("its curve is not P-384"));
    }
    let modulus = || {
        URL_SAFE_NO_PAD
            .decode(text(key, "n").unwrap_or_default())
            .unwrap_or_default()
    };
    if algorithm == Algorithm::RS384 && modulus().len() < 256 {
        return Err(Refusal::Key("it has less than 2048 bits"));
    }
    let jwk: Jwk = serde_json::from_value((*key).clone()).map_err(|_| Refusal::Key("it is not a JWK"))?;
    VerifyingKey::of(&jwk).ok_or(Refusal::Key("it is not a JWK"))
}

/// The registered keys, fetched if they are registered by URL.
pub(super) async fn key_set(jwks: &Jwks) -> Result<Vec<Value>, Refusal> {
    let document = match jwks {
        Jwks::Value(document) => document.clone(),
        Jwks::Url(url) => fetch(url).await.map_err(|reason| Refusal::Fetch {
            url: url.clone(),
            reason,
        })?,
    };
    let keys = document.get("keys").and_then(Value::as_array).cloned();
    keys.ok_or(Refusal::NoKeys)
}

async fn fetch(url: &str) -> Result<Value, String> {
    let whole = async {
        let mut response = http_client()?
            .get(url)
            .insert_header(("accept", "application/json"))
            .no_decompress()
            .send()
            .await
            .map_err(|error| error.to_string())?;
        if response.status() != 200 {
            return Err(format!("the answer was {}", response.status()));
        }
        let body = response
            .body()
            .limit(LARGEST_KEY_SET)
            .await
            .map_err(|error| error.to_string())?;
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    };
    match actix_web::rt::time::timeout(FETCH_LIMIT, whole).await {
        Ok(result) => result,
        Err(_) => Err("no answer within 5 seconds".to_owned()),
    }
}

fn http_client() -> Result<awc::Client, String> {
    // awc builds a default connector first, which panics in a process with two TLS providers and no choice made.
    let provider = rustls::crypto::CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| {
            let ours = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            ours
        });
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(awc::Client::builder()
        .connector(awc::Connector::new().rustls_0_23(Arc::new(tls)))
        .disable_redirects()
        .timeout(FETCH_LIMIT)
        .finish())
}
