//! The guide: pages that are documentation only. Their code blocks are compiled, and most are run, by `cargo test`.
//!
//! | page | what it answers |
//! |---|---|
//! | [`handlers`] | what a handler can ask for, scopes, long handlers and jobs, `on_launch` |
//! | [`fhir`] | reading, searching and writing at the FHIR server; who the patient is, and the banner; what the EHR hands over |
//! | [`backend`] | an application without a user: jobs at night, populations |
//! | [`bulk`] | all records at once, in files (Bulk Data) |
//! | [`resource_server`] | an application that others call with access tokens |
//! | [`tabs`] | several patients in several tabs: the launch scope, links |
//! | [`configuration`] | every option with its default |
//! | [`clients`] | which kind of client to register; keys, secrets and how to change them; narrow scopes |
//! | [`several_ehrs`] | several EHRs, EHRs in a database, EHRs that do things differently |
//! | [`registration`] | an application that registers itself, and manages its registration |
//! | [`ehr_quirks`] | what is known of which EHR, with sources |
//! | [`identity`] | who is signed in; shared workstations; demanding a new sign-in |
//! | [`answers`] | routes, what the browser or the caller gets, when a launch ends, cookies |
//! | [`pages`] | the pages that people see, and how to replace them |
//! | [`incidents`] | something is wrong now: from what you see to what to do |
//! | [`stores`] | where launches are kept: memory, Redis, PostgreSQL, a store of your own; what may lose one |
//! | [`deployment`] | restarts, proxies, limits |
//! | [`preflight`] | whether a launch can work, before anybody tries, and what to do if not |
//! | [`observability`] | the audit trail, metrics, spans, health |
//! | [`testing`] | tests of your own application: one handler at a time, and the whole way with a browser |
//! | [`sandbox_clients`] | libraries that others wrote, at the sandbox: what works, and what a strict EHR refuses of them |
//! | [`sandbox_program`] | the sandbox as a program of its own, for tests in any language and for CI |
//! | [`security`] | what is checked, and what stays with you |
//! | [`errors`] | from an error or a log line to its cause and what to do |
//! | [`coming_from`] | you know Spring Security or fhirclient.js: what is called what here |
//! | [`coming_from_safire`] | you know Safire: each of its promises, and what it is here |
//!
//! To see everything at work, with a made-up EHR: `cargo run --example patient_app` in the source of this crate.

/// What a handler can ask for, long handlers and jobs, and `on_launch`.
///
#[doc = include_str!("handlers.md")]
pub mod handlers {}

/// Requests to the FHIR server of a launch, who the patient is, and what else the EHR hands over.
///
#[doc = include_str!("fhir.md")]
pub mod fhir {}

/// An application without a user: registering it, its tokens, and what they cost.
///
#[doc = include_str!("backend.md")]
pub mod backend {}

/// All records at once: exports into a folder or line by line, where the token goes, what breaks.
///
#[doc = include_str!("bulk.md")]
pub mod bulk {}

/// An application that others call: checking their access tokens at the server that gave them.
///
#[doc = include_str!("resource_server.md")]
pub mod resource_server {}

/// Several patients in several tabs: the launch scope, links between pages, and what to do without it.
///
#[doc = include_str!("tabs.md")]
pub mod tabs {}

/// Every option with its default.
///
#[doc = include_str!("configuration.md")]
pub mod configuration {}

/// Which kind of client to register, how to make and change keys and secrets, where to keep them, and narrow scopes.
///
#[doc = include_str!("clients.md")]
pub mod clients {}

/// Several EHRs, EHRs that come and go, EHRs in a database, and EHRs that do things differently.
///
#[doc = include_str!("several_ehrs.md")]
pub mod several_ehrs {}

/// An application that registers itself at an EHR, keeps what it got, and changes or deletes it later.
///
#[doc = include_str!("registration.md")]
pub mod registration {}

/// What is known of which EHR, what this crate does about it, and where each line comes from.
///
#[doc = include_str!("../../docs/ehr-quirks.md")]
pub mod ehr_quirks {}

/// Who is signed in, shared workstations, requests that do not count as uses, and a new sign-in.
///
#[doc = include_str!("identity.md")]
pub mod identity {}

/// The routes, what the browser or the caller gets, when a launch ends, where a sign-in leads, and the cookies.
///
#[doc = include_str!("answers.md")]
pub mod answers {}

/// The pages that people see when there is something to say, and how to replace them.
///
#[doc = include_str!("pages.md")]
pub mod pages {}

/// Something is wrong now: from what you see to what it is and what to do.
///
#[doc = include_str!("incidents.md")]
pub mod incidents {}

/// Where launches are kept: several processes, sealing keys, Redis, PostgreSQL, what may lose a launch, and a store of your own.
///
#[doc = include_str!("stores.md")]
pub mod stores {}

/// Restarts, proxies, and limits.
///
#[doc = include_str!("deployment.md")]
/// ```
#[doc = include_str!("../../examples/rate_limit.rs")]
/// ```
pub mod deployment {}

/// Whether a launch can work, before anybody tries: address, certificate, clock, credentials, keys, scopes, the token store.
///
#[doc = include_str!("preflight.md")]
pub mod preflight {}

/// The audit trail and what can be missing in it, metrics with a dashboard, spans, and health for a load balancer.
///
#[doc = include_str!("observability.md")]
pub mod observability {}

/// Tests of your own application: one handler at a time, and the whole way with a browser and a made-up EHR.
///
#[doc = include_str!("testing.md")]
/// ```
#[doc = include_str!("../../examples/test_your_app.rs")]
/// ```
pub mod testing {}

/// The sandbox as a program of its own: its file, its control interface, in CI and in a container.
///
#[doc = include_str!("sandbox_program.md")]
pub mod sandbox_program {}

/// Libraries that others wrote, driving the sandbox: what works, and what a strict EHR refuses of them.
///
#[doc = include_str!("sandbox_clients.md")]
pub mod sandbox_clients {}

/// What is checked, what is never logged, and what stays with you.
///
#[doc = include_str!("security.md")]
pub mod security {}

/// From an error or a log line to its cause and what to do.
///
#[doc = include_str!("errors.md")]
pub mod errors {}

/// You know Spring Security or fhirclient.js: what is called what here, and what is different.
///
#[doc = include_str!("coming_from.md")]
pub mod coming_from {}

/// You know Safire, the Ruby library, with Rails: each of its promises, and what it is here.
///
#[doc = include_str!("coming_from_safire.md")]
pub mod coming_from_safire {}
