//! The sandbox, driven from outside with a plain HTTP client: what it accepts, what it refuses, how it fails on demand.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of a test may fail the test"
)]

mod assertion_rules;
mod authorize_rules;
mod faults;
mod fhir;
mod flows;
mod lifecycle;
mod pages;
mod record;
mod revocation;
mod sign_in;
mod support;
mod token_rules;
mod vendors;
