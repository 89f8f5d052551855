//! Servers, stores and launches to test with.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    LaunchUse,
    store::{
        BrowserKey, LaunchKey, LaunchRecord, LoadedLaunch, OthersOnOpen, RedisStore, SealingKeys, StoreError,
        StoreRules,
        acceptance::{Subject, sample},
    },
    time::Timestamp,
};
use redis::{Connection, TypedCommands as _};

#[path = "../support/closed_port.rs"]
#[expect(dead_code, reason = "nothing here asks it by HTTP")]
mod closed_port;
#[path = "../support/logs.rs"]
#[expect(dead_code, reason = "spans are looked at elsewhere")]
mod logs;
#[path = "../support/lossy_wire.rs"]
mod lossy_wire;
#[path = "../support/own_log.rs"]
mod own_log;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/redis_cli.rs"]
mod redis_cli;
#[path = "../support/redis_client.rs"]
mod redis_client;
#[path = "../support/redis_nodes.rs"]
mod redis_nodes;
#[path = "../support/redis_sentinels.rs"]
mod redis_sentinels;
#[path = "../support/redis_server.rs"]
mod redis_server;
#[path = "../support/redis_url.rs"]
mod redis_url;

pub(crate) use closed_port::ClosedPort;
pub(crate) use logs::Logs;
pub(crate) use lossy_wire::LossyWire;
pub(crate) use own_log::OwnLog;
pub(crate) use ports::free_port;
pub(crate) use redis_cli::cli;
pub(crate) use redis_nodes::RedisNodes;
pub(crate) use redis_sentinels::{PRIMARY, QUICK, Sentinel, SentinelSet};
pub(crate) use redis_server::RedisServer;
pub(crate) use redis_url::redis_url;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) fn key(number: u8) -> [u8; 32] {
    let mut key = [number; 32];
    key[0] = 0xff;
    key
}

pub(crate) fn keys(numbers: &[u8]) -> SealingKeys {
    SealingKeys::from_bytes(numbers.iter().copied().map(key)).unwrap()
}

/// A prefix that no other test has.
pub(crate) fn prefix() -> String {
    format!("test-{:016x}:", rand::random::<u64>())
}

pub(crate) fn store(url: &str, prefix: &str) -> Subject {
    sealed_with(url, prefix, &[1])
}

pub(crate) fn sealed_with(url: &str, prefix: &str, numbers: &[u8]) -> Subject {
    Subject::new(|clock| {
        RedisStore::builder(url)
            .sealing_keys(keys(numbers))
            .prefix(prefix)
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    })
}

pub(crate) fn rules() -> StoreRules {
    StoreRules::default()
}

pub(crate) async fn open(store: &Subject, browser: BrowserKey) -> Result<LaunchKey, StoreError> {
    open_as(store, sample::launch(browser, NOW), OthersOnOpen::Keep).await
}

pub(crate) async fn open_as(
    store: &Subject,
    record: LaunchRecord,
    others: OthersOnOpen,
) -> Result<LaunchKey, StoreError> {
    let mut key = *sample::launch_key().as_bytes();
    key[..2].copy_from_slice(&record.browser.as_bytes()[..2]);
    let key = LaunchKey::from_bytes(key);
    store.open_launch(key, record, others, rules(), NOW).await?;
    Ok(key)
}

pub(crate) async fn load(store: &Subject, key: LaunchKey) -> Result<LoadedLaunch, StoreError> {
    store.load_launch(key, LaunchUse::Counts, rules(), NOW).await
}

/// Loads without using.
pub(crate) async fn look(store: &Subject, key: LaunchKey) -> Result<LoadedLaunch, StoreError> {
    let backend = &store;
    backend.load_launch(key, LaunchUse::DoesNotCount, rules(), NOW).await
}

pub(crate) async fn is_open(store: &Subject, key: LaunchKey) -> bool {
    matches!(load(store, key).await, Ok(LoadedLaunch::Open { .. }))
}

/// Waits until the launch can be loaded, and says how long that took.
pub(crate) async fn until_open(store: &Subject, key: LaunchKey) -> Duration {
    let began = Instant::now();
    while !is_open(store, key).await {
        assert!(began.elapsed() < Duration::from_secs(60), "not back after a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

/// The names in Redis that begin with `prefix` and contain `part`, each once: a scan may come by one again.
pub(crate) fn names(connection: &mut Connection, prefix: &str, part: &str) -> Vec<String> {
    let names: BTreeSet<String> = connection
        .scan_match(format!("{prefix}*"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    names.into_iter().filter(|name| name.contains(part)).collect()
}

/// A wire to a server; an operation is a script that is asked for by name.
pub(crate) fn wire_to(server: &RedisServer) -> LossyWire {
    LossyWire::to(server.port, |bytes| {
        bytes.windows(7).filter(|part| part == b"EVALSHA").count()
    })
}

/// The address of what listens at a port of this machine.
pub(crate) fn url_of(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
