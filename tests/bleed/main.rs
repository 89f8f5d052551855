//! One browser, several launches, several processes: no request ever sees another launch than the one that its path names.
//!
//! The processes are real: this test program starts itself again with [`child_app`] as the only test, and talks to it
//! over its standard input and output. The sandbox and the browser stay here, and so does the clock, which the processes
//! follow, so that hours pass without waiting.
//!
//! What needs PostgreSQL takes the server that `POSTGRES_URL` names, else starts one, else says that it is skipped.
//! Selected by `cargo test bleed` (and, what needs Redis, by `cargo test redis`). What needs Redis takes the server that
//! `REDIS_URL` names, else starts `redis-server`, else says that it is skipped; what needs several servers starts them. `BLEED_SEED` repeats a
//! mix of requests.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of a test may fail the test, and say what they skip"
)]
#![cfg_attr(
    not(any(feature = "postgres", feature = "redis")),
    expect(dead_code, reason = "several processes need a server to share launches")
)]

mod app;
mod bleed_memory;
#[cfg(all(unix, feature = "postgres"))]
mod bleed_postgres;
mod browser;
mod child;
mod fleet;
#[cfg_attr(
    not(all(unix, feature = "redis")),
    expect(dead_code, reason = "only Redis has a fail-over here")
)]
mod interruption;
mod judge;
mod kinds;
mod mix;
mod process;
mod setup;

#[cfg(all(unix, feature = "redis"))]
mod bleed_fail_over;
#[cfg(feature = "redis")]
mod bleed_redis;
#[cfg(feature = "redis")]
mod redis_answers;
#[cfg(feature = "redis")]
mod redis_bounds;
#[cfg(feature = "redis")]
mod redis_dump;
/// What these tests share with others.
#[path = "../support"]
mod support {
    pub(crate) mod jar;
    #[cfg(any(feature = "postgres", feature = "redis"))]
    mod ports;
    #[cfg(all(unix, feature = "postgres"))]
    #[expect(dead_code, reason = "here no server is paused")]
    pub(crate) mod postgres_server;
    #[cfg(all(unix, feature = "postgres"))]
    pub(crate) mod postgres_url;
    #[cfg(feature = "redis")]
    pub(crate) mod redis_cli;
    #[cfg(feature = "redis")]
    pub(crate) mod redis_client;
    #[cfg(feature = "redis")]
    #[expect(dead_code, reason = "here no slot is moved")]
    pub(crate) mod redis_nodes;
    #[cfg(feature = "redis")]
    #[expect(dead_code, reason = "here no sentinel is paused")]
    pub(crate) mod redis_sentinels;
    #[cfg(feature = "redis")]
    pub(crate) mod redis_server;
    #[cfg(feature = "redis")]
    pub(crate) mod redis_url;
    pub(crate) mod serving;
    pub(crate) mod sessions;
}

/// Not a test: what a process that [`fleet`] starts does. Without its set-up in the environment it does nothing.
#[test]
fn child_app() {
    child::run();
}
