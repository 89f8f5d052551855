//! Client assertions (`client-confidential-asymmetric`, RFC 7523): a JWT signed by the client, good for one request.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, jwk::Jwk};
use serde_json::{Map, Value};

use crate::time::Timestamp;

use super::{StrictCheck, client::Jwks, jwt::VerifyingKey, state::Shared, strictness::StrictChecks};

/// An assertion may not reach further into the future than that.
const LONGEST_LIFE: u64 = 300;
/// A key set of a client that is larger than this is not read.
const LARGEST_KEY_SET: usize = 1 << 20;
/// In bytes.
const ES384_SIGNATURE: usize = 96;
const FETCH_LIMIT: Duration = Duration::from_secs(5);

/// What is wrong with an assertion.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the assertion is not a signed JWT")]
    Malformed,
    #[error("{0}")]
    Strict(String),
    #[error("the header typ has to be JWT")]
    Type,
    #[error("the header crit names extensions, and this server knows none (RFC 7515, section 4.1.11)")]
    Critical,
    #[error("the header alg has to be RS384 or ES384")]
    Algorithm,
    #[error("the header kid is missing")]
    NoKeyId,
    #[error("the header jku has to be the registered JWKS URL, {registered}")]
    KeySetUrl { registered: String },
    #[error("the header jku does not belong here: the keys of this client are registered by value")]
    KeySetUrlOfValue,
    #[error("the JWKS could not be read from {url}: {reason}")]
    Fetch { url: String, reason: String },
    #[error("the JWKS has no member keys")]
    NoKeys,
    #[error("{count} keys of the JWKS have the kid {key_id} and the kty {family}; it has to be exactly one")]
    KeyCount {
        count: usize,
        key_id: String,
        family: &'static str,
    },
    #[error("the JWKS publishes a private or secret key: take it out and make a new one")]
    PrivateKey,
    #[error("the key does not fit: {0}")]
    Key(&'static str),
    #[error(
        "the signature has {bytes} bytes; of ES384 it has 96, r and s one after the other, not in DER (RFC 7518, section 3.4)"
    )]
    SignatureLength { bytes: usize },
    #[error("the signature is wrong: it is not that of the published key {key_id}")]
    Signature { key_id: String },
    #[error("the claim {0} has to be a text that is not empty")]
    Text(&'static str),
    #[error("the claim {0} has to be a whole number of seconds since 1970")]
    Seconds(&'static str),
    #[error("iss and sub have to be the client id, {client_id}")]
    Subject { client_id: String },
    #[error("aud has to be the token endpoint's URL, {token_endpoint}")]
    Audience { token_endpoint: String },
    #[error("the assertion has expired: exp is {expires}, and the time of this server is {now}")]
    Expired { expires: u64, now: u64 },
    #[error("exp is {ahead} seconds ahead; 300 are allowed")]
    TooLong { ahead: u64 },
    #[error("the claim {name} is {ahead} s in the future: the time of this server is {now}")]
    NotYet { name: &'static str, ahead: u64, now: u64 },
}

/// What an assertion has to meet.
pub(super) struct Rules {
    token_endpoint: String,
    /// To which endpoint the request was sent.
    endpoint: String,
    /// What else `aud` may be where that is not looked at narrowly.
    issuer: String,
    strict: StrictChecks,
    now: Timestamp,
}

/// What is kept of an assertion, so that it works once.
pub(super) struct Accepted {
    pub(super) jti: String,
    pub(super) expires: Timestamp,
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
    pub(super) fn issuer(&self) -> Result<&str, Refusal> {
        self.claim_text("iss")
    }

    pub(super) fn algorithm(&self) -> Option<&str> {
        self.header_text("alg")
    }

    fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    fn signature_length(&self) -> usize {
        let (_, signature) = self.jwt.rsplit_once('.').unwrap_or_default();
        URL_SAFE_NO_PAD.decode(signature).map_or(0, |bytes| bytes.len())
    }

    fn claim_text(&self, name: &'static str) -> Result<&str, Refusal> {
        self.claims
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .ok_or(Refusal::Text(name))
    }

    fn claim_seconds(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let seconds = |value: &Value| value.as_u64().ok_or(Refusal::Seconds(name));
        self.claims.get(name).map(seconds).transpose()
    }

    /// Checks everything but the replay.
    pub(super) fn verify(
        &self,
        client_id: &str,
        registered: &Jwks,
        keys: &[Value],
        rules: &Rules,
    ) -> Result<Accepted, Refusal> {
        let is_exact = self.header_text("typ") == Some("JWT");
        rules.demand(StrictCheck::AssertionType, is_exact, "the header typ has to be JWT")?;
        // Without a type it is one all the same (RFC 7519, section 5.1).
        if self.header.contains_key("typ")
            && !self
                .header_text("typ")
                .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))
        {
            return Err(Refusal::Type);
        }
        if self.header.contains_key("crit") {
            return Err(Refusal::Critical);
        }
        let (algorithm, family) = match self.header_text("alg") {
            Some("RS384") => (Algorithm::RS384, "RSA"),
            Some("ES384") => (Algorithm::ES384, "EC"),
            _ => return Err(Refusal::Algorithm),
        };
        let key_id = self.header_text("kid").ok_or(Refusal::NoKeyId)?;
        if let Some(stated) = self.header.get("jku") {
            let Jwks::Url(url) = registered else {
                return Err(Refusal::KeySetUrlOfValue);
            };
            if stated.as_str() != Some(url) {
                let registered = url.clone();
                return Err(Refusal::KeySetUrl { registered });
            }
        }
        let key = usable_key(keys, key_id, family, algorithm)?;
        let bytes = self.signature_length();
        if algorithm == Algorithm::ES384 && bytes != ES384_SIGNATURE {
            return Err(Refusal::SignatureLength { bytes });
        }
        if !key.verifies(self.jwt, algorithm) {
            let key_id = key_id.to_owned();
            return Err(Refusal::Signature { key_id });
        }
        self.check_claims(client_id, rules)
    }

    fn check_claims(&self, client_id: &str, rules: &Rules) -> Result<Accepted, Refusal> {
        if self.claim_text("iss")? != client_id || self.claim_text("sub")? != client_id {
            let client_id = client_id.to_owned();
            return Err(Refusal::Subject { client_id });
        }
        self.check_audience(rules)?;
        let now = rules.now.as_secs();
        let expires = self.claim_seconds("exp")?.ok_or(Refusal::Seconds("exp"))?;
        let ahead = expires.saturating_sub(now);
        if ahead == 0 {
            return Err(Refusal::Expired { expires, now });
        }
        if ahead > LONGEST_LIFE {
            return Err(Refusal::TooLong { ahead });
        }
        for name in ["nbf", "iat"] {
            let ahead = self.claim_seconds(name)?.unwrap_or(now).saturating_sub(now);
            if ahead > 0 {
                return Err(Refusal::NotYet { name, ahead, now });
            }
        }
        let issued = self.claim_seconds("iat")?;
        let is_fresh = issued.is_none_or(|issued| issued.saturating_add(LONGEST_LIFE) >= now);
        rules.demand(StrictCheck::AssertionAge, is_fresh, "iat is more than 300 seconds ago")?;
        Ok(Accepted {
            jti: self.claim_text("jti")?.to_owned(),
            expires: Timestamp::from_millis(expires.saturating_mul(1000)),
        })
    }

    fn check_audience(&self, rules: &Rules) -> Result<(), Refusal> {
        let claim = self.claims.get("aud");
        let is_endpoint = |aud: &Value| *aud == *rules.token_endpoint || *aud == *rules.endpoint;
        let names_us = |aud: &Value| is_endpoint(aud) || *aud == rules.issuer.as_str();
        let is_exact = claim.is_some_and(is_endpoint);
        let is_usual = match claim {
            Some(Value::Array(several)) => several.iter().any(names_us),
            Some(one) => names_us(one),
            None => false,
        };
        let token_endpoint = rules.token_endpoint.clone();
        let why = format!("aud has to be the token endpoint's URL, {token_endpoint}, as one text");
        match (is_exact, is_usual) {
            (true, _) => Ok(()),
            (false, true) => rules.demand(StrictCheck::AssertionAudience, false, &why),
            (false, false) => Err(Refusal::Audience { token_endpoint }),
        }
    }
}

impl Rules {
    /// `endpoint`: to which the request was sent.
    pub(super) fn at(shared: &Shared, endpoint: &str) -> Self {
        Self {
            token_endpoint: shared.token_endpoint(),
            endpoint: endpoint.to_owned(),
            issuer: shared.fhir_base(),
            strict: shared.state().settings.strict.clone(),
            now: shared.now(),
        }
    }

    fn demand(&self, check: StrictCheck, is_met: bool, why: &str) -> Result<(), Refusal> {
        self.strict.demand(check, is_met, why).map_err(Refusal::Strict)
    }
}

fn usable_key(
    keys: &[Value],
    key_id: &str,
    family: &'static str,
    algorithm: Algorithm,
) -> Result<VerifyingKey, Refusal> {
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
    if keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
        return Err(Refusal::PrivateKey);
    }
    let matching: Vec<&Value> = keys
        .iter()
        .filter(|key| text(key, "kid").as_deref() == Some(key_id) && text(key, "kty").as_deref() == Some(family))
        .collect();
    let [key] = matching.as_slice() else {
        return Err(Refusal::KeyCount {
            count: matching.len(),
            key_id: key_id.to_owned(),
            family,
        });
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
        .disable_timeout()
        .finish())
}
