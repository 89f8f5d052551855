//! The sandbox, driven from outside with a plain HTTP client: what it accepts, what it refuses, how it fails on demand.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of a test may fail the test"
)]

mod assertion_rules;
mod authorize_rules;
mod backend_rules;
mod callback_knobs;
mod control;
mod control_description;
mod cors;
mod discovery;
mod ehr_pages;
mod faults;
mod fhir;
mod fhir_reach;
mod fhir_search;
mod fhir_writes;
mod flows;
mod growth;
mod installation_rules;
mod key_set_rules;
mod lifecycle;
mod over_tls;
mod own_data;
mod pages;
#[path = "../support/ports.rs"]
#[expect(dead_code, reason = "the program says itself when it listens")]
mod ports;
mod program;
mod record;
mod refresh_rules;
mod registration_rules;
mod revocation;
mod revocation_rules;
mod scope_rules;
mod secret_rules;
mod sign_in;
mod smart_configuration;
mod start_mistakes;
mod strictness;
mod support;
mod token_rules;
mod unread_bodies;
mod vendors;
mod whose;
