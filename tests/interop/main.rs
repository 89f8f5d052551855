//! The crate against an authorization server that nobody here wrote.
//!
//! The sandbox is strict, but it reads the specifications with the same eyes as the crate. `server.mjs` puts SMART's
//! additions on oidc-provider, which the OpenID Foundation certified; what that refuses is a finding. It runs under
//! Node.js 18 or later, after `npm ci --ignore-scripts` in this directory. Without either, each test says that it was
//! skipped and passes; `SMART_REQUIRE_INTEROP=1` makes that a failure. What the server can be told to do stands at
//! `/control` in `server.mjs`.
//!
//! The other way round, [`clients`] has libraries that others wrote drive the sandbox, and [`resources`] has their models judge what it
//! serves.
//!
//! What oidc-provider taught, beside what the tests here claim:
//!
//! - It takes nothing but printable ASCII in client ids and secrets (RFC 6749, appendix A), form-encoded or not.
//! - `offline_access` without `prompt=consent` is ignored (OpenID Connect Core 1.0, section 11): see
//!   [`application::quirks`] and [`refresh`].
//! - An assertion's `aud` may be the token endpoint (which the crate takes everywhere), the issuer, or the endpoint that
//!   is called.
//! - A refresh answers with an id token that repeats the first `nonce` and is signed with the newest key, and without the
//!   patient.
//! - At the callback of a refusal it sends `iss` too.
//! - It revokes everything of a grant with its refresh token, with its access token that token only; introspection with
//!   the access token as the bearer is refused, it wants the client's own credentials.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test may fail the test, and say what they skip"
)]

mod application;
mod clients;
mod glewlwyd;
mod identity;
mod inferno;
mod launches;
mod needs;
mod presets;
mod provider;
mod refresh;
mod refusals;
mod registration;
mod requests;
mod resources;
mod sign_in;
mod support;
