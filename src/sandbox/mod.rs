//! A strict SMART App Launch 2.2 server to try an application against, with a small FHIR server behind it.
//!
//! [`SandboxServer`] is an authorization server, a FHIR R4 server with made-up people, and an EHR's start page, on a
//! loopback port, in a thread of its own. Tests of an application run it in-process; a demo runs it beside the
//! application and opens its pages in a browser.
//!
//! It is **strict**: where the specification says that a client has to do something, a client that does not is refused,
//! with a description of what to change. It keeps what it received, so a test can look at what the application really
//! sent. And it can have a bad day on demand: see [`Fault`].
//!
//! [`Peculiarity`] has what real servers do differently, [`SandboxBuilder::like`] what is known of one vendor. It is for
//! development and tests alone: state is in memory, users have no passwords, and tokens are shown to everybody. It listens on
//! 127.0.0.1 only. Never give it real credentials or real data.
//!
//! # In a test
//!
//! ```
//! use actix_smart_auth::sandbox::{Fault, FaultPoint, SandboxClient, SandboxServer, Times, When};
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = SandboxServer::start()?;
//! // An application often learns the sandbox's address before it knows its own, so clients are registered afterwards.
//! sandbox.register(SandboxClient::public("my-app", "http://127.0.0.1:8080/auth/callback"));
//!
//! // What the application is configured with, and how an EHR would open it for a patient:
//! let fhir_base_url = sandbox.fhir_base_url();
//! let patient = &sandbox.patients()[0];
//! let url = sandbox.ehr_launch_url("http://127.0.0.1:8080/auth/launch", patient.id, None);
//! assert!(url.starts_with("http://127.0.0.1:8080/auth/launch?iss="));
//!
//! // The next refresh is carried out, but its answer is lost:
//! sandbox.inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
//!
//! // … run the application against it, then look at what it did:
//! assert_eq!(sandbox.token_requests_of("refresh_token").len(), 0);
//! assert_eq!(sandbox.reuse_detections(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! # For a person
//!
//! With [`Mode::Interactive`] the authorization endpoint shows pages: sign in as one of the made-up practitioners or as a
//! patient, choose a patient (standalone launch), allow or deny. [`SandboxServer::ehr_url`] lists the patients with a
//! *Launch* link for each registered launch URL.
//!
//! ```no_run
//! use std::time::Duration;
//! use actix_smart_auth::sandbox::{Mode, SandboxClient, SandboxServer};
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = SandboxServer::builder()
//!     .port(9090)
//!     .mode(Mode::Interactive)
//!     .token_lifetime(Duration::from_secs(120))
//!     .client(SandboxClient::public("my-app", "http://127.0.0.1:8080/auth/callback"))
//!     .launch_url("my-app", "http://127.0.0.1:8080/auth/launch")
//!     .start()?;
//! println!("Open {}", sandbox.ehr_url());
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked
//!
//! * **Authorization request** (GET or POST): registered client and redirect URI, compared as strings (else a page, and no
//!   redirect); nothing repeated; `response_type=code`; `state` of at least 22 characters; PKCE with `S256`; `aud` equal to
//!   the FHIR base URL; `launch` known and unused, together with the scope `launch`, and neither without the other; scopes
//!   of SMART's grammar; `patient/` scopes only when a patient is in context or asked for.
//! * **Token requests**: form in the body, nothing in the URL, nothing repeated; client authentication exactly as
//!   registered; codes work once, for 60 seconds, with their redirect URI and verifier. A second use of a code revokes what
//!   the first one gave. So does a second use of a rotated refresh token.
//! * **Assertions**: RS384 or ES384, `typ` `JWT`, exactly one published key with that `kid`, `iss` = `sub` = client id,
//!   `aud` the token endpoint as one string, at most 300 seconds of life, a `jti` that was never used before.
//! * **Revocation, introspection**: client authentication as at the token endpoint; of tokens of other clients only a resource
//!   server is told something but that they are not active; introspection also with a live bearer
//!   token instead.
//! * **Registration** (with [`SandboxBuilder::self_registration`]): JSON; the initial access token, if one is wanted; redirect URIs,
//!   grant types, response types and the way to authenticate, which have to fit each other; keys by value or by address, not both. What is
//!   not known is left out of the answer. `client_secret_post` becomes `client_secret_basic`, and each change brings a new registration
//!   access token: servers may.
//! * **Exports** (`$export`): `Prefer: respond-async`, known parameters, a `system/` scope for each type, one export of a client at a
//!   time, the token where the manifest wants it and nowhere else. See [`SandboxExport`].
//! * **FHIR requests**: a live bearer token, a scope that covers type and interaction, and the patient compartment.
//!
//! `launch` values, codes and refresh tokens contain `+`, `/` and `=` on purpose: what is not percent-encoded breaks here.

mod assertion;
mod authorize;
mod backend;
mod builder;
mod bulk;
mod bulk_content;
mod bulk_settings;
mod client;
mod client_auth;
mod clinical;
mod data;
mod faults;
mod fhir;
mod flow;
mod http;
mod identity;
mod installation;
mod jwt;
mod keys;
mod metadata;
mod observations;
mod pages;
mod peculiarity;
mod quirk_checks;
mod random;
mod record;
mod registration;
mod revocation;
mod sandbox_server;
mod scopes;
mod server;
mod settings;
mod sign_in;
mod socket;
mod state;
mod token;
mod vendors;

pub use self::{
    builder::SandboxBuilder,
    bulk_settings::{ExportFiles, ExportFilesAt, ExportFilesToken, SandboxExport},
    client::{Jwks, SandboxClient},
    data::{SandboxEncounter, SandboxPatient, SandboxUser},
    faults::{Fault, FaultPoint, Times, When},
    peculiarity::Peculiarity,
    record::{Endpoint, ReceivedRequest},
    sandbox_server::{Grant, SandboxServer},
    settings::{
        AutomaticAnswer, ExpiresIn, IdTokenIssuer, IdTokens, IssParameter, KeyIds, KeyRotation, Mode, RefreshContext,
        RefreshTokens, SelfRegistration,
    },
    vendors::Vendor,
};
