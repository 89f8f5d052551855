//! What the crate gives for tests of an application: the test browser, and launches that are there at once.
#![expect(clippy::unwrap_used, reason = "helpers of a test may fail the test")]

mod browser;
mod browser_forms;
mod browser_launches;
#[path = "../support/closed_port.rs"]
mod closed_port;
mod handlers;
mod server;
