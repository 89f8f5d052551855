//! The crate in a real browser.
//!
//! What a browser keeps, sends and shows again cannot be read in a specification alone: the back/forward cache, frames of
//! another site, two tabs that begin at once, and whether everybody can read and press what a page has. So a headless Chromium is driven by `run.mjs` against an application with
//! this crate and the sandbox, all on loopback. It needs `chromium` and Node.js 18 or later in the path, and once
//! `npm ci --ignore-scripts` in this directory. Without one of them each test says that it was skipped and passes;
//! `SMART_REQUIRE_CHROMIUM=1` makes that a failure.
//!
//! A test here starts the servers and names a scenario, a function in `scenarios/`; the claims are made there. They go by
//! what a person sees (status, `Code: …`, text, patient), never by names of cookies.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test may fail the test, and say what they skip"
)]

mod application;
mod back;
mod demo;
mod ehr_pages;
mod fhirclient;
mod frames;
mod gallery;
mod links;
mod pages;
#[path = "../support/ports.rs"]
#[expect(dead_code, reason = "a page is opened when the demo says that it listens")]
mod ports;
#[path = "../support/serving.rs"]
mod serving;
#[path = "../support/sessions.rs"]
mod sessions;
mod sign_out;
mod stage;
mod tabs;
