//! A SMART App Launch 2.2 server to try an application against, with a small FHIR server behind it.
//!
//! [`SandboxServer`] is an authorization server, a FHIR R4 server with made-up people or with [your own](SandboxData), and an EHR's start page, on a
//! loopback port, in a thread of its own. Tests of an application run it in-process; a demo runs it beside the
//! application and opens its pages in a browser.
//!
//! A client that breaks a rule is refused, with a description of what to change. Which rules there are is chosen: by default those that
//! real EHRs enforce, with [`Strictness::AsSpecified`] the narrowest reading of the specification. It keeps what it received, so a test can
//! look at what the application really sent. And it can have a bad day on demand: see [`Fault`].
//!
//! [`Peculiarity`] has what real servers do differently, [`SandboxBuilder::like`] what is known of one vendor. It is for
//! development and tests alone: state is in memory, users have no passwords, and tokens are shown to everybody. It listens on
//! 127.0.0.1 unless [`SandboxBuilder::danger_address`] says something else. Never give it real credentials or real data.
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
//! let url = sandbox.ehr_launch_url("http://127.0.0.1:8080/auth/launch", &patient.id, None);
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
//! With [`Mode::Interactive`] the authorization endpoint shows pages: sign in as one of the practitioners or as a
//! patient, choose a patient (standalone launch), allow or deny. [`SandboxServer::ehr_url`] lists the patients; the page of
//! each opens the applications with a registered launch URL, in a tab or in a frame.
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
//! [`StrictCheck`] lists what is refused by [`Strictness::AsSpecified`] beyond these:
//!
//! The text of a refusal says what to change. It may repeat what was sent, but no secret, code or token.
//!
//! * **Authorization request** (GET or POST): registered client and redirect URI, compared as strings (else a page, and no
//!   redirect); nothing repeated; `response_type=code`; a `state`; PKCE, if there is any, with `S256`; `aud` the FHIR base URL;
//!   `launch` known and unused; a scope that can be granted; `patient/` scopes only when a patient is in context or asked for.
//! * **Token requests**: form in the body, nothing in the URL, nothing repeated; client authentication as
//!   registered; codes work once, for 60 seconds, with their redirect URI and verifier. A second use of a code revokes what
//!   the first one gave. So does a second use of a rotated refresh token.
//! * **Assertions**: RS384 or ES384, exactly one published key with that `kid`, `iss` = `sub` = client id,
//!   `aud` the token endpoint or the issuer, at most 300 seconds of life, `nbf` and `iat` not in the future (clocks are compared without
//!   leeway), no `crit`, `jku` only as registered, a `jti` that was never used before.
//! * **Revocation, introspection**: client authentication as at the token endpoint; of tokens of other clients only a resource
//!   server is told something but that they are not active; introspection also with a live bearer
//!   token instead.
//! * **Registration** (with [`SandboxBuilder::self_registration`]): JSON; the initial access token, if one is wanted; redirect URIs,
//!   grant types, response types and the way to authenticate, which have to fit each other; keys by value or by address, not both. What is
//!   not known is left out of the answer. `client_secret_post` becomes `client_secret_basic`, and each change brings a new registration
//!   access token: servers may.
//! * **Exports** (`$export`): `Prefer: respond-async`, known parameters, a `system/` scope for each type, one export of a client at a
//!   time, the token where the manifest wants it and nowhere else. See [`SandboxExport`].
//! * **FHIR requests**: a live bearer token, a scope that covers type and interaction, its `?query`, and the patient compartment, before a
//!   change and after it. Search parameters that are not known are left out, and the self link says so; with `Prefer: handling=strict`
//!   they are refused. JSON alone.
//!
//! # What is not checked
//!
//! Who gets these wrong is told nothing by the authorization server, also with [`Strictness::AsSpecified`].
//!
//! It cannot see:
//!
//! * What an application does with what it gets: whether it compares `state` and `iss`, checks the id token, keeps tokens safe, sends them to no
//!   other server, follows no foreign link. Give it wrong ones: [`StateParameter`], [`IssParameter`], [`Fault`].
//! * Whether `state`, `nonce`, verifier and `jti` are random. Seen is how long `state` and verifier are, and what one client sends again.
//! * Whether an application asks for no more than it needs, and reads the metadata before it uses an endpoint.
//!
//! Of every request:
//!
//! * TLS, and which version of it, unless the sandbox was started with it ([`SandboxBuilder::tls`]).
//! * `Accept`, unless [`Peculiarity::XmlUnlessJsonIsAccepted`] is set, and other headers that are not for authentication.
//! * Parameters that it does not know, unless they are repeated (RFC 6749, section 3.1, has them left alone).
//! * Bytes of a form that are no UTF-8. They are replaced.
//!
//! Of an authorization request:
//!
//! * `response_mode`: the answer comes in the query, also where `fragment` was asked for.
//! * `request` and `request_uri` (OpenID Connect Core 1.0, section 6; RFC 9126), `resource` (RFC 8707), `authorization_details` (RFC 9396),
//!   `claims`, `id_token_hint`, `login_hint`, `acr_values`, `display`, and what `prompt` has beside `none` and `login`.
//! * The query of a POST, and the body of a GET.
//! * Whether `launch` or `launch/…` is among the scopes, as long as there is no `patient/` scope.
//! * Scopes that are not granted, if one is left: `system/` scopes, those of extensions, those that are not registered. SMART scopes that are
//!   written as URIs are taken for extensions.
//! * Whether a registered redirect URI has `https`, where a test registered it ([`SandboxServer::register`]).
//!
//! Of token requests:
//!
//! * Members of another grant in an exchange, in a refresh and in the renewal of a client of one launch, such as `scope` in an exchange.
//!   `client_credentials` refuses them.
//! * `DPoP` (RFC 9449) and client certificates (RFC 8705): tokens are bound to nobody.
//! * How often one comes, unless [`Peculiarity::RefreshThrottled`] is set.
//!
//! Of assertions and keys:
//!
//! * Headers and claims that are not named above, among them `x5c` and `cty`; whether `iat` and `nbf` are there.
//! * A `jti` that another client has used, or that is used again a day after its assertion has expired.
//! * Whether a client can sign with both RS384 and ES384.
//! * Of a JWKS: members of keys but `kid`, `kty`, `use`, `alg`, `crv`, their numbers, `d` and `k`; of keys that the assertion does not name all but
//!   `d` and `k`; media type, `Cache-Control`, and whether its address has `https` where a test registered it.
//!
//! Of revocation, introspection and registration:
//!
//! * `token_type_hint`: a token is looked for among all.
//! * `software_statement`, and what a registered `scope` says. A `jwks_uri` is read with the first assertion, not before.
//!
//! Brand bundles, app state and other things of SMART App Launch 2.2 that are not named on this page are not served.
//!
//! # Browsers
//!
//! Pages of other origins may read what the server says about itself. Tokens and data are for the origins of the registered redirect URIs and launch
//! URLs (CORS). Nobody's script may read the pages of the EHR.

mod address;
mod answered;
mod assertion;
mod authorize;
mod backend;
mod builder;
mod bulk;
mod bulk_content;
mod bulk_settings;
mod change;
mod client;
mod client_auth;
mod clinical;
pub mod control;
mod cors;
mod data;
mod documents;
mod ehr;
mod faults;
mod fhir;
mod flow;
mod folded;
mod grant;
mod header_value;
mod http;
mod identity;
mod initial;
mod installation;
mod jwt;
mod keys;
mod launching;
mod listening;
mod log;
mod made_up;
mod metadata;
mod numbered;
mod observations;
mod owner;
mod pages;
mod peculiarity;
mod people;
mod person_name;
mod places;
mod pruned;
mod quirk_checks;
mod random;
mod record;
mod records;
mod reference;
mod registration;
mod regular_file;
mod request_body;
mod resource_types;
mod revocation;
mod sandbox_server;
mod scopes;
mod server;
mod settings;
mod sign_in;
mod socket;
mod start_mistake;
mod state;
mod strictness;
mod tls;
mod token;
mod vendors;
mod written;

pub use self::{
    address::AddressMistake,
    builder::SandboxBuilder,
    bulk_settings::{ExportFiles, ExportFilesAt, ExportFilesToken, SandboxExport},
    change::{SandboxSettings, SettingsRefused},
    client::{ClientMistake, Jwks, SandboxClient},
    data::{SandboxData, SandboxDataError},
    faults::{Fault, FaultPoint, SandboxFault, Times, When},
    grant::Grant,
    header_value::HeaderMistake,
    launching::{EhrStyle, LaunchedIn, SandboxLaunch},
    log::RequestLine,
    peculiarity::Peculiarity,
    people::{SandboxEncounter, SandboxPatient, SandboxUser},
    record::{Endpoint, ReceivedRequest},
    sandbox_server::SandboxServer,
    settings::{
        AutomaticAnswer, ExpiresIn, IdTokenIssuer, IdTokens, IssParameter, KeyIds, KeyRotation, Mode, RefreshContext,
        RefreshTokens, SelfRegistration, StateParameter,
    },
    start_mistake::StartMistake,
    strictness::{StrictCheck, Strictness},
    tls::{SandboxTls, TlsFilesError},
    vendors::Vendor,
};
