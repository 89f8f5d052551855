//! What a good EHR answers.

use serde_json::{Map, Value, json};

use super::signer::{ES384, RS256};
use crate::support::{CLIENT_ID, http};

/// What the EHR answers in one launch after the callback.
pub(super) struct Served {
    /// The body of the token response.
    pub(super) token_response: String,
    /// The whole HTTP answer with the keys.
    pub(super) key_set: Vec<u8>,
}

/// A good launch: what the EHR knows when it makes up its answers.
pub(super) struct Good {
    /// Each launch has its own.
    pub(super) number: usize,
    pub(super) nonce: String,
    pub(super) issuer: String,
    /// Seconds.
    pub(super) now: u64,
}

impl Good {
    /// One that is only looked at: which members there are, and of which types.
    pub(super) fn example() -> Self {
        Self {
            number: 0,
            nonce: "n".to_owned(),
            issuer: "https://ehr.example".to_owned(),
            now: 1_760_000_000,
        }
    }

    /// Every member that is looked at, and one of the EHR's own.
    pub(super) fn token_response(&self, id_token: &str) -> Map<String, Value> {
        object(json!({
            "access_token": self.access_token(),
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": self.refresh_token(),
            "id_token": id_token,
            "scope": "openid fhirUser patient/*.rs",
            "patient": "p-1",
            "encounter": "e-1",
            "need_patient_banner": true,
            "fhirContext": [{ "reference": "ImagingStudy/1" }],
            "intent": "reconcile",
            "smart_style_url": "https://ehr.example/style.json",
            "tenant": "north",
            "x_ward": 7,
        }))
    }

    pub(super) fn access_token(&self) -> String {
        format!("access-{}", self.number)
    }

    pub(super) fn refresh_token(&self) -> String {
        format!("refresh-{}", self.number)
    }

    /// Every claim that is looked at.
    pub(super) fn claims(&self) -> Map<String, Value> {
        object(json!({
            "iss": self.issuer,
            "sub": "user-1",
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "exp": self.now + 300,
            "iat": self.now,
            "nbf": self.now,
            "nonce": self.nonce,
            "auth_time": self.now - 100,
            "at_hash": "not-checked",
            "fhirUser": "Practitioner/1",
            "name": "Dr. Ada Example",
        }))
    }

    /// With the good id token and its key.
    pub(super) fn with_token_response(&self, change: impl FnOnce(&Map<String, Value>) -> String) -> Served {
        let id_token = RS256.sign(&text(header()), &text(self.claims()));
        Served {
            token_response: change(&self.token_response(&id_token)),
            key_set: key_set(&[RS256.jwk("k1")]),
        }
    }

    /// In an otherwise good answer, with its key.
    pub(super) fn with_id_token(&self, id_token: &str) -> Served {
        Served {
            token_response: text(self.token_response(id_token)),
            key_set: key_set(&[RS256.jwk("k1")]),
        }
    }
}

/// Of an id token.
pub(super) fn header() -> Map<String, Value> {
    object(json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" }))
}

/// The HTTP answer with these keys and another of another kind, so that a set whose first key is bad is still one.
pub(super) fn key_set(keys: &[Map<String, Value>]) -> Vec<u8> {
    let spare = ES384.jwk("spare");
    let keys: Vec<_> = keys.iter().chain([&spare]).collect();
    http(200, "application/json", json!({ "keys": keys }).to_string())
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

pub(super) fn text(object: Map<String, Value>) -> String {
    Value::Object(object).to_string()
}
