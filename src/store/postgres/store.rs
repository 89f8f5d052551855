//! The store in a PostgreSQL database: [`PostgresStore`].

use std::{fmt, sync::Arc, time::Duration};

use super::{
    call::{Call, Reply},
    link::Link,
};
use crate::store::{
    StoreError,
    alarms::Alarms,
    hex::hex,
    lost_claim::LostClaims,
    sealed::{OpenedRecords, Sealer},
};

/// Launches in a PostgreSQL database (13 or later), shared by any number of processes.
///
/// Cheap to clone; clones share their connections, which are opened when they are first needed: an application starts although the server
/// is away. While it is away every operation fails with [`StoreError::Unavailable`] within the command time-out, and after that long
/// at once; nothing is deleted, and operations work again within about a second after it is back.
///
/// The database needs the tables and functions of the store: [`migrate`](Self::migrate) puts them there, or a database administrator
/// does with what [`migration_sql`](Self::migration_sql) gives. Without them every operation fails with [`StoreError::Schema`]. How an
/// application starts although the server is away: [`guide::stores`](crate::guide::stores#postgresql).
///
/// Tokens, patients and everything else in a record are sealed with [`SealingKeys`](crate::store::SealingKeys). In clear
/// are: hashes of ids, of cookies and of authorization codes, times, versions, reasons why launches ended, and leases.
///
/// Lifetimes and leases go by the server's clock, whatever the clocks of the processes say. With `fsync` and `synchronous_commit` on, as
/// they are by default, the server forgets nothing that it acknowledged. Several servers in the address (`host1,host2`) are tried in their
/// order until one takes writes: after a fail-over that is the former standby. Whoever does the fail-over has to make sure that the former
/// primary takes no writes any more. What a standby that lagged behind had not got yet is lost, unless `synchronous_standby_names` says
/// that commits wait for it.
///
/// A pooler in between has to keep a server connection with each client (`pool_mode = session` for PgBouncer).
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::store::{PostgresStore, SealingKeys, TokenStore};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = SealingKeys::parse("bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE=")?;
/// let store = PostgresStore::builder("postgres://smart:password@db.internal/smart?sslmode=verify-full")
///     .sealing_keys(keys)
///     .build()?;
/// // At the start of an application better without `?`, and again later: see the guide.
/// store.migrate().await?;
/// let store = TokenStore::new(store);
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) link: Link,
    pub(super) sealer: Sealer,
    pub(super) opened: OpenedRecords,
    pub(super) uses_noted_every: Duration,
    pub(super) lost_claims: LostClaims,
    pub(super) alarms: Arc<Alarms>,
}

/// Without user name and password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("server", &self.inner.link.server())
            .field("schema", &self.inner.link.schema().name())
            .field("sealing", &self.inner.sealer)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(super) async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        self.inner.link.call(call).await
    }

    /// Reports what cannot be used, with the table and the key under which it stands. Nothing is done to it.
    pub(super) fn unusable(&self, table: &str, key: &[u8; 32], error: impl Into<StoreError>) -> StoreError {
        let error = error.into();
        self.inner.alarms.record(error, &named(table, key));
        error
    }
}

/// As a query for it would say.
pub(super) fn named(table: &str, key: &[u8; 32]) -> String {
    format!("{table} \\x{}", hex(key))
}
