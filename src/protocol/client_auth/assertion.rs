//! The signed JWT that authenticates one token request (RFC 7523; SMART App Launch 2.2, Client Authentication:
//! Asymmetric).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Header;
use rand::CryptoRng;
use serde::Serialize;

use super::key::SigningKey;
use crate::time::Timestamp;

/// The value of `client_assertion_type`.
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// No `iat` and no `nbf`: they are not asked for, and a server whose clock is behind refuses them.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    jti: String,
}

/// What an assertion says, but for its time and its number.
pub(crate) struct AssertionFor<'a> {
    pub(crate) client_id: &'a str,
    /// Compared byte for byte by servers, so it is the text as it was received.
    pub(crate) audience: &'a str,
    pub(crate) jku: Option<&'a str>,
    pub(crate) lifetime: Duration,
}

/// Makes a new assertion, but for the signature. Never use one twice: servers remember each `jti`.
pub(crate) fn unsigned_assertion(
    key: &SigningKey,
    about: &AssertionFor<'_>,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> Option<String> {
    let header = Header {
        kid: Some(key.kid().to_owned()),
        jku: about.jku.map(str::to_owned),
        ..Header::new(key.algorithm())
    };
    let mut jti = [0; 16];
    rng.fill_bytes(&mut jti);
    let claims = Claims {
        iss: about.client_id,
        sub: about.client_id,
        aud: about.audience,
        exp: now.as_secs().saturating_add(about.lifetime.as_secs()),
        jti: URL_SAFE_NO_PAD.encode(jti),
    };
    let mut token = encode(&header)?;
    token.push('.');
    token.push_str(&encode(&claims)?);
    Some(token)
}

/// Signs it with a key that is here.
pub(crate) fn sign_assertion(key: &SigningKey, mut token: String) -> Option<String> {
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Some(token)
}

fn encode(part: &impl Serialize) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).ok()?))
}
