//! SMART App Launch 2.2 for Actix Web: an EHR opens your application for a patient, and your handlers start with an
//! access token that works.
//!
//! # What SMART launch is
//!
//! An EHR (a hospital's or a practice's record system) offers its data through a FHIR server. [SMART App Launch] says how
//! an application gets at them: the browser is sent to the EHR, the person signs in and agrees there, the browser comes
//! back with a code, and the application exchanges the code for an access token. Together with the token comes the
//! *launch context*: which patient, which visit.
//!
//! ```text
//!  browser                    application (this crate)                    EHR
//!     │  opens it from a chart: GET /auth/launch?iss=…&launch=…            │
//!     ├──────────────────────────────►│  endpoints? (asked once, cached)   │
//!     │                               ├───────────────────────────────────►│
//!     │◄──────────────────────────────┤  303, with state and PKCE challenge│
//!     │  signs in, agrees                                                  │
//!     ├───────────────────────────────────────────────────────────────────►│
//!     │◄───────────────────────────────────────────────────────────────────┤
//!     │  GET /auth/callback?code=…&state=…                                 │
//!     ├──────────────────────────────►│  code, PKCE verifier, credentials  │
//!     │                               ├───────────────────────────────────►│
//!     │                               │◄───────────────────────────────────┤
//!     │◄──────────────────────────────┤  access token, patient             │
//!     │  303 to /~3kTz…/, and a cookie for that path                       │
//!     ├──────────────────────────────►│  your handler, with a fresh token  │
//!     │                               ├───────────────────────────────────►│
//!     │◄──────────────────────────────┤  GET Patient/…  (FHIR)             │
//! ```
//!
//! It may also begin at the application (*standalone launch*); the person then picks the patient at the EHR.
//!
//! | word | meaning here |
//! |---|---|
//! | FHIR base URL | the address of the EHR's FHIR server; the EHR names itself by it (`iss`), and it is sent back as `aud` |
//! | [`Ehr`] | one FHIR base URL with what belongs to the registration there: client id, credentials, redirect URI, scopes |
//! | launch | one completed authorization: tokens and context. A browser can hold several, each in its own tab |
//! | launch scope | the paths below `/~{smart_launch}`, where a launch's pages are ([`launch_scope`]) |
//! | pending authorization | what is remembered between the redirect to the EHR and the callback |
//! | token set | access token, expiry, refresh token, granted scopes, context ([`TokenSet`]) |
//! | server metadata | the EHR's `.well-known/smart-configuration` ([`ServerMetadata`]) |
//!
//! [SMART App Launch]: https://hl7.org/fhir/smart-app-launch/STU2.2/
//!
//! # Getting started
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use actix_session::{SessionMiddleware, storage::CookieSessionStore};
//! use actix_smart_auth::{Patient, SmartAuth, SmartConfig, launch_scope};
//! use actix_web::{App, HttpServer, cookie::Key, web};
//!
//! async fn summary(patient: Patient) -> String {
//!     format!("This tab is about {}", patient.reference())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Once, outside of the closure below, which runs once per worker.
//!     let config = SmartConfig::from_env()?;
//!     let key = Key::generate(); // keep it in a safe place instead, or a restart signs everybody out
//!     let smart = config.clone();
//!     HttpServer::new(move || {
//!         App::new()
//!             .service(launch_scope().route("/", web::get().to(summary)))
//!             .wrap(SmartAuth::new(smart.clone()))
//!             // AFTER SmartAuth! What is wrapped last runs first, and SmartAuth needs the session.
//!             .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
//!     })
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await?;
//!     // A refresh that is under way now is finished and saved.
//!     config.shutdown(Duration::from_secs(20)).await;
//!     Ok(())
//! }
//! ```
//!
//! [`SmartConfig::from_env`] reads one EHR from environment variables; [`SmartConfig::builder`] takes one or more and
//! every option. To see it all at work, with a made-up EHR: `cargo run --example patient_app`.
//!
//! # Handlers
//!
//! Handlers below [`launch_scope`] take [`Patient`], [`Encounter`], [`LaunchContext`] or [`SmartSession`]. Before they run,
//! the launch of the request's path is loaded, the browser's proof is checked, and the access token is refreshed if that
//! is due. [`SmartGuard`] demands a launch for a whole scope, [`RequireScope`] a launch for which the EHR granted enough.
//! Without one a person is sent to the EHR, or shown a page that says what to do; a script gets problem+json
//! ([`SmartSessionError`]).
//!
//! ```
//! use actix_smart_auth::{Patient, SmartSession, SmartSessionError};
//! use actix_web::{HttpResponse, error::ErrorBadGateway, web};
//!
//! async fn record(patient: Patient, http: web::Data<awc::Client>) -> actix_web::Result<HttpResponse> {
//!     let session = patient.session();
//!     let url = format!("{}/{}", session.fhir_base_url(), patient.reference());
//!     let mut answer = http
//!         .get(url)
//!         .insert_header(("authorization", session.authorization_header()))
//!         .send()
//!         .await
//!         .map_err(ErrorBadGateway)?;
//!     Ok(HttpResponse::build(answer.status()).body(answer.body().await?))
//! }
//!
//! // A page that works with and without a launch. An outage is not "not signed in".
//! async fn greeting(session: Result<SmartSession, SmartSessionError>) -> Result<&'static str, SmartSessionError> {
//!     match session {
//!         Ok(_) => Ok("You are signed in."),
//!         Err(error) if error.is_absent() => Ok("You are not signed in."),
//!         Err(error) => Err(error),
//!     }
//! }
//! ```
//!
//! Handlers that run long ask [`SmartSession::current_token`] each time. Jobs keep a [`LaunchHandle`] and go on with
//! [`SmartConfig::resume`]. [`SmartConfigBuilder::on_launch`] has a word before a launch opens.
//!
//! A launch that nobody uses ends ([`Lifetimes`]). Requests that a page makes by itself should not count as uses
//! ([`LaunchUse`]), or a forgotten tab stays open. Closing the browser ends nothing: browsers that restore their tabs
//! restore the launch cookies too.
//!
//! When a launch is ended (by the logout routes, by [`SmartSession::end`], or because a newer one takes its place) its
//! tokens are revoked at the EHR (RFC 7009) if that has an endpoint for it: in the background, once. A failure is only
//! logged, so a token may work until it expires. A launch that runs out is not revoked.
//!
//! # Who is signed in
//!
//! With the scopes `openid fhirUser` the EHR says in an id token who signed in. It is verified before a launch opens
//! ([`IdTokenPolicy`] says what one has to be), and handlers take [`FhirUser`], or [`IdTokenClaims`] for the pair of
//! issuer and subject that names a user. Where the EHR's id tokens have another issuer than its metadata says, the log
//! tells what to configure ([`Quirks::id_token_issuer`]).
//!
//! When another user opens a launch in a browser, its other launches end ([`OtherUser`]). A launch without a user, because
//! there was no id token, neither ends others nor is ended: use [`IdTokenPolicy::Required`] on shared workstations. There a
//! new sign-in at the EHR can be demanded as well, after a time-out ([`SignIn`]) or at every launch
//! ([`EhrBuilder::max_age`]).
//!
//! ```
//! use actix_smart_auth::{FhirUser, IdTokenClaims};
//!
//! async fn greeting(user: FhirUser) -> String {
//!     format!("Signed in as {}", user.reference())
//! }
//!
//! async fn account(claims: IdTokenClaims) -> String {
//!     format!("{} at {}", claims.subject(), claims.issuer())
//! }
//! ```
//!
//! # Kinds of clients
//!
//! ```
//! use actix_smart_auth::{ClientAuth, ClientSecretBasic, PrivateKey, PrivateKeyJwt};
//!
//! let public = ClientAuth::public();
//! let secret = ClientAuth::client_secret("from the environment, not from the source");
//! let rotating = ClientAuth::from(ClientSecretBasic::new("the new one").previous("the old one"));
//! let key = ClientAuth::from(PrivateKeyJwt::new("key-2026", PrivateKey::file("/run/secrets/smart.pem")));
//! ```
//!
//! Which one it is, the EHR says at registration. The public halves of keys are served at `/.well-known/jwks.json`.
//!
//! # Stores
//!
//! Tokens are on the server, never in the browser and never in the session. [`MemoryStore`] is the default: shared by all
//! workers of the process, bounded, gone with it. `RedisStore` (feature `redis`) keeps launches in Redis or Valkey for any
//! number of processes, and over restarts; only one of them refreshes at a time. Its records are sealed with
//! [`store::SealingKeys`]. When Redis is away requests are answered with 503, and nobody is signed out.
//!
//! Processes that share a store need the same session key, sealing keys and EHRs. At the end of each one
//! [`SmartConfig::shutdown`] finishes and saves refreshes, so that a rolling restart loses nothing.
//!
//! [`TokenStore`] takes any backend that keeps the promises of [`store::TokenStoreBackend`]; the module
//! `store::acceptance` (feature `test-util`) tests one against them.
//!
//! What a browser can make the application keep is bounded ([`BrowserLimits`], [`Lifetimes`]). A sign-in that is only begun
//! is kept by its browser and not here.
//!
//! # Cookies
//!
//! actix-session's cookie holds one random value of ours. Each sign-in has a cookie of its own, sealed, without which its
//! callback is refused; each launch has one for its own path, so the browser itself keeps tabs apart; and one names the
//! browser, so that all of its launches are found when they are to end ([`CookiePolicy`]). All have to be `SameSite=Lax`, or
//! `None` and `Partitioned` in frames: with `Strict` a browser withholds them from the navigation that comes back from the
//! EHR.
//!
//! # What is checked
//!
//! - **Callback:** `state` first (unguessable, single-use, expiring, bound to the browser by the cookie of its sign-in),
//!   then `iss` (RFC 9207) where the EHR names itself or promised to, then `error` and `code`. The code is sent once, to the
//!   endpoint that was announced when the launch began; PKCE (`S256`) always. Another code under the same `state` gets
//!   neither an exchange nor the first one's answer.
//! - **Addresses:** an `iss` that is not registered is refused without a request. https everywhere but on loopback.
//!   Token requests follow no redirects. For EHRs that an [`EhrResolver`] found, public addresses only ([`AddressGuard`]).
//! - **Several EHRs:** an answer of another EHR than the one asked is refused before its code is sent: by `iss`, by the
//!   redirect URI of its own that an EHR may have, and by metadata that claims another one's sign-in.
//! - **Launches:** the cookie proves the launch that the path names. A refresh that names another patient or another user
//!   ends it.
//! - **Requests that change something or open a WebSocket:** refused when another site caused them.
//! - **Token responses:** `token_type`, lifetimes, ids.
//! - **Id tokens:** signature, issuer, audience, times, nonce (OpenID Connect Core 1.0, 3.1.3.7), before a launch opens;
//!   `auth_time` where a new sign-in was demanded. Without keys none does.
//!
//! # What is not done yet
//!
//! Backend services (`client_credentials`), UDAP, SMART's app state and permission management.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `actix` | yes | the middleware, the extractors, requests through awc. Without it: [`SmartClient`] over an [`HttpTransport`] of yours |
//! | `redis` | no | `RedisStore`: launches in Redis or Valkey, sealed, for any number of processes |
//! | `sandbox` | no | [`sandbox`]: a strict SMART server with a small FHIR server, for demos and for your own tests |
//! | `test-util` | no | `ManualClock`, and the tests for store backends |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "actix"),
    expect(
        dead_code,
        unused_imports,
        reason = "the Actix layer is the caller of much of the core; with it nothing is excused"
    )
)]

#[cfg(feature = "actix")]
mod actix;
mod client;
mod config;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod launch;
mod log_throttle;
mod pages;
mod protocol;
mod runtime;
mod smart_config;
pub mod store;
mod time;
mod transport;
#[cfg(feature = "actix")]
mod web;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;

#[cfg(feature = "actix")]
pub use actix::{
    Encounter, FhirUser, LAUNCH_PARAMETER, LAUNCH_USE_HEADER, Patient, RequireScope, RequireScopeMiddleware, SmartAuth,
    SmartAuthMiddleware, SmartGuard, SmartGuardMiddleware, SmartSessionError, launch_scope,
};
pub use client::{Authorized, FinishError, PendingAuthorization, RefreshError, SmartClient, StartOptions};
pub use config::on_launch::{LandAt, Launched, Refuse};
pub use config::resolver::{EhrChoice, EhrResolver, ResolveError, ResolveFuture};
pub use config::{
    CertificateError, ConfigError, ConfigProblem, CookiePolicy, CookiePolicyError, DiscoveryHeader, Ehr, EhrBuilder,
    IdTokenPolicy, InvalidReason, OtherUser, Partitioned, PathError, PkceListing, ProblemKind, Quirks, RefreshScope,
    Relaunch, Revocation, SameSite, ScopeVersionChoice, SignIn, SmartConfigBuilder, StandaloneLaunch, SubjectOnRefresh,
    UnprefixedScopes, WildcardScopes,
};
pub use launch::begin::StartError;
pub use launch::id_token::IdentityError;
pub use launch::insufficient_scope::InsufficientScope;
pub use launch::introspect::{IntrospectError, IntrospectionAuth};
pub use launch::revoke::RevokeError;
pub use launch::{
    error::LaunchError,
    handle::LaunchHandle,
    session::{RefreshNow, SmartSession},
};
pub use pages::{Page, PageAction, PageSearch, PageTarget, Pages};
pub use protocol::{
    authorization::{AuthorizationForm, AuthorizationRedirect, AuthorizationRequestError, AuthorizeMethod},
    body_kind::BodyKind,
    callback::{CallbackQueryError, EhrError, IssParameter},
    client_auth::{
        BasicEncoding, ClientAuth, ClientIdInBody, ClientSecretBasic, KeyError, PrivateKey, PrivateKeyJwt, PublicKey,
        PublishedKey, credentials::ClientAuthError,
    },
    ehr_text::EhrText,
    endpoint_error::EndpointError,
    http::{Connection, HttpRequest, HttpResponse, Method},
    id_token::{
        FhirUserError, FhirUserReference, FhirUserType, IdTokenClaims, IdTokenError, KeyProblem, KeySetError,
        NoncePolicy, TokenPart,
    },
    introspection::{Introspection, MalformedIntrospection},
    launch_context::{FhirContextItem, LaunchContext},
    launch_id::LaunchId,
    launch_request::LaunchRequestError,
    metadata::{AssociatedEndpoint, BrandIdentifier, MetadataError, MetadataViolation, ServerMetadata},
    network_guard::{AddressError, AddressGuard, Addresses, AllowedHostError},
    return_to::{ReturnTo, ReturnToError},
    scope::{
        InvalidScope, LaunchContextScope, Permissions, ResourceScope, Scope, ScopeContext, ScopeError, ScopeKind,
        ScopeSpelling, ScopeVersion, Scopes,
    },
    secret::{AccessToken, AuthorizationCode, ClientSecret, LaunchToken, RawIdToken, RefreshToken, State},
    sign_in::{SignInNotFresh, SignInProblem},
    token::{RefreshMismatch, TokenSet},
    token_error::TokenError,
    transport_error::TransportError,
    urls::{EndpointUrl, FhirBaseUrl, UrlError},
};
pub use runtime::discovery::{DiscoveryError, DocumentKind, OpenIdConfigurationError, RedirectProblem};
pub use runtime::engine::ShutdownReport;
pub use runtime::registrations::EhrLookupError;
pub use smart_config::SmartConfig;
pub use store::{BrowserLimits, EndReason, LaunchKind, LaunchUse, Lifetimes, MemoryStore, RefreshFailure, TokenStore};
pub use time::{Clock, SystemClock, Timestamp};
pub use transport::{AddressEnforcement, HttpTransport, TransportFuture};
#[cfg(feature = "actix")]
pub use web::{ContextMember, NoLaunch, SmartSessionErrorKind};

#[cfg(any(test, feature = "test-util"))]
pub use time::ManualClock;

/// The README's examples, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
