//! What several processes of the application share: launches in Redis, and two keys.

use std::{env, error::Error};

use actix_smart_auth::store::{RedisStore, SealingKeys, TokenStore};
use actix_web::cookie::Key;

/// Where launches are, and the key of the session cookie.
pub(crate) struct Shared {
    pub(crate) store: TokenStore,
    pub(crate) session_key: Key,
}

impl Shared {
    /// With a Redis server, `SEALING_KEY` and `SESSION_KEY` are read too.
    pub(crate) fn with(redis_url: Option<String>) -> Result<Self, Box<dyn Error>> {
        let Some(url) = redis_url else {
            return Ok(Self {
                store: TokenStore::memory(),
                // A new key at every start: whoever is signed in when the process stops has to sign in again.
                session_key: Key::generate(),
            });
        };
        let keys = SealingKeys::parse(&env::var("SEALING_KEY").unwrap_or_default())
            .map_err(|error| format!("SEALING_KEY: {error}"))?;
        let session_key = session_key(&env::var("SESSION_KEY").unwrap_or_default())
            .ok_or("SESSION_KEY must be 64 bytes as hexadecimal digits; make one with `openssl rand -hex 64`")?;
        let store = RedisStore::builder(url)
            .prefix("patient-app:")
            .sealing_keys(keys)
            .build()?;
        Ok(Self {
            store: TokenStore::new(store),
            session_key,
        })
    }
}

fn session_key(text: &str) -> Option<Key> {
    let (pairs, rest) = text.trim().as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    // `Key::from` panics on less.
    bytes
        .filter(|bytes| rest.is_empty() && bytes.len() >= 64)
        .map(|bytes| Key::from(&bytes))
}
