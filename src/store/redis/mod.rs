//! Launches in a Redis or Valkey server, for any number of processes.
//!
//! Each operation is one script on the server ([`scripts`]): one step for everybody else, one round trip for us. An
//! operation about all launches of a browser takes two or more, because a script is given the names of all keys that it
//! touches. All keys of one browser share a hash tag ([`names`]), so a script never leaves its slot. What is secret is
//! sealed before it leaves the process ([`sealed`](super::sealed), [`records`]); the scripts see hashes, times and counters. What this process has
//! opened is not sent again as long as it is the same ([`OpenedRecords`](super::sealed::OpenedRecords)). [`link`] keeps the connection to a server, [`sentinels`] say which server
//! that is, and [`cluster`] has several.
//!
//! [`backend`] is the table of the operations; [`launches`], [`leases`], [`claims`], [`listing`] and [`memos`] do them.

mod backend;
mod builder;
mod claims;
mod cluster;
mod connections;
mod credentials;
mod deployment;
mod driver;
mod endpoint;
mod error;
mod fault;
mod host_and_port;
mod launches;
mod leases;
mod link;
mod listing;
mod memos;
mod names;
mod plan;
mod records;
mod reply;
mod scripts;
mod sentinels;
mod server;
mod servers;
mod setup;
mod store;
mod tls;
mod values;

pub use self::{
    builder::RedisStoreBuilder,
    connections::RedisConnections,
    credentials::{NoRedisCredentials, RedisCredentials},
    error::RedisStoreError,
    servers::{RedisCluster, RedisSentinels, RedisServers},
    store::RedisStore,
};
