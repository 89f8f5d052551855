//! What a process has to know to be one of several in front of the same launches.

use std::time::Duration;

#[cfg(feature = "postgres")]
use actix_smart_auth::store::PostgresStore;
#[cfg(feature = "redis")]
use actix_smart_auth::store::{RedisCluster, RedisSentinels, RedisServers, RedisStore};
use actix_smart_auth::{
    ClientAuth, Ehr, SmartConfig,
    store::{BrowserLimits, MemoryStore, SealingKeys, TokenStore},
    time::ManualClock,
};
use serde::{Deserialize, Serialize};

pub(crate) const CLIENT_ID: &str = "my-app";
const SCOPES: &str = "openid fhirUser launch launch/patient patient/*.rs offline_access";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// Without this and the next one: the memory of the process.
    pub(crate) redis: Option<Redis>,
    pub(crate) postgres: Option<Postgres>,
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
    pub(crate) servers: Servers,
    pub(crate) prefix: String,
    /// The sealing keys, by number. None: plain text.
    pub(crate) keys: Vec<u8>,
}

/// By their addresses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Servers {
    At(String),
    /// The sentinels.
    Sentinels(Vec<String>),
    /// Nodes of a cluster.
    Cluster(Vec<String>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Postgres {
    pub(crate) url: String,
    pub(crate) schema: String,
}

#[cfg(feature = "redis")]
impl Servers {
    fn for_store(&self) -> RedisServers {
        match self {
            Self::At(url) => url.into(),
            Self::Sentinels(urls) => RedisSentinels::new(crate::support::redis_sentinels::PRIMARY, urls).into(),
            Self::Cluster(urls) => RedisCluster::new(urls).into(),
        }
    }
}

/// By number.
pub(crate) fn sealing_keys(numbers: &[u8]) -> SealingKeys {
    let keys = numbers.iter().map(|number| {
        let mut key = [*number; 32];
        key[0] = 0xff;
        key
    });
    SealingKeys::from_bytes(keys).unwrap()
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

    fn store(&self, clock: &ManualClock) -> TokenStore {
        match (&self.redis, &self.postgres) {
            #[cfg(feature = "redis")]
            (Some(redis), _) => {
                let store = RedisStore::builder(redis.servers.for_store())
                    .prefix(&redis.prefix)
                    .timed_by(clock.clone());
                let store = match redis.keys.as_slice() {
                    [] => store.danger_plain_text(),
                    keys => store.sealing_keys(sealing_keys(keys)),
                };
                TokenStore::new(store.build().unwrap())
            }
            #[cfg(feature = "postgres")]
            (_, Some(postgres)) => {
                let store = PostgresStore::builder(&postgres.url)
                    .schema(&postgres.schema)
                    .timed_by(clock.clone())
                    .sealing_keys(sealing_keys(&[1]));
                TokenStore::new(store.build().unwrap())
            }
            (redis, postgres) => {
                assert!(redis.is_none() && postgres.is_none(), "the feature of the store is off");
                TokenStore::new(MemoryStore::new().timed_by(clock.clone()))
            }
        }
    }
}
