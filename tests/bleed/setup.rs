//! What a process has to know to be one of several in front of the same launches.

use std::time::Duration;

#[cfg(feature = "redis")]
use actix_smart_auth::store::{RedisStore, SealingKeys};
use actix_smart_auth::{
    ClientAuth, Ehr, SmartConfig,
    store::{BrowserLimits, MemoryStore, TokenStore},
    time::ManualClock,
};
use serde::{Deserialize, Serialize};

pub(crate) const CLIENT_ID: &str = "my-app";
const SCOPES: &str = "openid fhirUser launch launch/patient patient/*.rs offline_access";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// None: the memory of the process.
    pub(crate) redis: Option<Redis>,
    pub(crate) fhir_base_url: String,
    pub(crate) redirect_uri: String,
    /// The key of the session cookie, shared by all processes.
    pub(crate) session_key: Vec<u8>,
    pub(crate) now_ms: u64,
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
    /// Launches that one browser may keep.
    pub(crate) launches: usize,
    pub(crate) workers: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Redis {
    pub(crate) url: String,
    pub(crate) prefix: String,
    /// The sealing keys, by number. None: plain text.
    pub(crate) keys: Vec<u8>,
}

impl Setup {
    pub(crate) fn config(&self, clock: ManualClock) -> SmartConfig {
        let mut limits = BrowserLimits::default();
        limits.launches = self.launches;
        SmartConfig::builder()
            .ehr(
                Ehr::builder(&self.fhir_base_url)
                    .client_id(CLIENT_ID)
                    .client_auth(ClientAuth::public())
                    .redirect_uri(&self.redirect_uri)
                    .scopes(SCOPES),
            )
            .clock(clock.clone())
            .store(self.store(&clock))
            .sealing_keys(self.sealing_keys())
            .landing("/~{smart_launch}/show")
            .idle_lifetime(self.idle)
            .absolute_lifetime(self.absolute)
            .browser_limits(limits)
            .build()
            .unwrap()
    }

    /// For what browsers keep: a store in plain text has no keys for it, and all processes need the same.
    fn sealing_keys(&self) -> SealingKeys {
        SealingKeys::from_bytes([*b"what browsers keep is sealed so."]).unwrap()
    }

    #[cfg(feature = "redis")]
    fn store(&self, clock: &ManualClock) -> TokenStore {
        let Some(redis) = &self.redis else {
            return TokenStore::new(MemoryStore::new().timed_by(clock.clone()));
        };
        let store = RedisStore::builder(&redis.url)
            .prefix(&redis.prefix)
            .timed_by(clock.clone());
        let store = if redis.keys.is_empty() {
            store.danger_plain_text()
        } else {
            let keys = redis.keys.iter().map(|number| {
                let mut key = [*number; 32];
                key[0] = 0xff;
                key
            });
            store.sealing_keys(SealingKeys::from_bytes(keys).unwrap())
        };
        TokenStore::new(store.build().unwrap())
    }

    #[cfg(not(feature = "redis"))]
    fn store(&self, clock: &ManualClock) -> TokenStore {
        assert!(self.redis.is_none(), "the feature `redis` is off");
        TokenStore::new(MemoryStore::new().timed_by(clock.clone()))
    }
}
