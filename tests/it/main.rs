//! The crate as an application uses it, against the strict sandbox, over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of a test may fail the test, and all tests share them"
)]

mod answers;
mod audit;
mod backend;
mod brands;
mod browser_states;
mod bulk;
mod callers;
mod cases;
mod clocks;
mod documents;
mod ended_mains;
mod ending;
mod fhir;
mod flows;
mod health;
mod hostile;
mod id_token;
mod inferno;
mod installation;
mod interim;
mod launch;
mod launch_use;
mod metrics;
mod misuse;
mod mix_up;
mod mutations;
mod options;
mod places;
mod preflight;
mod quirks;
mod redaction;
#[cfg(feature = "redis")]
mod redis_processes;
mod refresh_api;
mod refresh_ends;
mod refresh_failures;
mod refresh_lost;
mod refresh_sent;
mod refresh_store;
mod refusal;
mod registration;
mod resets;
mod shutdown;
mod sign_in;
mod signer;
mod single_flight;
mod smart_client;
mod spans;
mod ssrf_launch;
mod ssrf_tenants;
mod story;
mod support;
mod tabs;
mod true_words;
mod two_processes;
