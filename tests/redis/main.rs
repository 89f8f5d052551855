//! `RedisStore` against real servers.
//!
//! Selected by `cargo test redis`. What any server will do for is skipped, with a line that says so, unless `REDIS_URL`
//! names one; what needs a server of its own is skipped unless `redis-server` is in the path, or `REDIS_SERVER` names another program.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test may fail the test, and say what they skip"
)]

mod redis_claims;
mod redis_cluster;
mod redis_fail_over;
mod redis_faults;
mod redis_log;
mod redis_lost_answers;
mod redis_memos;
mod redis_nodes;
mod redis_outage;
mod redis_promises;
mod redis_records;
mod redis_restored;
mod redis_rights;
mod redis_sentinel;
mod redis_tls;
mod redis_unchanged;
mod redis_uses;
mod redis_workers;
mod support;
