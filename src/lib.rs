//! SMART App Launch 2.2 for Actix Web: an EHR opens your application for a patient, and your handlers start with an
//! access token that works.
//!
//! # What SMART launch is
//!
//! An EHR (a hospital's or a practice's record system) offers its data through a FHIR server. [SMART App Launch] says how
//! an application gets access: the browser is sent to the EHR, the person signs in and agrees there, the browser comes
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
//! A launch may also begin at the application (*standalone launch*). The person then picks the patient at the EHR.
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
#![doc = include_str!("../examples/smallest.rs")]
//! ```
//!
//! [`SmartConfig::from_env`] reads one EHR from environment variables: `FHIR_BASE_URL`, `SMART_CLIENT_ID`,
//! `SMART_REDIRECT_URI`, `SMART_SCOPES` and [more](guide::configuration#of-one-ehr). [`SmartConfig::builder`] takes one EHR or
//! several, and every option. To see it all at work, with a made-up EHR: `cargo run --example patient_app` in the source.
//!
//! # Where to go on
//!
//! | you want to | read |
//! |---|---|
//! | write handlers: [`Patient`], [`Encounter`], [`SmartSession`], [`SmartGuard`], [`RequireScope`] | [`guide::handlers`] |
//! | show several patients in several tabs: [`launch_scope`] | [`guide::tabs`] |
//! | set options, use a secret or a private key: [`SmartConfigBuilder`], [`EhrBuilder`], [`ClientAuth`] | [`guide::configuration`] |
//! | connect several EHRs, or EHRs from a database, or a particular vendor's: [`EhrResolver`], [`Quirks`] | [`guide::several_ehrs`], [`guide::ehr_quirks`] |
//! | know who is signed in: [`FhirUser`], [`IdTokenClaims`]; run on shared workstations: [`SignIn`], [`LaunchUse`] | [`guide::identity`] |
//! | know what a browser or a script gets, the routes, the cookies: [`SmartSessionError`] | [`guide::answers`] |
//! | replace the pages: [`Pages`] | [`guide::pages`] |
//! | run several processes, restart without losing launches, set limits: [`TokenStore`], [`SmartConfig::shutdown`] | [`guide::production`] |
//! | test your application: [`sandbox`] | [`guide::testing`] |
//! | know what is checked | [`guide::security`] |
//! | find the cause of an error or a log line | [`guide::errors`] |
//! | do without Actix: [`SmartClient`] over an [`HttpTransport`] of yours | [`SmartClient`] |
//! | come from Safire, Spring Security or fhirclient.js | [`guide::coming_from`] |
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
// Documentation only: nothing of it is compiled.
#[cfg(any(doc, doctest))]
pub mod guide;
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
        InvalidScope, LaunchScope, Permissions, ResourceScope, Scope, ScopeContext, ScopeError, ScopeKind,
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
