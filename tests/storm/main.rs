//! Launches under load and under fire: real application processes on one Redis (also behind Sentinel, or
//! in a Redis Cluster) or PostgreSQL, the strict sandbox with tokens of a few
//! seconds, and many clients, some of which hang up in the middle.
//!
//! Then one application and an EHR that is slow, is flooded with invented sign-ins, or never answers a neighbour's requests.
//!
//! `cargo test --test storm` runs short forms, of 8 to 60 s each: what a deadline, a lease or the patience of a queue takes
//! cannot be shortened. Those that wait most of the time run side by side. The long forms, with a report, take half an hour together:
//!
//! ```text
//! STORM=long CHAOS=long cargo test --all-features --test storm -- --nocapture
//! ```
//!
//! `CHAOS_SEED=…` repeats a run's dice (not its timing). What needs Redis or PostgreSQL is skipped, with a line that says so,
//! where that is not installed.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test may fail the test, and report figures"
)]

mod application;
mod audit_trail;
mod browser;
mod chaos;
mod dice;
mod fail_overs;
mod figures;
mod flood;
mod havoc;
mod hits;
mod journal;
mod lag;
mod launch;
mod ledger;
mod losses;
mod moods;
mod neighbour;
mod outages;
mod own_accord;
mod processes;
mod pulse;
mod records;
mod scene;
mod scripted_ehr;
mod set_clock;
mod silence;
mod slots;
mod slow_ehr;
mod store_server;
mod storm;
mod tab;
mod traffic;
mod turn;
mod unhindered;
/// What these tests share with others.
#[path = "../support"]
mod support {
    pub(crate) mod jar;
    pub(crate) mod ports;
    pub(crate) mod postgres_server;
    pub(crate) mod redis_cli;
    pub(crate) mod redis_nodes;
    pub(crate) mod redis_sentinels;
    pub(crate) mod redis_server;
    pub(crate) mod sessions;
}
mod ward;
mod wire;
mod wrongs;

/// Not a test: what an application process runs. Without its orders in the environment it returns at once.
#[test]
fn child_app() {
    application::run_if_ordered();
}
