//! An issuer: its keys, its tokens, and what is expected of them.

use std::{
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use serde_json::{Value, json};

use crate::{
    protocol::{
        id_token::{Expected, IdTokenClaims, IdTokenError, KeySet, NoncePolicy, OtherAudiences, verify},
        secret::{Nonce, RawIdToken},
    },
    time::Timestamp,
};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/keys/",
            $name,
            ".pem"
        ))
    };
}
pub(super) use fixture;

pub(super) const ISSUER: &str = "https://ehr.example/oauth2";
pub(super) const CLIENT: &str = "my-client";
pub(super) const NONCE: &str = "n-0S6_WzA2MjABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
pub(super) const BASE: &str = "https://ehr.example/fhir/r4";
/// Now, in seconds.
pub(super) const NOW: u64 = 1_760_000_000;

static SENT: LazyLock<Nonce> = LazyLock::new(|| Nonce::new(NONCE));

pub(crate) fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: Some(&SENT),
        nonce_policy: NoncePolicy::IfReturned,
        fhir_base_url: BASE,
        now: Timestamp::from_millis(NOW * 1000),
        clock_tolerance: Duration::from_secs(60),
        other_audiences: OtherAudiences::WithAuthorizedParty,
    }
}

/// A private key of the issuer, with the algorithm that it signs with.
pub(crate) struct Signer(Key);

enum Key {
    Jwt(EncodingKey, Algorithm),
    /// jsonwebtoken does not know ES512.
    P521(EcdsaKeyPair),
}

impl Signer {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let key = match algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_pem(fixture!("p256-pkcs8").as_bytes()),
            Algorithm::ES384 => EncodingKey::from_ec_pem(fixture!("p384-pkcs8").as_bytes()),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(fixture!("ed25519-pkcs8").as_bytes()),
            _ => EncodingKey::from_rsa_pem(fixture!("rsa2048-pkcs8").as_bytes()),
        };
        Self(Key::Jwt(key.unwrap(), algorithm))
    }

    pub(super) fn es512() -> Self {
        let der = pem::parse(fixture!("p521-pkcs8")).unwrap();
        Self(Key::P521(
            EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, der.contents()).unwrap(),
        ))
    }

    /// With a shared key.
    pub(super) fn hmac(secret: &[u8], algorithm: Algorithm) -> Self {
        Self(Key::Jwt(EncodingKey::from_secret(secret), algorithm))
    }

    /// RS256 with another RSA key than all the others.
    pub(super) fn other_rsa() -> Self {
        static PEM: OnceLock<String> = OnceLock::new();
        let pem = PEM.get_or_init(|| {
            let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
            pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref().to_vec()))
        });
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        Self(Key::Jwt(key, Algorithm::RS256))
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    pub(super) fn sign_text(&self, header: &str, claims: &str) -> String {
        self.sign_parts(&encode(header), &encode(claims))
    }

    pub(super) fn sign_parts(&self, header: &str, claims: &str) -> String {
        let signed = format!("{header}.{claims}");
        let signature = match &self.0 {
            Key::Jwt(key, algorithm) => jsonwebtoken::crypto::sign(signed.as_bytes(), key, *algorithm).unwrap(),
            Key::P521(key) => encode(key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap()),
        };
        format!("{signed}.{signature}")
    }

    /// The public half, with every member that an EHR may write.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match &self.0 {
            Key::Jwt(key, algorithm) => serde_json::to_value(Jwk::from_encoding_key(key, *algorithm).unwrap()).unwrap(),
            Key::P521(key) => {
                // An uncompressed point: 4, then both coordinates.
                let (x, y) = key.public_key().as_ref()[1..].split_at(66);
                json!({ "kty": "EC", "crv": "P-521", "alg": "ES512", "x": encode(x), "y": encode(y) })
            }
        };
        for (name, value) in [
            ("kid", json!(kid)),
            ("use", json!("sig")),
            ("key_ops", json!(["verify"])),
        ] {
            jwk[name] = value;
        }
        jwk
    }
}

pub(super) fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

pub(crate) fn header() -> Value {
    json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" })
}

/// Every claim that is looked at.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": CLIENT,
        "azp": CLIENT,
        "exp": NOW + 300,
        "iat": NOW,
        "nbf": NOW,
        "nonce": NONCE,
        "sub": "user-1",
        "auth_time": NOW - 100,
        "at_hash": "not-checked",
        "fhirUser": "Practitioner/123",
        "name": "Dr. Ada Example",
    })
}

/// The claims with one changed; `null` takes it out.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    with(claims(), name, value)
}

pub(super) fn with(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    object
}

pub(super) fn key_set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// So many RSA keys, none of which anybody has signed with. For a number the key is always the same one.
pub(crate) fn strangers(numbers: std::ops::Range<u8>) -> Vec<Value> {
    let stranger = |number| {
        let mut n = [0xff; 256];
        n[1] = number;
        json!({ "kty": "RSA", "use": "sig", "e": "AQAB", "n": encode(n) })
    };
    numbers.map(stranger).collect()
}

pub(super) fn nameless(key: Value) -> Value {
    with(key, "kid", Value::Null)
}

/// RS256, `kid` is `k1`.
pub(crate) fn rs256() -> Signer {
    Signer::new(Algorithm::RS256)
}

/// An RSA key of 1,024 bits.
pub(super) fn weak_rsa(kid: &str) -> Value {
    with(rs256().jwk(kid), "n", json!(encode([0xff; 128])))
}

pub(super) fn keys() -> KeySet {
    key_set(&[rs256().jwk("k1")])
}

pub(super) fn verified(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<IdTokenClaims, IdTokenError> {
    verify(&RawIdToken::new(token), keys, expected)
}

/// What is wrong with a token of these claims, with a good header and signature.
pub(super) fn refused_claims(claims: &Value) -> IdTokenError {
    refused_with(claims, &expected())
}

pub(super) fn refused_with(claims: &Value, expected: &Expected<'_>) -> IdTokenError {
    verified(&rs256().sign(&header(), claims), &keys(), expected).unwrap_err()
}

/// What a token of these claims says, with a good header and signature.
pub(super) fn accepted(claims: &Value) -> IdTokenClaims {
    accepted_with(claims, &expected())
}

pub(super) fn accepted_with(claims: &Value, expected: &Expected<'_>) -> IdTokenClaims {
    verified(&rs256().sign(&header(), claims), &keys(), expected).unwrap()
}

pub(super) fn p384_with_leading_zero() -> String {
    pkcs8_of(fixture!("p384-x-starts-with-zero"))
}

/// From SEC1, which the signing library does not read.
fn pkcs8_of(sec1: &str) -> String {
    use aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    let der = pem::parse(sec1).unwrap().into_contents();
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, &der).unwrap();
    let pkcs8 = pair.to_pkcs8v1().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.as_ref().to_vec()))
}
