//! Launches in a Redis or Valkey server, for any number of processes.
//!
//! Each operation is one script on the server ([`scripts`]): one step for everybody else, one round trip for us. An
//! operation about all launches of a browser takes two or more, because a script is given the names of all keys that it
//! touches. All keys of one browser share a hash tag ([`names`]), so a script never leaves its slot. What is secret is
//! sealed before it leaves the process ([`sealer`], [`records`]); the scripts see hashes, times and counters. What this process has
//! opened is not sent again as long as it is the same ([`opened`]). [`link`] keeps the connection.
//!
//! [`backend`] is the table of the operations; [`launches`], [`leases`], [`claims`], [`listing`] and [`memos`] do them.

mod backend;
mod builder;
mod claims;
mod fault;
mod launches;
mod leases;
mod link;
mod listing;
mod memos;
mod names;
mod opened;
mod records;
mod reply;
mod scripts;
mod sealer;
mod setup;
mod store;
mod values;

pub use self::{
    builder::{RedisStoreBuilder, RedisStoreError},
    store::RedisStore,
};
