//! `PostgresStore` against real servers.
//!
//! Selected by `cargo test postgres`. What any server will do for is skipped, with a line that says so, unless `POSTGRES_URL`
//! names one; what needs a server of its own is skipped unless PostgreSQL is installed.
#![cfg(all(unix, feature = "postgres"))]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test may fail the test, and say what they skip"
)]

mod postgres_log;
mod postgres_lost_answers;
mod postgres_migration;
mod postgres_outage;
mod postgres_promises;
mod postgres_records;
mod postgres_refusals;
mod postgres_restored;
mod postgres_standby;
mod postgres_standby_away;
mod postgres_sweep;
mod postgres_waiting;
mod support;
