//! Launches in a PostgreSQL database, for any number of processes.
//!
//! Each operation is one call of a function in the database (`migrations/*.sql`, [`call`]): one statement, done whole or not at all, and one
//! round trip. The functions see hashes, times and counters; what is secret is sealed before it leaves the process
//! ([`sealed`](super::sealed)). What this process has opened is not sent again as long as it is the same. [`link`] keeps the connections.
//!
//! [`backend`] is the table of the operations; [`launches`], [`leases`], [`claims`], [`listing`], [`memos`] and [`values`] do them.

mod address;
mod backend;
mod builder;
mod call;
mod claims;
mod connection;
mod error;
#[cfg(test)]
mod fake_server;
mod fault;
mod launches;
mod leases;
mod link;
mod listing;
mod memos;
mod migration;
mod pool;
mod schema;
mod setup;
mod store;
mod tls;
mod values;

pub use self::{
    builder::PostgresStoreBuilder, error::PostgresStoreError, migration::PostgresMigrationError, store::PostgresStore,
};
