//! Servers, stores and launches to test with.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    LaunchUse,
    store::{
        BrowserKey, LaunchKey, LaunchRecord, LoadedLaunch, OthersOnOpen, PostgresStore, PostgresStoreBuilder,
        SealingKeys, StoreError, StoreRules,
        acceptance::{Subject, sample},
    },
    time::{ManualClock, Timestamp},
};
use tokio_postgres::{Client, NoTls, Row, types::ToSql};

#[path = "../support/closed_port.rs"]
#[expect(dead_code, reason = "nothing here asks it by HTTP")]
mod closed_port;
#[path = "../support/logs.rs"]
#[expect(dead_code, reason = "spans are looked at elsewhere")]
mod logs;
#[path = "../support/lossy_wire.rs"]
mod lossy_wire;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/postgres_server.rs"]
mod postgres_server;
#[path = "../support/postgres_url.rs"]
mod postgres_url;

pub(crate) use closed_port::ClosedPort;
pub(crate) use logs::Logs;
pub(crate) use lossy_wire::LossyWire;
pub(crate) use postgres_server::PostgresServer;
pub(crate) use postgres_url::postgres_url;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) fn keys(numbers: &[u8]) -> SealingKeys {
    let key = |number: u8| {
        let mut key = [number; 32];
        key[0] = 0xff;
        key
    };
    SealingKeys::from_bytes(numbers.iter().copied().map(key)).unwrap()
}

/// A schema that no other test has.
pub(crate) fn schema_name() -> String {
    format!("test_{:016x}", rand::random::<u64>())
}

pub(crate) fn builder(url: &str, schema: &str) -> PostgresStoreBuilder {
    PostgresStore::builder(url).sealing_keys(keys(&[1])).schema(schema)
}

/// A store that goes by a clock of the test, in a schema that is there.
pub(crate) fn store(url: &str, schema: &str) -> Subject {
    timed(builder(url, schema))
}

pub(crate) fn timed(builder: PostgresStoreBuilder) -> Subject {
    Subject::new(|clock: ManualClock| builder.timed_by(clock).build().unwrap())
}

/// A schema of the test's own, with the tables in it.
pub(crate) async fn migrated(url: &str) -> String {
    let schema = schema_name();
    builder(url, &schema).build().unwrap().migrate().await.unwrap();
    schema
}

/// A connection of the test's own.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A test's own way to the rows.
pub(crate) struct Rows {
    client: Client,
    schema: String,
}

impl Rows {
    pub(crate) async fn of(url: &str, schema: &str) -> Self {
        Self {
            client: connect(url).await,
            schema: schema.to_owned(),
        }
    }

    fn filled_in(&self, statement: &str) -> String {
        statement.replace("S.", &format!("{}.", self.schema))
    }

    /// Runs a statement; `S.` in it is the schema.
    pub(crate) async fn run(&self, statement: &str, arguments: &[&(dyn ToSql + Sync)]) -> u64 {
        self.client
            .execute(&self.filled_in(statement), arguments)
            .await
            .unwrap()
    }

    pub(crate) async fn one(&self, statement: &str, arguments: &[&(dyn ToSql + Sync)]) -> Row {
        self.client
            .query_one(&self.filled_in(statement), arguments)
            .await
            .unwrap()
    }

    pub(crate) async fn batch(&self, statements: &str) {
        self.client.batch_execute(&self.filled_in(statements)).await.unwrap();
    }
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
        assert!(began.elapsed() < Duration::from_secs(10), "not back after ten seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}
